import re
from typing import get_args

from heliograph.model import delivery
from heliograph.model.delivery import TRANSITIONS, DeliveryState

ARROW = re.compile(r"^\s+(\[\*\]|\w+) --> (\w+)", re.MULTILINE)


def test_the_drawing_and_the_transitions_are_equal() -> None:
    assert delivery.__doc__ is not None
    drawn = {("" if old == "[*]" else old, new) for old, new in ARROW.findall(delivery.__doc__)}
    assert drawn == TRANSITIONS


def test_every_state_can_be_reached_and_only_delivered_is_final() -> None:
    states = set(get_args(DeliveryState))
    assert {new for _, new in TRANSITIONS} == states
    assert states - {old for old, _ in TRANSITIONS} == {"delivered"}
