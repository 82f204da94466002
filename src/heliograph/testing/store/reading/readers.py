"""What the registry of readers and the parked events must keep."""

from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Acknowledgement, Gap, ReaderGroup
from heliograph.storage.retention import read_by_all
from heliograph.storage.store import Store
from heliograph.testing.store.fixtures import StoreFixtures


def place(position: int, workspace: str = "w", *, partition: int = 0) -> ParkedPlace:
    """Return where a parked event stands."""
    return ParkedPlace(partition=partition, position=position, workspace=workspace)


class ReadersConformance(StoreFixtures):
    """Groups, gaps, parked events, and how far retention may go."""

    def test_a_group_is_registered_once_and_seen_again(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.readers.all() == []
            tx.readers.seen("history", now_ms=5)
            tx.readers.seen("engine", now_ms=6)
            tx.readers.seen("history", now_ms=9)
        with store.read() as reader:
            assert reader.readers.all() == [
                ReaderGroup(name="engine", registered_at=6, seen_at=6),
                ReaderGroup(name="history", registered_at=5, seen_at=9),
            ]

    def test_a_forgotten_group_leaves_nothing(self, store: Store) -> None:
        gap = Gap(group="history", partition=0, first=1, last=4, found_at=0)
        with store.transaction() as tx:
            for group in ("engine", "history"):
                tx.readers.seen(group, now_ms=5)
                tx.cursors.take(group, [0])
            tx.readers.note_gap(gap)
            assert tx.readers.forget("history")
            assert not tx.readers.forget("history")
        with store.read() as reader:
            assert [group.name for group in reader.readers.all()] == ["engine"]
            assert reader.cursors.positions("history") == {}
            assert reader.cursors.positions("engine") == {0: 0}
            assert reader.readers.gaps("history") == []

    def test_gaps_are_noted_once(self, store: Store) -> None:
        gaps = [
            Gap(group="engine", partition=1, first=7, last=9, found_at=3),
            Gap(group="engine", partition=1, first=20, last=20, found_at=3),
        ]
        with store.transaction() as tx:
            for gap in (*gaps, gaps[0]):
                tx.readers.note_gap(gap)
        with store.read() as reader:
            assert reader.readers.gaps("engine") == gaps
            assert reader.readers.gaps("history") == []
        with store.transaction() as tx:
            tx.readers.note_gap(Gap(group="engine", partition=1, first=7, last=12, found_at=9))
            assert [(gap.first, gap.last) for gap in tx.readers.gaps("engine")] == [
                (7, 12),
                (20, 20),
            ]

    def test_what_is_lost_after_an_acknowledgement_is_not_covered_by_it(self, store: Store) -> None:
        def note(first: int, last: int, *, found_at: int, group: str = "engine") -> None:
            with store.transaction() as tx:
                gap = Gap(group=group, partition=1, first=first, last=last, found_at=found_at)
                tx.readers.note_gap(gap)

        def acknowledged(group: str = "engine") -> dict[tuple[int, int], str | None]:
            with store.read() as reader:
                return {
                    (gap.first, gap.last): gap.acknowledged.reason if gap.acknowledged else None
                    for gap in reader.readers.gaps(group)
                }

        def acknowledge(reason: str, *, at: int) -> Acknowledgement:
            said = Acknowledgement(at=at, who="ann", reason=reason)
            with store.transaction() as tx:
                tx.readers.acknowledge_gaps("engine", said)
            return said

        note(7, 9, found_at=3)
        note(20, 20, found_at=3)
        note(1, 2, found_at=3, group="history")
        said = acknowledge("the disk lost them", at=50)
        with store.read() as reader:
            gaps = reader.readers.gaps("engine")
        assert [(gap.acknowledged, gap.events, gap.found_at) for gap in gaps] == [
            (said, 3, 3),
            (said, 1, 3),
        ]
        assert acknowledged("history") == {(1, 2): None}, "of another group"
        note(7, 9, found_at=3)
        assert acknowledged()[7, 9] == "the disk lost them", "the same again, as after a retry"
        note(30, 31, found_at=60)
        note(7, 12, found_at=60)
        note(20, 20, found_at=60)
        assert acknowledged() == {(7, 12): None, (20, 20): None, (30, 31): None}
        acknowledge("and again", at=70)
        note(40, 40, found_at=80)
        acknowledge("a third time", at=90)
        assert acknowledged() == {
            (7, 12): "and again",
            (20, 20): "and again",
            (30, 31): "and again",
            (40, 40): "a third time",
        }

    def test_parked_events_are_found_by_workspace_in_order(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.parked.put([place(9), place(3), place(4, "x"), place(2, partition=1)])
            tx.parked.put([place(3)])
        with store.transaction() as tx:
            assert tx.parked.waiting([0, 1]) == {0: {"w", "x"}, 1: {"w"}}
            assert tx.parked.waiting([2]) == {}
            assert tx.parked.counts() == {"w": 3, "x": 1}
            assert tx.parked.firsts() == {0: 3, 1: 2}
            assert tx.parked.page(0, "w", limit=9) == [3, 9]
            assert tx.parked.page(0, "w", limit=1) == [3]
            assert tx.parked.take(0, "w", until=3) == 1
            assert tx.parked.page(0, "w", limit=9) == [9]
            assert tx.parked.waiting([0]) == {0: {"w", "x"}}

    def test_the_journal_is_needed_from_the_slowest_reader_and_the_first_parked_on(
        self, store: Store
    ) -> None:
        def moves(group: str, positions: dict[int, int]) -> None:
            with store.transaction() as tx:
                tx.readers.seen(group, now_ms=0)
                for claim in tx.cursors.take(group, positions):
                    tx.cursors.advance(
                        group,
                        claim.partition,
                        old=claim.position,
                        new=positions[claim.partition],
                        epoch=claim.epoch,
                    )

        def needed() -> dict[int, int]:
            with store.read() as reader:
                return read_by_all(reader, 3)

        assert needed() == {0: 0, 1: 0, 2: 0}
        moves("engine", {0: 10, 1: 20})
        assert needed() == {0: 10, 1: 20, 2: 0}
        moves("history", {0: 4, 1: 30})
        assert needed() == {0: 4, 1: 20, 2: 0}
        with store.transaction() as tx:
            tx.parked.put([place(16, partition=1)])
            tx.readers.forget("history")
        assert needed() == {0: 10, 1: 15, 2: 0}
