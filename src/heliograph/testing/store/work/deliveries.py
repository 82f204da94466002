"""What deliveries must keep: the state machine of model/delivery.py, order per key, totals."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from heliograph.errors import InvariantBroken
from heliograph.model.delivery import (
    PRIORITIES,
    DeliveryState,
    NewDelivery,
)
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import Deliveries, DeliveryQuery, Retrying
from heliograph.testing.samples import make_attempt, make_delivery, make_finish
from heliograph.testing.store.fixtures import StoreFixtures, StoreOpener
from heliograph.testing.store.work.delivery_machine import DeliveryMachine


def due(deliveries: Deliveries, now: int, *, limit: int = 100) -> list[str]:
    """Return the ids of what may be sent to `w/crm` now, class by class."""
    seqs = [
        seq
        for priority in sorted(PRIORITIES.values())
        for seq in deliveries.due("w/crm", priority=priority, limit=limit, now_ms=now)
    ]
    return [delivery.delivery_id for delivery in deliveries.load(seqs)]


class DeliveriesConformance(StoreFixtures):
    """Every method, then random lives against a model."""

    def test_a_delivery_is_stored_as_asked_for(self, store: Store) -> None:
        with store.transaction() as tx:
            [(name, seq)] = tx.deliveries.enqueue([make_delivery(1)], now_ms=7).items()
            assert (name, [one.seq for one in tx.deliveries.load([seq])]) == ("dlv_1", [seq])
        with store.read() as reader:
            found = reader.deliveries.get("dlv_1")
            assert reader.deliveries.get("dlv_2") is None
        assert found is not None
        for name in NewDelivery.__struct_fields__:
            assert getattr(found, name) == getattr(make_delivery(1), name)
        assert (found.state, found.due_at, found.created_at) == ("waiting", 7, 7)
        assert (found.attempts, found.retries, found.steps_done, found.replays) == (0, 0, 0, 0)
        assert (found.first_attempt_at, found.finished_at) == (None, None)

    def test_an_id_that_exists_is_left_alone(self, store: Store) -> None:
        with store.transaction() as tx:
            assert [*tx.deliveries.enqueue([make_delivery(1)] * 2, now_ms=0)] == ["dlv_1"]
            again = tx.deliveries.enqueue([make_delivery(1), make_delivery(2)], now_ms=9)
            assert [*again] == ["dlv_2"]
            assert tx.deliveries.enqueue([], now_ms=9) == {}
            assert tx.deliveries.counts() == {"w/crm": {"waiting": 2}}

    def test_one_of_a_key_waits_and_the_others_queue(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key="k") for n in range(3)], now_ms=0)
            tx.deliveries.enqueue([make_delivery(3, key="k")], now_ms=0)
            tx.deliveries.enqueue([make_delivery(4, key="k", destination="w/heap")], now_ms=0)
            states = [tx.deliveries.get(f"dlv_{n}") for n in range(5)]
            assert [d.state for d in states if d] == [
                *("waiting", "queued", "queued", "queued"),
                "waiting",
            ]

    def test_a_turn_ends_its_own_delivery_wherever_it_says_that_it_stands(
        self, store: Store
    ) -> None:
        with store.transaction() as tx:
            seqs = tx.deliveries.enqueue(
                [make_delivery(n, key=f"k{n}") for n in range(3)], now_ms=0
            )
            right, wrong, lost = (
                msgspec.structs.replace(make_finish(name, "delivered"), seq=seqs[at])
                for name, at in (("dlv_0", "dlv_0"), ("dlv_1", "dlv_2"), ("dlv_9", "dlv_2"))
            )
            assert tx.deliveries.finish([right, wrong, lost], now_ms=1) == {"dlv_9"}
            found = [tx.deliveries.get(f"dlv_{n}") for n in range(3)]
            assert [one.state for one in found if one] == ["delivered", "delivered", "waiting"]

    def test_deliveries_of_a_key_go_out_in_order(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key="k") for n in range(4)], now_ms=0)
            for n in range(4):
                assert due(tx.deliveries, n) == [f"dlv_{n}"]
                state: DeliveryState = "dead" if n == 1 else "delivered"
                assert tx.deliveries.finish([make_finish(f"dlv_{n}", state)], now_ms=n) == set()
            assert tx.deliveries.counts() == {"w/crm": {"delivered": 3, "dead": 1}}

    def test_a_retry_keeps_the_turn_of_its_key(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key="k") for n in range(2)], now_ms=0)
            tx.deliveries.finish([make_finish("dlv_0", "waiting", due_at=50)], now_ms=1)
            assert due(tx.deliveries, 49) == []
            assert due(tx.deliveries, 50) == ["dlv_0"]

    def test_the_longest_due_come_first_up_to_the_limit(self, store: Store) -> None:
        with store.transaction() as tx:
            for n, at in enumerate((30, 10, 20, 10, 99)):
                tx.deliveries.enqueue([make_delivery(n)], now_ms=at)
            tx.deliveries.enqueue([make_delivery(9, destination="w/heap")], now_ms=0)
            assert due(tx.deliveries, 30, limit=3) == ["dlv_1", "dlv_3", "dlv_2"]
            assert due(tx.deliveries, 30, limit=9) == ["dlv_1", "dlv_3", "dlv_2", "dlv_0"]
            assert due(tx.deliveries, 9) == []

    def test_what_is_loaded_carries_its_event(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n) for n in (1, 2)], now_ms=0)
            [first, second] = tx.deliveries.due("w/crm", priority=0, limit=5, now_ms=0)
            [loaded] = tx.deliveries.load([second, 99])
            assert (loaded.seq, loaded.event, loaded.state) == (second, b'{"n":2}', "waiting")
            assert [one.seq for one in tx.deliveries.load([second, first])] == [first, second]
            assert tx.deliveries.load([]) == []

    def test_a_turn_of_what_is_not_open_changes_nothing(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
            assert tx.deliveries.finish([make_finish("dlv_1", "dead")], now_ms=1) == set()
            late = make_finish("dlv_1", "delivered", attempts=(make_attempt(1, 1),))
            unknown = make_finish("dlv_9", "delivered")
            assert tx.deliveries.finish([late, unknown], now_ms=2) == {"dlv_1", "dlv_9"}
            assert tx.deliveries.counts() == {"w/crm": {"dead": 1}}
            assert tx.deliveries.attempts("dlv_1") == []

    def test_attempts_of_a_turn_whose_lease_was_lost_are_recorded(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
            before = tx.deliveries.get("dlv_1")
            tx.deliveries.record([make_attempt(1, 1), make_attempt(1, 2), make_attempt(9, 1)])
            tx.deliveries.record([])
            assert tx.deliveries.get("dlv_1") == before
            assert tx.deliveries.attempts("dlv_1") == [make_attempt(1, 1), make_attempt(1, 2)]

    def test_what_a_live_delivery_waits_behind_is_as_urgent(self, store: Store) -> None:
        """A replay of a million must not hold up a person's order because one of them is theirs."""
        with store.transaction() as tx:
            slow = [
                msgspec.structs.replace(make_delivery(n, key="k"), priority=2, origin="campaign")
                for n in (1, 2)
            ]
            tx.deliveries.enqueue([*slow, make_delivery(3, key="z")], now_ms=0)
            assert tx.deliveries.due("w/crm", priority=2, limit=9, now_ms=0) == [1]
            tx.deliveries.enqueue([make_delivery(4, key="k")], now_ms=0)
            assert due(tx.deliveries, 0) == ["dlv_1", "dlv_3"]
            assert tx.deliveries.due("w/crm", priority=0, limit=9, now_ms=0) == [1, 3]
            tx.deliveries.finish([make_finish("dlv_1", "delivered")], now_ms=1)
            assert tx.deliveries.due("w/crm", priority=0, limit=9, now_ms=1) == [3, 2]

    def test_events_and_attempts_of_many_shapes_and_sizes_are_kept(self, store: Store) -> None:
        events = {
            n: b'{"type":"track","event":"%d","properties":{"text":"%s"}}'
            % (n % 7, b"x" * (n * n % 3_000))
            for n in range(1, 200)
        }
        attempts = {
            n: (msgspec.structs.replace(make_attempt(n, 1, at=n), response_body="no " * n),)
            for n in events
        }
        for n, event in events.items():
            delivery = msgspec.structs.replace(make_delivery(n, key=f"key-{n}"), event=event)
            with store.transaction() as tx:
                tx.deliveries.enqueue([delivery], now_ms=n)
            turn = make_finish(f"dlv_{n}", "waiting", attempts=attempts[n])
            with store.transaction() as tx:
                tx.deliveries.finish([turn], now_ms=n)
        with store.read() as reader:
            for n, event in events.items():
                found = reader.deliveries.get(f"dlv_{n}")
                assert found is not None
                assert found.event == event
                assert reader.deliveries.attempts(f"dlv_{n}") == list(attempts[n])
            found_all = reader.deliveries.find(DeliveryQuery(limit=500))
        assert {one.delivery_id: one.event for one in found_all} == {
            f"dlv_{n}": event for n, event in events.items()
        }

    def test_a_turn_writes_attempts_and_progress(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
            attempts = (make_attempt(1, 1, at=5), make_attempt(1, 2, at=6))
            tx.deliveries.finish(
                [make_finish("dlv_1", "waiting", due_at=9, attempts=attempts)], now_ms=7
            )
            found = tx.deliveries.get("dlv_1")
            assert found is not None
            assert (found.attempts, found.retries, found.steps_done) == (2, 1, 1)
            assert (found.first_attempt_at, found.finished_at) == (5, None)
            assert (found.state, found.due_at, found.reason) == ("waiting", 9, "waiting")
            last = make_finish("dlv_1", "delivered", attempts=(make_attempt(1, 3, at=10),))
            tx.deliveries.finish([last], now_ms=11)
            found = tx.deliveries.get("dlv_1")
            assert found is not None
            assert (found.attempts, found.first_attempt_at, found.finished_at) == (3, 5, 11)
            assert [a.number for a in tx.deliveries.attempts("dlv_1")] == [1, 2, 3]
            assert tx.deliveries.attempts("dlv_1")[0] == attempts[0]

    def test_only_what_waits_because_nobody_answered_is_hastened(self, store: Store) -> None:
        """By the last attempt: no status, or one of those that count as none."""
        statuses = {1: None, 2: 503, 3: 500, 4: None, 5: None}
        with store.transaction() as tx:
            others = [make_delivery(6), make_delivery(7, destination="w/other")]
            tx.deliveries.enqueue([make_delivery(n) for n in statuses] + others, now_ms=0)
            for n, status in {**statuses, 7: None}.items():
                first = msgspec.structs.replace(make_attempt(n, 1), status=200 if n < 3 else None)
                last = msgspec.structs.replace(make_attempt(n, 2), status=status)
                state = "delivered" if n == 4 else "waiting"
                due_at = 20 if n == 5 else 900
                turn = make_finish(f"dlv_{n}", state, due_at=due_at, attempts=(first, last))
                tx.deliveries.finish([turn], now_ms=10)
            assert tx.deliveries.hasten("w/crm", statuses={502, 503}, now_ms=50) == 2
            due_at = {
                n: found.due_at for n in (1, 2, 3, 5, 7) if (found := tx.deliveries.get(f"dlv_{n}"))
            }
            assert due_at == {1: 50, 2: 50, 3: 900, 5: 20, 7: 900}
            assert tx.deliveries.hasten("w/crm", statuses={502, 503}, now_ms=50) == 0
            assert sorted(due(tx.deliveries, 50)) == ["dlv_1", "dlv_2", "dlv_5", "dlv_6"]

    def test_a_turn_cannot_end_as_queued(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
        wrong = msgspec.structs.replace(make_finish("dlv_1", "waiting"), state="queued")
        with pytest.raises(InvariantBroken), store.transaction() as tx:
            tx.deliveries.finish([wrong], now_ms=0)

    def test_a_held_delivery_does_not_block_its_key(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key="k") for n in range(2)], now_ms=0)
            tx.deliveries.finish([make_finish("dlv_0", "held")], now_ms=1)
            assert due(tx.deliveries, 1) == ["dlv_1"]

    def test_identified_persons_release_what_was_held_in_order(self, store: Store) -> None:
        with store.transaction() as tx:
            mine = [make_delivery(n, key="k", profile_id="p_a") for n in range(3)]
            tx.deliveries.enqueue([*mine, make_delivery(7, profile_id="p_b")], now_ms=0)
            for _ in range(3):
                held = [make_finish(i, "held") for i in due(tx.deliveries, 0)]
                tx.deliveries.finish(held, now_ms=0)
            assert tx.deliveries.counts() == {"w/crm": {"held": 4}}
            assert tx.deliveries.identified(["p_a", "p_none"], now_ms=5) == 3
            assert tx.deliveries.counts() == {"w/crm": {"held": 1, "waiting": 1, "queued": 2}}
            for n in range(3):
                assert due(tx.deliveries, 5) == [f"dlv_{n}"]
                tx.deliveries.finish([make_finish(f"dlv_{n}", "delivered")], now_ms=5)
            assert tx.deliveries.identified(["p_a"], now_ms=6) == 0
            assert tx.deliveries.identified([], now_ms=6) == 0

    def test_a_replay_begins_a_new_retry_budget(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
            spent = msgspec.structs.replace(make_finish("dlv_1", "dead"), retries=9)
            tx.deliveries.finish([spent], now_ms=1)
            assert tx.deliveries.replay(DeliveryQuery(limit=0), now_ms=2) == 1
            found = tx.deliveries.get("dlv_1")
            assert found is not None
            assert (found.state, found.retries, found.steps_done) == ("waiting", 0, 1)
            assert found.first_attempt_at is None, "the horizon begins with the next attempt"

    def test_a_replay_opens_dead_letters_again(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue(
                [make_delivery(n, key="k" if n < 3 else "z") for n in range(5)], now_ms=0
            )
            for _ in range(3):
                dead = [make_finish(i, "dead") for i in due(tx.deliveries, 0)]
                tx.deliveries.finish(dead, now_ms=0)
            tx.deliveries.enqueue([make_delivery(9, key="k")], now_ms=0)
            assert tx.deliveries.replay(DeliveryQuery(states=("delivered",)), now_ms=8) == 0
            assert tx.deliveries.replay(DeliveryQuery(event_id="evt_1", limit=0), now_ms=8) == 1
            replayed = tx.deliveries.get("dlv_1")
            assert replayed is not None
            assert (replayed.state, replayed.replays, replayed.retries) == ("queued", 1, 0)
            assert (replayed.due_at, replayed.finished_at) == (8, None)
            assert tx.deliveries.replay(DeliveryQuery(destination="w/crm", limit=1), now_ms=8) == 1
            found = tx.deliveries.get("dlv_0")
            assert found is not None
            assert found.replays == 1
            assert tx.deliveries.replay(DeliveryQuery(limit=0), now_ms=8) == 3
            assert tx.deliveries.counts() == {"w/crm": {"waiting": 2, "queued": 4}}
            assert tx.deliveries.recount() == tx.deliveries.counts()

    def test_a_replay_by_ids_opens_no_other_delivery_of_the_event(self, store: Store) -> None:
        with store.transaction() as tx:
            twins = [msgspec.structs.replace(make_delivery(n), event_id="evt_1") for n in (1, 2)]
            tx.deliveries.enqueue(twins, now_ms=0)
            tx.deliveries.finish([make_finish(i, "dead") for i in due(tx.deliveries, 0)], now_ms=0)
            query = DeliveryQuery(delivery_ids=("dlv_2",), limit=0)
            assert [one.delivery_id for one in tx.deliveries.find(DeliveryQuery())] == [
                "dlv_2",
                "dlv_1",
            ]
            assert tx.deliveries.replay(query, now_ms=1) == 1
            states = [one.state for n in (1, 2) if (one := tx.deliveries.get(f"dlv_{n}"))]
            assert states == ["dead", "waiting"]

    def test_a_replay_says_what_it_is_and_keeps_its_blueprint(self, store: Store) -> None:
        references = {1: "shop@3", 2: "preset:heap/default@0123456789", 3: "shop", 4: None}
        with store.transaction() as tx:
            made = [
                msgspec.structs.replace(make_delivery(n), blueprint=reference)
                for n, reference in references.items()
            ]
            tx.deliveries.enqueue(made, now_ms=0)
            for newest in (False, True):
                dead = [make_finish(i, "dead") for i in due(tx.deliveries, 0)]
                tx.deliveries.finish(dead, now_ms=0)
                before = {
                    n: one.blueprint for n in references if (one := tx.deliveries.get(f"dlv_{n}"))
                }
                assert before == references
                query = DeliveryQuery(limit=0)
                assert tx.deliveries.replay(query, now_ms=0, newest_blueprint=newest) == 4
            found = [one for n in references if (one := tx.deliveries.get(f"dlv_{n}"))]
            assert [one.blueprint for one in found] == ["shop", "default", "shop", None]
            assert {(one.origin, one.priority, one.replays) for one in found} == {("replay", 1, 2)}

    def test_next_due_is_the_earliest(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.deliveries.next_due("w/crm") is None
            tx.deliveries.enqueue([make_delivery(1)], now_ms=50)
            tx.deliveries.enqueue([make_delivery(2)], now_ms=40)
            assert tx.deliveries.next_due("w/crm") == 40
            assert tx.deliveries.next_due("w/heap") is None

    def test_what_is_tried_again_says_since_when_and_why(self, store: Store) -> None:
        with store.transaction() as tx:
            slow = msgspec.structs.replace(make_delivery(3), priority=2)
            tx.deliveries.enqueue([make_delivery(1), make_delivery(2), slow], now_ms=5)
            assert tx.deliveries.retrying("w/crm") is None, "nothing was tried"
            for n, at, due_at in ((2, 8, 60), (3, 7, 40)):
                tried = (make_attempt(n, 1, at=at),)
                turn = make_finish(f"dlv_{n}", "waiting", due_at=due_at, attempts=tried)
                tx.deliveries.finish([msgspec.structs.replace(turn, reason=f"r{n}")], now_ms=9)
            wanted = Retrying(since=7, next_at=40, last_at=60, reason="r2")
            assert tx.deliveries.retrying("w/crm") == wanted

    def test_pruned_deliveries_are_gone_and_still_counted(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n) for n in range(4)], now_ms=0)
            ids = due(tx.deliveries, 0, limit=3)
            tx.deliveries.finish(
                [make_finish(ids[0], "delivered", attempts=(make_attempt(0, 1),))], now_ms=5
            )
            tx.deliveries.finish([make_finish(ids[1], "delivered")], now_ms=9)
            tx.deliveries.finish([make_finish(ids[2], "dead")], now_ms=5)
            before = tx.deliveries.counts()
            assert tx.deliveries.prune(9) == 1
            assert tx.deliveries.get(ids[0]) is None
            assert tx.deliveries.attempts(ids[0]) == []
            assert tx.deliveries.get(ids[1]) is not None
            assert (
                tx.deliveries.counts()
                == before
                == {"w/crm": {"delivered": 2, "dead": 1, "waiting": 1}}
            )
            assert tx.deliveries.recount() == before

    def test_pruning_may_be_done_in_steps_and_frees_no_seq(self, store: Store) -> None:
        with store.transaction() as tx:
            old = tx.deliveries.enqueue([make_delivery(n) for n in range(5)], now_ms=0)
            ids = due(tx.deliveries, 0, limit=5)
            tx.deliveries.finish([make_finish(i, "delivered") for i in ids], now_ms=5)
            steps = [tx.deliveries.prune(9, limit=2) for _ in range(4)]
            assert steps == [2, 2, 1, 0]
            assert tx.deliveries.recount() == {"w/crm": {"delivered": 5}}
            new = tx.deliveries.enqueue([make_delivery(9)], now_ms=9)
            assert min(new.values()) > max(old.values())

    def test_batches_of_any_size(self, store: Store) -> None:
        with store.transaction() as tx:
            new = [make_delivery(n, key=f"k{n % 50}") for n in range(1_000)]
            assert len(tx.deliveries.enqueue(new, now_ms=0)) == 1_000
            assert tx.deliveries.counts() == {"w/crm": {"waiting": 50, "queued": 950}}
            ids = due(tx.deliveries, 0, limit=500)
            assert len(ids) == 50
            tx.deliveries.finish([make_finish(i, "delivered") for i in ids], now_ms=1)
            assert len(due(tx.deliveries, 1, limit=500)) == 50
            assert tx.deliveries.recount() == tx.deliveries.counts()

    def test_a_random_life_agrees_with_the_model(self, fresh: StoreOpener) -> None:
        """Any sequence of calls leaves the model's states, and every change is one of `TRANSITIONS`."""
        machine = type("Deliveries", (DeliveryMachine,), {"fresh": staticmethod(fresh)})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=30, stateful_step_count=40, deadline=None)
        )
