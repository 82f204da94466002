"""How an error reads as one paragraph."""

import pytest

from heliograph.errors import HeliographError


@pytest.mark.parametrize("message", ["it is not set", "it is not set."])
def test_the_message_ends_before_the_advice_begins(message: str):
    error = HeliographError("settings.invalid", message, where="$.key", hint="Set it.")
    assert str(error) == "$.key: it is not set. Set it."


def test_a_message_alone_is_left_as_it_is():
    assert str(HeliographError("settings.invalid", "it is not set")) == "it is not set"
