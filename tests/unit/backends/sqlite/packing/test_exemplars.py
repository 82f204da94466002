import os

from heliograph.backends.sqlite.packing.codec import Codec
from heliograph.backends.sqlite.packing.exemplars import (
    A_DAY_MS,
    DAILY_AFTER,
    FIRST_AFTER,
    LARGEST,
    LONGEST,
    LOOK_EVERY,
    Exemplars,
    chosen,
)

ORDER = '{{"event":"Order Placed","customer":"c-{:06}","total":99.9,"items":["sku-1","sku-2"],"note":""}}'
VISIT = (
    '{{"event":"Page Viewed","visitor":"v-{:06}","path":"/shop","referrer":"https://a.example/"}}'
)


def orders(count: int) -> list[bytes]:
    return [ORDER.format(number).encode() for number in range(count)]


def visits(count: int) -> list[bytes]:
    return [VISIT.format(number).encode() for number in range(count)]


def test_one_value_of_each_shape_is_chosen() -> None:
    mixed = [value for pair in zip(orders(30), visits(30), strict=True) for value in pair]
    content = chosen(mixed)
    assert content.count(b"Order Placed") == 1
    assert content.count(b"Page Viewed") == 1


def test_what_has_no_shape_makes_a_bounded_dictionary() -> None:
    assert len(chosen([os.urandom(3_000) for _ in range(64)])) < LARGEST + 3_000


def test_a_first_dictionary_comes_after_some_values() -> None:
    exemplars = Exemplars()
    exemplars.seen(orders(FIRST_AFTER - 1))
    assert exemplars.wanted(Codec(), age_ms=0) is None
    exemplars.seen(orders(1))
    assert exemplars.wanted(Codec(), age_ms=0)


def test_values_without_a_shape_get_no_dictionary() -> None:
    exemplars = Exemplars()
    exemplars.seen([os.urandom(500) for _ in range(64)])
    assert exemplars.wanted(Codec(), age_ms=0) is None


def test_a_dictionary_stays_while_it_serves_and_goes_when_the_data_change() -> None:
    exemplars = Exemplars()
    current = Codec(1, orders(1)[0])
    exemplars.seen(orders(LOOK_EVERY))
    assert exemplars.wanted(current, age_ms=0) is None
    exemplars.seen(visits(LOOK_EVERY - 1))
    assert exemplars.wanted(current, age_ms=0) is None
    exemplars.seen(visits(1))
    assert b"Page Viewed" in (exemplars.wanted(current, age_ms=0) or b"")


def test_a_dictionary_is_made_anew_after_a_day() -> None:
    exemplars = Exemplars()
    current = Codec(1, orders(1)[0])
    exemplars.seen(orders(DAILY_AFTER - 1))
    assert exemplars.wanted(current, age_ms=A_DAY_MS) is None
    exemplars.seen(orders(1))
    assert exemplars.wanted(current, age_ms=A_DAY_MS - 1) is None
    found = exemplars.wanted(current, age_ms=A_DAY_MS)
    assert found
    assert exemplars.wanted(Codec(2, found), age_ms=A_DAY_MS) is None


def test_a_dictionary_that_was_rolled_back_is_offered_again_at_once() -> None:
    exemplars = Exemplars()
    exemplars.seen(orders(FIRST_AFTER))
    found = exemplars.wanted(Codec(), age_ms=0)
    assert found
    assert exemplars.wanted(Codec(), age_ms=0) == found
    assert exemplars.wanted(Codec(1, found), age_ms=0) is None


def test_another_dictionary_that_serves_as_well_ends_the_offer() -> None:
    exemplars = Exemplars()
    exemplars.seen(orders(FIRST_AFTER))
    assert exemplars.wanted(Codec(), age_ms=0)
    of_another_process = Codec(1, chosen(orders(FIRST_AFTER + 5)))
    assert exemplars.wanted(of_another_process, age_ms=0) is None


def test_an_exemplar_is_long_enough_to_be_one() -> None:
    assert chosen([b"[]", b"{}", b""]) == b""


def test_of_a_long_value_the_beginning_is_remembered() -> None:
    exemplars = Exemplars()
    exemplars.seen([b'{"rows":[' + orders(1)[0] * 1_000] * FIRST_AFTER)
    content = exemplars.wanted(Codec(), age_ms=0)
    assert content is None or len(content) <= LONGEST
