"""What the places of readers must keep."""

from heliograph.storage.cursors import Claim
from heliograph.storage.store import Store
from heliograph.testing.store_fixtures import StoreFixtures, StoreOpener


class CursorsConformance(StoreFixtures):
    """Claims, fences, resets."""

    def test_a_first_claim_takes_all_partitions_at_zero(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.cursors.positions("engine") == {}
            claims = tx.cursors.claim("engine", "a", partitions=3, now_ms=0, ttl_ms=100)
        assert [(claim.partition, claim.position) for claim in claims] == [(0, 0), (1, 0), (2, 0)]
        with store.read() as reader:
            assert reader.cursors.positions("engine") == {0: 0, 1: 0, 2: 0}

    def test_renewing_keeps_the_epoch_and_a_new_owner_raises_it(self, store: Store) -> None:
        with store.transaction() as tx:
            (first,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=100)
            assert tx.cursors.claim("engine", "a", partitions=1, now_ms=50, ttl_ms=100) == [first]
            assert tx.cursors.claim("engine", "b", partitions=1, now_ms=149, ttl_ms=100) == []
            (second,) = tx.cursors.claim("engine", "b", partitions=1, now_ms=150, ttl_ms=100)
        assert second.epoch > first.epoch

    def test_the_end_of_the_last_lease_is_known_until_it_is_given_up(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.cursors.leased_until("engine") == 0
            tx.cursors.reset("engine", 0, 5)
            assert tx.cursors.leased_until("engine") == 0
            tx.cursors.claim("engine", "a", partitions=2, now_ms=1_000, ttl_ms=100)
            tx.cursors.claim("engine", "a", partitions=1, now_ms=1_050, ttl_ms=100)
            tx.cursors.claim("history", "b", partitions=1, now_ms=9_000, ttl_ms=100)
        with store.read() as reader:
            assert reader.cursors.leased_until("engine") == 1_150
        with store.transaction() as tx:
            tx.cursors.release("engine", "a")
            assert tx.cursors.leased_until("engine") == 0

    def test_groups_do_not_know_each_other(self, store: Store) -> None:
        with store.transaction() as tx:
            (mine,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=100)
            assert len(tx.cursors.claim("history", "b", partitions=1, now_ms=0, ttl_ms=100)) == 1
            assert tx.cursors.advance("engine", 0, old=0, new=7, epoch=mine.epoch)
        with store.read() as reader:
            assert reader.cursors.positions("engine") == {0: 7}
            assert reader.cursors.positions("history") == {0: 0}

    def test_advance_is_fenced_by_position_and_epoch(self, store: Store) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=100)
            epoch = claim.epoch
            assert not tx.cursors.advance("engine", 0, old=1, new=5, epoch=epoch)
            assert not tx.cursors.advance("engine", 0, old=0, new=5, epoch=epoch + 1)
            assert not tx.cursors.advance("engine", 9, old=0, new=5, epoch=epoch)
            assert tx.cursors.positions("engine") == {0: 0}
            assert tx.cursors.advance("engine", 0, old=0, new=5, epoch=epoch)
            assert not tx.cursors.advance("engine", 0, old=0, new=6, epoch=epoch)
            assert tx.cursors.positions("engine") == {0: 5}

    def test_a_frozen_owner_is_fenced_off_by_the_next(self, store: Store) -> None:
        """An owner that slept past its lease cannot advance, the new one goes on where it stood."""
        with store.transaction() as tx:
            (old,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=10)
            assert tx.cursors.advance("engine", 0, old=0, new=3, epoch=old.epoch)
        with store.transaction() as tx:
            (new,) = tx.cursors.claim("engine", "b", partitions=1, now_ms=10, ttl_ms=10)
            assert new == Claim(partition=0, position=3, epoch=new.epoch)
        with store.transaction() as tx:
            assert not tx.cursors.advance("engine", 0, old=3, new=4, epoch=old.epoch)
            assert tx.cursors.advance("engine", 0, old=3, new=4, epoch=new.epoch)

    def test_a_reset_sets_the_place_and_fences_the_reader_off(self, store: Store) -> None:
        with store.transaction() as tx:
            (claim,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=100)
            tx.cursors.advance("engine", 0, old=0, new=9, epoch=claim.epoch)
            tx.cursors.reset("engine", 0, 2)
            assert not tx.cursors.advance("engine", 0, old=2, new=3, epoch=claim.epoch)
            (again,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=1, ttl_ms=100)
            assert again.position == 2
            assert tx.cursors.advance("engine", 0, old=2, new=3, epoch=again.epoch)

    def test_a_reset_of_a_group_that_never_ran_is_kept(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.cursors.reset("engine", 1, 40)
            claims = tx.cursors.claim("engine", "a", partitions=2, now_ms=0, ttl_ms=100)
        assert [claim.position for claim in claims] == [0, 40]

    def test_released_partitions_are_free_at_once(self, store: Store) -> None:
        with store.transaction() as tx:
            (first,) = tx.cursors.claim("engine", "a", partitions=1, now_ms=0, ttl_ms=100)
            tx.cursors.release("engine", "stranger")
            assert tx.cursors.claim("engine", "b", partitions=1, now_ms=1, ttl_ms=100) == []
            tx.cursors.release("engine", "a")
            (second,) = tx.cursors.claim("engine", "b", partitions=1, now_ms=1, ttl_ms=100)
        assert second.epoch > first.epoch

    def test_two_stores_of_one_place_share_the_claims(self, open: StoreOpener) -> None:
        if not self.shared:
            return
        one, two = open(), open()
        with one.transaction() as tx:
            assert len(tx.cursors.claim("engine", "a", partitions=4, now_ms=0, ttl_ms=100)) == 4
        with two.transaction() as tx:
            assert tx.cursors.claim("engine", "b", partitions=4, now_ms=1, ttl_ms=100) == []
