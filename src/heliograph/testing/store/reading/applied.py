"""What the table of applied events, and that of remaps, must keep."""

import msgspec

from heliograph.model.remap import RemapCounts
from heliograph.storage.store import Store
from heliograph.testing.samples import make_applied, make_remap
from heliograph.testing.store.fixtures import StoreFixtures


class AppliedConformance(StoreFixtures):
    """Each event id once."""

    def test_add_returns_the_ids_that_are_new(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.applied.add([make_applied(1), make_applied(2)]) == {"evt_1", "evt_2"}
            assert tx.applied.add([make_applied(2), make_applied(3)]) == {"evt_3"}
            assert tx.applied.add([]) == set()

    def test_a_repeat_within_one_call_is_a_duplicate(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.applied.add([make_applied(1), make_applied(1)]) == {"evt_1"}
            assert tx.applied.counts() == {"applied": 1, "skipped": 0, "duplicate": 1}

    def test_the_first_of_two_is_kept(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
            tx.applied.add([make_applied(1, effect="skipped")])
            assert tx.applied.get("evt_1") == make_applied(1)
            assert tx.applied.get("evt_2") is None

    def test_totals_count_every_event_added(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in range(300)])
            tx.applied.add([make_applied(n, effect="skipped") for n in range(290, 310)])
        with store.read() as reader:
            assert reader.applied.counts() == {"applied": 300, "skipped": 10, "duplicate": 10}

    def test_existing_names_the_known_ones(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in range(5)])
            assert tx.applied.existing(["evt_4", "evt_5", "evt_0"]) == {"evt_0", "evt_4"}
            assert tx.applied.existing([]) == set()

    def test_who_asks_before_adding_learns_the_same(self, store: Store) -> None:
        """Whatever was asked, added and forgotten before in the transaction."""
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
        with store.transaction() as tx:
            assert tx.applied.existing(["evt_1", "evt_2", "evt_3"]) == {"evt_1"}
            assert tx.applied.add([make_applied(1), make_applied(2)]) == {"evt_2"}
            assert tx.applied.add([make_applied(2), make_applied(3)]) == {"evt_3"}
            assert tx.applied.existing(["evt_1", "evt_4"]) == {"evt_1"}
            gone, _ = tx.applied.prune_trimmed({1: 9}, before_ms=9, after=0, limit=1)
            assert gone == 1
            assert tx.applied.add([make_applied(1), make_applied(4)]) == {"evt_1", "evt_4"}

    def test_get_many_returns_what_is_known_of_events(self, store: Store) -> None:
        events = [make_applied(1), make_applied(2, effect="skipped"), make_applied(3, other="p_9")]
        with store.transaction() as tx:
            tx.applied.add(events)
        with store.read() as reader:
            found = reader.applied.get_many(["evt_3", "evt_1", "evt_7", "evt_2"])
            assert found == {event.event_id: event for event in events}
            assert reader.applied.get_many([]) == {}

    def test_events_are_found_by_the_beginning_of_their_ids(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in (1, 10, 11, 2, 3, 30)])
            tx.applied.add([msgspec.structs.replace(make_applied(9), event_id="evt_1\U0010fffd")])

            def found(*prefixes: str) -> list[str]:
                return [event.event_id for event in tx.applied.starting_with(prefixes)]

            assert found("evt_3", "evt_1", "evt_7") == [
                *("evt_3", "evt_30", "evt_1", "evt_10", "evt_11", "evt_1\U0010fffd")
            ]
            assert found() == []
            assert tx.applied.ending_with("1", limit=9) == ["evt_1", "evt_11"]
            assert tx.applied.ending_with("1", limit=1) == ["evt_1"]
            assert tx.applied.ending_with("_1\U0010fffd", limit=9) == ["evt_1\U0010fffd"]
            assert tx.applied.ending_with("%", limit=9) == []

    def test_supersessions_are_kept_also_of_events_that_are_not_applied_yet(
        self, store: Store
    ) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
            tx.applied.supersede({"evt_1": "evt_1~2", "evt_2": "evt_2~2"})
            tx.applied.supersede({"evt_2": "evt_2~3", "evt_3": "evt_3~2"})
            tx.applied.supersede({})
        with store.read() as reader:
            found = reader.applied.superseded_by(["evt_1", "evt_2", "evt_3", "evt_4"])
        assert found == {"evt_1": "evt_1~2", "evt_2": "evt_2~2", "evt_3": "evt_3~2"}

    def test_only_applied_events_that_are_not_superseded_survive(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n, profile="p") for n in range(1_200)])
            tx.applied.add(
                [make_applied(2_000, profile="p", effect="skipped"), make_applied(2_001)]
            )
            tx.applied.supersede({f"evt_{n}": "new" for n in range(100, 700)})
            kept = [event.event_id for event in tx.applied.surviving("p")]
            assert kept == [f"evt_{n}" for n in (*range(100), *range(700, 1_200))]
            assert list(tx.applied.surviving("nobody")) == []

    def test_the_first_with_an_anonymous_identifier_is_found(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n, other="anon") for n in (9, 5, 7)])
            tx.applied.add([make_applied(6, other="anon", at=5), make_applied(1, other="another")])
            assert {e.event_id for e in tx.applied.first_with_other("anon")} == {"evt_5", "evt_6"}
            tx.applied.supersede({"evt_5": "x", "evt_6": "y"})
            assert tx.applied.first_with_other("anon") == [make_applied(7, other="anon")]
            assert tx.applied.first_with_other("nobody") == []

    def test_only_what_the_journal_has_trimmed_is_forgotten_and_totals_stay(
        self, store: Store
    ) -> None:
        events = [make_applied(n) for n in range(100)]  # position n of partition n % 16
        firsts = {partition: 40 if partition % 2 else 60 for partition in range(16)}
        trimmed = {e.event_id for e in events if e.position < firsts[e.partition]}
        with store.transaction() as tx:
            tx.applied.add(events)
            tx.applied.supersede({"evt_1": "evt_1~2", "evt_99": "evt_99~2"})
            after: int | None = 0
            removed = 0
            while after is not None:
                gone, after = tx.applied.prune_trimmed(firsts, before_ms=200, after=after, limit=7)
                removed += gone
            assert removed == len(trimmed)
            known = tx.applied.existing([event.event_id for event in events])
            assert known == {event.event_id for event in events} - trimmed
            assert tx.applied.superseded_by(["evt_1", "evt_99"]) == {"evt_99": "evt_99~2"}
            assert tx.applied.counts()["applied"] == 100
            assert list(tx.applied.surviving("p_1")) == []

    def test_what_the_journal_holds_a_repetition_of_is_not_forgotten(self, store: Store) -> None:
        with store.transaction() as tx:
            first = make_applied(1)
            again = msgspec.structs.replace(first, position=first.position + 40)
            elsewhere = msgspec.structs.replace(again, partition=first.partition + 1, position=900)
            tx.applied.add([first])
            assert tx.applied.add([again, elsewhere]) == set()
            assert tx.applied.get(first.event_id) == first

            def prune(position: int) -> int:
                firsts = {first.partition: position}
                return tx.applied.prune_trimmed(firsts, before_ms=9**9, after=0, limit=9)[0]

            assert prune(again.position) == 0
            assert tx.applied.existing([first.event_id]) == {first.event_id}
            assert prune(again.position + 1) == 1

    def test_pruning_ends_where_everything_is_younger(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in range(50)])
            assert tx.applied.prune_trimmed({}, before_ms=5, after=0, limit=10) == (0, 10)
            assert tx.applied.prune_trimmed({}, before_ms=5, after=10, limit=10) == (0, None)


class RemapsConformance(StoreFixtures):
    """Remaps come back whole, the last started first."""

    def test_remaps_come_back_whole(self, store: Store) -> None:
        first, second = make_remap(1), make_remap(2)
        done = msgspec.structs.replace(
            first, state="done", finished_at=9, counts=RemapCounts(requests=5, changed=2)
        )
        with store.transaction() as tx:
            tx.remaps.put(first)
            tx.remaps.put(second)
            tx.remaps.put(done)
        with store.read() as reader:
            assert reader.remaps.get("rmp_1") == done
            assert reader.remaps.get("rmp_9") is None
            assert reader.remaps.find() == [second, done]
            assert reader.remaps.find(limit=1) == [second]
            assert reader.remaps.find(workspace=second.workspace) == [second, done]
            assert reader.remaps.find(workspace="another") == []
