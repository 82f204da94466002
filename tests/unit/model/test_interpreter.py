"""Garbage is collected at the moments that were chosen for it, and at no other."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from heliograph.model.interpreter import PATIENCE, Collector


class Ring:
    """Something that only a collection frees."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def ring() -> Iterator["weakref.ref[Ring]"]:
    """A dropped one, while nothing is collected by itself."""
    gc.disable()
    yield weakref.ref(Ring())
    gc.enable()


def test_nothing_is_collected_by_itself_while_it_is_in_charge():
    collector = Collector(lambda: False)
    with collector.in_charge():
        dropped = weakref.ref(Ring())
        many = [[number] for number in range(100_000)]
        assert dropped() is not None
        assert not gc.isenabled()
        del many
        collector.turn()
        assert dropped() is None
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_a_turn_is_left_out_while_something_large_is_in_hand(ring: "weakref.ref[Ring]"):
    busy = True
    collector = Collector(lambda: busy)
    collector.turn()
    assert ring() is not None
    busy = False
    collector.turn()
    assert ring() is None


def test_it_collects_after_a_while_even_if_something_large_is_always_in_hand(
    ring: "weakref.ref[Ring]",
):
    collector = Collector(lambda: True)
    for _ in range(PATIENCE):
        collector.turn()
    assert ring() is not None
    collector.turn()
    assert ring() is None


def test_what_survived_is_looked_at_again_later(ring: "weakref.ref[Ring]"):
    kept = ring()
    collector = Collector(lambda: False)
    collector.turn()
    del kept
    collector.turn()
    assert ring() is not None
    for _ in range(100):
        collector.turn()
    assert ring() is None
