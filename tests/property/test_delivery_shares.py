"""Shares of a budget: nothing is given twice, nobody starves, live ones go first."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from heliograph.delivery.pace.shares import CLASSES, LIVE, OTHERS, SHARES, Rota, share_out

WANTED = st.fixed_dictionaries({which: st.integers(0, 300) for which in CLASSES})
ROOMS = st.integers(0, 200)


def test_the_shares_are_of_a_whole():
    assert sum(SHARES.values()) == 1
    assert all(SHARES[LIVE] > SHARES[other] for other in OTHERS)


@given(st.lists(st.tuples(ROOMS, WANTED), max_size=30))
def test_all_room_is_given_and_nobody_gets_more_than_is_wanted(looks: list[tuple[int, dict]]):
    rota = Rota()
    for room, wanted in looks:
        got = share_out(room, wanted, rota)
        assert sum(got.values()) == min(room, sum(wanted.values()))
        assert all(0 <= got[which] <= wanted[which] for which in CLASSES)


@given(st.integers(1, 40), st.integers(1, 40), st.sets(st.sampled_from(CLASSES), min_size=1))
def test_whoever_always_wants_keeps_its_share_however_small_the_rooms(
    room: int, looks: int, greedy: set[int]
):
    rota = Rota()
    got: Counter[int] = Counter()
    for _ in range(looks):
        got.update(share_out(room, dict.fromkeys(greedy, 1_000), rota))
    total = sum(SHARES[which] for which in greedy)
    for which in greedy:
        assert abs(got[which] - room * looks * SHARES[which] / total) <= 1 + 1e-6


@given(st.lists(st.sets(st.sampled_from(OTHERS)), max_size=60))
def test_others_that_come_and_go_never_take_more_than_their_share_from_live_ones(
    waiting: list[set[int]],
):
    """A class that had nothing waiting saves nothing up, so it cannot come back with a claim."""
    rota = Rota()
    turns = [rota.next({LIVE: 1, **dict.fromkeys(there, 1)}) for there in waiting]
    for begin in range(len(turns)):
        taken = sum(turn != LIVE for turn in turns[begin:])
        assert taken <= (len(turns) - begin) * (1 - SHARES[LIVE]) + 2


@given(WANTED)
def test_a_live_one_is_the_first_that_goes(wanted: dict[int, int]):
    if wanted[LIVE]:
        assert Rota().next(wanted) == LIVE
