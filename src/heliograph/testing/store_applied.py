"""What the dedupe table must keep."""

from heliograph.storage.store import Store
from heliograph.testing.samples import make_applied
from heliograph.testing.store_fixtures import StoreFixtures


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

    def test_pruned_events_are_forgotten_and_totals_stay(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(n) for n in range(10)])
            assert tx.applied.prune(4) == 4
            assert tx.applied.existing([f"evt_{n}" for n in range(10)]) == {
                f"evt_{n}" for n in range(4, 10)
            }
            assert tx.applied.counts()["applied"] == 10
