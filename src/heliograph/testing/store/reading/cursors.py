"""What the places of readers must keep."""

from heliograph.storage.identity import StoreIdentity
from heliograph.storage.profiles import Override
from heliograph.storage.reading.cursors import Claim, Place
from heliograph.storage.store import Store
from heliograph.testing.samples import make_applied
from heliograph.testing.store.fixtures import StoreFixtures


class CursorsConformance(StoreFixtures):
    """Places, fences, resets."""

    def test_a_partition_is_first_taken_at_zero(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.cursors.positions("engine") == {}
            claims = tx.cursors.take("engine", [2, 0, 1])
        assert [(claim.partition, claim.position) for claim in claims] == [(0, 0), (1, 0), (2, 0)]
        with store.read() as reader:
            assert reader.cursors.positions("engine") == {0: 0, 1: 0, 2: 0}

    def test_taking_nothing_makes_nothing(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.cursors.take("engine", []) == []
            assert tx.cursors.positions("engine") == {}

    def test_groups_do_not_know_each_other(self, store: Store) -> None:
        with store.transaction() as tx:
            (mine,) = tx.cursors.take("engine", [0])
            assert len(tx.cursors.take("history", [0])) == 1
            assert tx.cursors.advance("engine", 0, old=0, new=7, epoch=mine.epoch)
        with store.read() as reader:
            assert reader.cursors.positions("engine") == {0: 7}
            assert reader.cursors.positions("history") == {0: 0}

    def test_advance_is_fenced_by_position_and_epoch(self, store: Store) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.take("engine", [0])
            epoch = claim.epoch
            assert not tx.cursors.advance("engine", 0, old=1, new=5, epoch=epoch)
            assert not tx.cursors.advance("engine", 0, old=0, new=5, epoch=epoch + 1)
            assert not tx.cursors.advance("engine", 9, old=0, new=5, epoch=epoch)
            assert tx.cursors.positions("engine") == {0: 0}
            assert tx.cursors.advance("engine", 0, old=0, new=5, epoch=epoch)
            assert not tx.cursors.advance("engine", 0, old=0, new=6, epoch=epoch)
            assert tx.cursors.positions("engine") == {0: 5}

    def test_a_frozen_reader_is_fenced_off_by_the_next(self, store: Store) -> None:
        """Whoever took it before cannot advance, the next one goes on where it stood."""
        with store.transaction() as tx:
            (old,) = tx.cursors.take("engine", [0])
            assert tx.cursors.advance("engine", 0, old=0, new=3, epoch=old.epoch)
        with store.transaction() as tx:
            (new,) = tx.cursors.take("engine", [0])
            assert new == Claim(partition=0, position=3, epoch=new.epoch)
            assert new.epoch > old.epoch
        with store.transaction() as tx:
            assert not tx.cursors.advance("engine", 0, old=3, new=4, epoch=old.epoch)
            assert tx.cursors.advance("engine", 0, old=3, new=4, epoch=new.epoch)

    def test_a_reset_sets_the_place_and_fences_the_reader_off(self, store: Store) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.take("engine", [0])
            tx.cursors.advance("engine", 0, old=0, new=9, epoch=claim.epoch)
            tx.cursors.reset("engine", 0, 2)
            assert not tx.cursors.advance("engine", 0, old=2, new=3, epoch=claim.epoch)
            (again,) = tx.cursors.take("engine", [0])
            assert again.position == 2
            assert tx.cursors.advance("engine", 0, old=2, new=3, epoch=again.epoch)

    def test_a_place_knows_the_event_it_stands_at_and_what_was_taken_back(
        self, store: Store
    ) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.take("engine", [0])
            assert tx.cursors.places("engine") == {0: Place(position=0)}
            tx.cursors.advance("engine", 0, old=0, new=9, epoch=claim.epoch, anchor="evt_9")
        with store.read() as reader:
            assert reader.cursors.places("engine") == {0: Place(position=9, anchor="evt_9")}
        with store.transaction() as tx:
            tx.cursors.advance("engine", 0, old=9, new=9, epoch=claim.epoch)
            assert tx.cursors.places("engine") == {0: Place(position=9, anchor="evt_9")}
            tx.cursors.advance("engine", 0, old=9, new=10, epoch=claim.epoch)
            assert tx.cursors.places("engine") == {0: Place(position=10)}
            tx.cursors.advance("engine", 0, old=10, new=9, epoch=claim.epoch, anchor="evt_9")
        with store.transaction() as tx:
            tx.cursors.reset("engine", 0, 2)
            tx.cursors.reset("engine", 0, 12)
            tx.cursors.reset("engine", 0, 11)
            assert tx.cursors.places("engine") == {0: Place(position=11, rewound=8)}

    def test_a_store_says_who_it_is_and_what_it_reads(self, store: Store) -> None:
        with store.read() as reader:
            new = reader.lineage.get()
            assert len(new.store) >= 16
            assert (new.journal, new.incarnation) == (None, None)
        with store.transaction() as tx:
            tx.lineage.bind("j", "i1")
            tx.lineage.bind("j", "i2")
        with store.read() as reader:
            assert reader.lineage.get() == StoreIdentity(
                store=new.store, journal="j", incarnation="i2"
            )

    def test_effects_are_forgotten_but_not_what_a_person_did(self, store: Store) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.take("engine", [0])
            tx.cursors.advance("engine", 0, old=0, new=5, epoch=claim.epoch, anchor="evt_5")
            tx.cursors.reset("history", 0, 7)
            tx.applied.add([make_applied(1), make_applied(2)])
            for old, canonical, reason in (
                ("a", "b", "operator:ann"), ("b", "c", "event:evt_1"), ("d", "e", "event:evt_2"),
            ):  # fmt: skip
                tx.profiles.merge(
                    Override(old=old, canonical=canonical, merged_at=1, reason=reason)
                )
            tx.lineage.forget_effects("engine")
        with store.read() as reader:
            assert reader.cursors.positions("engine") == {}
            assert reader.cursors.positions("history") == {0: 7}
            assert set(reader.applied.counts().values()) == {0}
            assert reader.applied.existing(["evt_1", "evt_2"]) == set()
            assert reader.profiles.canonical_of(["a", "b", "d"]) == {"a": "b"}

    def test_a_reset_of_a_group_that_never_ran_is_kept(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.cursors.reset("engine", 1, 40)
            claims = tx.cursors.take("engine", [0, 1])
        assert [claim.position for claim in claims] == [0, 40]
