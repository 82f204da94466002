"""What deliveries must keep when two persons turn out to be one."""

import msgspec

from heliograph.model.delivery import PRIORITIES
from heliograph.storage.store import Store
from heliograph.testing.samples import make_delivery, make_finish
from heliograph.testing.store.fixtures import StoreFixtures
from heliograph.testing.store.work.deliveries import due


class MergedDeliveriesConformance(StoreFixtures):
    """One line, in the order of the seqs, whatever was in flight."""

    def test_a_merge_puts_what_is_open_of_two_persons_in_one_line(self, store: Store) -> None:
        """Two lines, a: 0 2 5 and b: 1 3 4; the head of the earlier one stays, the other goes behind."""
        keys = ["a", "b", "a", "b", "b", "a"]
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key=k) for n, k in enumerate(keys)], now_ms=0)
            assert tx.deliveries.rekey({"a": "b"}) == 3
            assert due(tx.deliveries, 9) == ["dlv_0"]
            assert tx.deliveries.counts() == {"w/crm": {"waiting": 1, "queued": 5}}
            assert tx.deliveries.recount() == {"w/crm": {"waiting": 1, "queued": 5}}
            sent: list[str] = []
            while found := due(tx.deliveries, 9):
                tx.deliveries.finish([make_finish(one, "delivered") for one in found], now_ms=9)
                sent += found
        assert sent == [f"dlv_{n}" for n in range(6)]

    def test_one_that_was_in_flight_at_a_merge_ends_and_the_others_go_in_order(
        self, store: Store
    ) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key=k) for n, k in enumerate("abab")], now_ms=0)
            tx.deliveries.rekey({"b": "a"})  # dlv_0 and dlv_1 are in flight
            assert tx.deliveries.finish([make_finish("dlv_1", "delivered")], now_ms=1) == set()
            assert due(tx.deliveries, 9) == ["dlv_0"]
            retry = make_finish("dlv_0", "waiting", due_at=50)
            tx.deliveries.finish([retry], now_ms=1)
            assert due(tx.deliveries, 9) == []
            assert due(tx.deliveries, 50) == ["dlv_0"]
            tx.deliveries.finish([make_finish("dlv_0", "delivered")], now_ms=51)
            assert due(tx.deliveries, 60) == ["dlv_2"]

    def test_a_retry_that_a_merge_put_behind_waits_for_its_turn(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(0, key="a"), make_delivery(1, key="b")], now_ms=0)
            tx.deliveries.rekey({"b": "a"})
            retry = make_finish("dlv_1", "waiting", due_at=5)
            assert tx.deliveries.finish([retry], now_ms=1) == set()
            assert due(tx.deliveries, 9) == ["dlv_0"]
            tx.deliveries.finish([make_finish("dlv_0", "delivered")], now_ms=9)
            assert due(tx.deliveries, 9) == ["dlv_1"]

    def test_a_merge_moves_each_destination_for_itself_and_follows_chains(
        self, store: Store
    ) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue(
                [
                    make_delivery(0, key="a"),
                    make_delivery(1, key="b"),
                    make_delivery(2, key="c", destination="w/heap"),
                    make_delivery(3, key="a", destination="w/heap"),
                ],
                now_ms=0,
            )
            assert tx.deliveries.rekey({"a": "b", "b": "c"}) == 3
            assert tx.deliveries.rekey({"nobody": "c"}) == 0
            assert tx.deliveries.rekey({}) == 0
            found = [tx.deliveries.get(f"dlv_{n}") for n in range(4)]
            assert [one.key for one in found if one] == ["c"] * 4
            assert [one.state for one in found if one] == ["waiting", "queued"] * 2

    def test_what_is_open_of_a_person_that_is_parted_goes_in_a_line_of_its_own(
        self, store: Store
    ) -> None:
        """One line 0 to 5, of a: 0 2 5; before dlv_9 of its own and behind what was next."""
        ids = ["a", "b", "a", "b", "b", "a"]
        with store.transaction() as tx:
            line = [make_delivery(n, key="b", profile_id=f"p_{i}") for n, i in enumerate(ids)]
            tx.deliveries.enqueue(line, now_ms=0)
            tx.deliveries.enqueue([make_delivery(9, key="a", profile_id="p_a")], now_ms=0)
            assert tx.deliveries.part(["p_a", "p_none"], old="b", new="a", now_ms=5) == 3
            assert sorted(due(tx.deliveries, 9)) == ["dlv_0", "dlv_1"]
            assert tx.deliveries.counts() == {"w/crm": {"waiting": 2, "queued": 5}}
            assert tx.deliveries.recount() == {"w/crm": {"waiting": 2, "queued": 5}}
            sent: list[str] = []
            while found := sorted(due(tx.deliveries, 9)):
                tx.deliveries.finish([make_finish(one, "delivered") for one in found], now_ms=9)
                sent += found
            assert tx.deliveries.part(["p_a"], old="b", new="a", now_ms=9) == 0
        assert [one for one in sent if one in ("dlv_0", "dlv_2", "dlv_5", "dlv_9")] == [
            "dlv_0", "dlv_2", "dlv_5", "dlv_9"
        ]  # fmt: skip
        assert [one for one in sent if one in ("dlv_1", "dlv_3", "dlv_4")] == [
            "dlv_1", "dlv_3", "dlv_4"
        ]  # fmt: skip

    def test_a_held_delivery_of_a_person_that_is_parted_goes_along(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(0, key="b", profile_id="p_a")], now_ms=0)
            tx.deliveries.finish([make_finish("dlv_0", "held")], now_ms=1)
            assert tx.deliveries.part(["p_a"], old="b", new="a", now_ms=2) == 1
            held = tx.deliveries.get("dlv_0")
            assert held is not None
            assert (held.key, held.state) == ("a", "held")

    def test_a_held_delivery_opens_in_the_line_of_the_person_it_became(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(0, key="p_1")], now_ms=0)
            tx.deliveries.finish([make_finish("dlv_0", "held")], now_ms=1)
            tx.deliveries.enqueue([make_delivery(1, key="ann", profile_id="ann")], now_ms=2)
            assert tx.deliveries.rekey({"p_1": "ann"}) == 1
            tx.deliveries.identified(["p_1"], now_ms=3)
            held = tx.deliveries.get("dlv_0")
            assert held is not None
            assert (held.key, held.state) == ("ann", "queued")

    def test_what_goes_first_after_a_merge_is_as_urgent_as_what_waits_behind_it(
        self, store: Store
    ) -> None:
        replay = msgspec.structs.replace(make_delivery(0, key="a"), priority=PRIORITIES["replay"])
        with store.transaction() as tx:
            tx.deliveries.enqueue([replay, make_delivery(1, key="b")], now_ms=0)
            tx.deliveries.rekey({"b": "a"})
            first = tx.deliveries.get("dlv_0")
            assert first is not None
            assert first.priority == PRIORITIES["pipeline"]
