"""What leases must keep."""

from collections.abc import Sequence

import pytest

from heliograph.storage.lease_keeper import LeaseKeeper
from heliograph.storage.store import Store
from heliograph.storage.work.leases import Holder, Lease, Share
from heliograph.testing.clock import ManualClock
from heliograph.testing.store.fixtures import StoreFixtures, StoreOpener

FOUR = ["a", "b", "c", "d"]


def claim(store: Store, owner: str, members: Sequence[str] = FOUR, *, anew: bool = False) -> Share:
    """Claim in a transaction of its own."""
    with store.transaction() as tx:
        return tx.leases.claim("work", owner, members=members, now_ms=7, ttl_ms=100, anew=anew)


def names(share: Share) -> list[str]:
    """Return what is held."""
    return [lease.member for lease in share.held]


def give_back(store: Store, owner: str, members: Sequence[str] | None = None) -> None:
    """Release in a transaction of its own."""
    with store.transaction() as tx:
        tx.leases.release("work", owner, members)


class LeasesConformance(StoreFixtures):
    """Shares, epochs, expulsion."""

    def test_the_only_owner_holds_everything(self, store: Store) -> None:
        share = claim(store, "one")
        assert share == Share(quota=4, held=tuple(Lease(member=m, epoch=1) for m in FOUR))
        assert claim(store, "one") == share
        with store.read() as reader:
            assert reader.leases.holders("work") == [
                Holder(owner="one", beat=2, ttl_ms=100, seen_at=7, members=("a", "b", "c", "d"))
            ]
            assert reader.leases.holders("other") == []

    def test_a_second_owner_gets_its_half_when_the_first_gives_it_back(self, store: Store) -> None:
        claim(store, "one")
        assert claim(store, "two") == Share(quota=2, held=())
        share = claim(store, "one")
        assert names(share) == FOUR
        assert share.surplus == ("c", "d")
        give_back(store, "one", share.surplus)
        assert [(lease.member, lease.epoch) for lease in claim(store, "two").held] == [
            ("c", 2),
            ("d", 2),
        ]
        assert claim(store, "one") == Share(quota=2, held=share.held[:2])

    def test_shares_differ_by_one_at_most_whoever_comes_and_goes(self, store: Store) -> None:
        owners = ["w1", "w2", "w3"]
        members = [str(number) for number in range(16)]
        for _ in range(3):
            for owner in owners:
                give_back(store, owner, claim(store, owner, members).surplus)
        sizes = [len(claim(store, owner, members).held) for owner in owners]
        assert sizes == [6, 5, 5]
        give_back(store, "w1")
        for _ in range(2):
            sizes = [len(claim(store, owner, members).held) for owner in owners[1:]]
        assert sizes == [8, 8]

    def test_an_owner_more_than_there_are_members_holds_none(self, store: Store) -> None:
        shares = [claim(store, owner, ["a"]) for owner in ("one", "two")]
        assert [names(share) for share in shares] == [["a"], []]
        assert claim(store, "one", ["a"]).surplus == ()

    def test_what_is_no_member_any_more_is_given_back_and_new_ones_are_taken(
        self, store: Store
    ) -> None:
        claim(store, "one", ["a", "b"])
        assert names(claim(store, "one", ["b", "e"])) == ["b", "e"]
        with store.read() as reader:
            assert reader.leases.holders("work")[0].members == ("b", "e")
            assert reader.leases.holds("work", {"a": 1}) == set()

    def test_the_epoch_rises_with_every_change_of_hands_and_fences(self, store: Store) -> None:
        claim(store, "one")
        with store.read() as reader:
            assert reader.leases.holds("work", {"a": 1, "b": 2, "unknown": 1}) == {"a"}
            assert reader.leases.holds("work", {}) == set()
            assert reader.leases.holds("other", {"a": 1}) == set()
        give_back(store, "stranger")
        give_back(store, "one")
        with store.read() as reader:
            assert reader.leases.holds("work", {"a": 1}) == set()
        assert claim(store, "two").held[0] == Lease(member="a", epoch=2)

    def test_one_started_again_under_its_name_fences_off_its_predecessor(
        self, store: Store
    ) -> None:
        claim(store, "one")
        assert claim(store, "one", anew=True).held[3] == Lease(member="d", epoch=2)
        with store.read() as reader:
            assert reader.leases.holds("work", {"d": 1, "a": 2}) == {"a"}

    def test_only_an_owner_that_was_silent_since_is_expelled(self, store: Store) -> None:
        claim(store, "one")
        claim(store, "one")
        with store.transaction() as tx:
            assert not tx.leases.expel("work", "one", beat=1)
            assert not tx.leases.expel("work", "nobody", beat=1)
            assert tx.leases.expel("work", "one", beat=2)
            assert tx.leases.holders("work") == []
        assert names(claim(store, "two")) == FOUR

    def test_groups_do_not_know_each_other(self, store: Store) -> None:
        claim(store, "one")
        with store.transaction() as tx:
            share = tx.leases.claim("other", "two", members=["a"], now_ms=0, ttl_ms=1)
            assert names(share) == ["a"]
            tx.leases.release("other", "one")
        assert names(claim(store, "one")) == FOUR

    def test_a_silent_owner_loses_its_leases_by_the_monotonic_clock_alone(
        self, store: Store
    ) -> None:
        """Whatever the wall clock does meanwhile, forward or back."""
        clock = ManualClock()
        keepers = [LeaseKeeper("work", name, ttl_ms=900, clock=clock) for name in ("one", "two")]

        def turn(keeper: LeaseKeeper) -> list[str]:
            with store.transaction() as tx:
                return names(keeper.claim(tx, FOUR))

        one, two = keepers
        assert (turn(one), turn(two)) == (FOUR, [])
        clock.set_wall(clock.now_ms() + 86_400_000)
        assert turn(two) == []
        clock.advance(ms=899)
        assert turn(two) == []
        clock.set_wall(clock.now_ms() - 3 * 86_400_000)
        assert one.safe_until_s > clock.monotonic_s()
        clock.advance(ms=1)
        assert turn(two) == FOUR
        assert one.safe_until_s <= clock.monotonic_s()

    def test_a_keeper_renews_in_time_whatever_the_wall_clock_does(self, store: Store) -> None:
        clock = ManualClock()
        keeper = LeaseKeeper("work", "one", ttl_ms=900, clock=clock)
        assert keeper.due()
        with store.transaction() as tx:
            keeper.claim(tx, FOUR)
        clock.set_wall(clock.now_ms() - 86_400_000)
        assert not keeper.due()
        clock.advance(ms=300)
        assert keeper.due()
        with store.transaction() as tx:
            tx.leases.claim("work", "two", members=FOUR, now_ms=0, ttl_ms=900)
            share = keeper.claim(tx, FOUR)
            tx.leases.release("work", "one", share.surplus)
        clock.advance(ms=30)
        assert not keeper.due()
        with store.transaction() as tx:
            tx.leases.release("work", "two")
            clock.advance(ms=300)
            assert len(keeper.claim(tx, FOUR).held) == 4
        keeper.lost()
        with store.transaction() as tx:
            assert [lease.epoch for lease in keeper.claim(tx, FOUR).held] == [2, 2, 3, 3]
            keeper.release(tx)
            assert tx.leases.holders("work") == []
        assert keeper.due()

    def test_a_claim_that_fails_leaves_what_is_held_as_it_is(self, store: Store) -> None:
        clock = ManualClock()
        keeper = LeaseKeeper("work", "one", ttl_ms=900, clock=clock)
        with keeper.attempt(), store.transaction() as tx:
            keeper.claim(tx, FOUR)
        safe_until_s = keeper.safe_until_s
        clock.advance(ms=300)

        def fail() -> None:
            with keeper.attempt(), store.transaction() as tx:
                keeper.claim(tx, FOUR)
                raise KeyError("the disk is full")

        with pytest.raises(KeyError):
            fail()
        assert (keeper.due(), keeper.safe_until_s) == (True, safe_until_s)
        with keeper.attempt(), store.transaction() as tx:
            assert [lease.epoch for lease in keeper.claim(tx, FOUR).held] == [1, 1, 1, 1]
        assert keeper.safe_until_s > safe_until_s

    def test_who_has_less_than_its_share_asks_more_often(self, store: Store) -> None:
        clock = ManualClock()
        claim(store, "one")
        keeper = LeaseKeeper("work", "two", ttl_ms=900, clock=clock)
        with store.transaction() as tx:
            assert keeper.claim(tx, FOUR).quota == 2
        clock.advance(ms=31)
        assert keeper.due()

    def test_two_stores_of_one_place_share_the_leases(self, open: StoreOpener) -> None:
        if not self.shared:
            return
        one, two = open(), open()
        assert names(claim(one, "one")) == FOUR
        assert names(claim(two, "two")) == []
