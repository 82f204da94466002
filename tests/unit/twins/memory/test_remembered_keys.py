"""Which idempotency keys a twin knows."""

from heliograph.twins.memory.remembered_keys import RememberedKeys


def test_a_key_is_new_once():
    keys = RememberedKeys(10)
    assert [keys.first_time(key) for key in ("a", "b", "a")] == [True, True, False]


def test_the_oldest_key_is_forgotten_beyond_the_limit():
    keys = RememberedKeys(2)
    assert [keys.first_time(key) for key in ("a", "b", "c")] == [True, True, True]
    assert keys.first_time("b") is False
    assert keys.first_time("a") is True
