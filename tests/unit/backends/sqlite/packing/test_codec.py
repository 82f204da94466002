import hashlib
import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.backends.sqlite.packing.codec import Codec, Unreadable, number_in
from heliograph.backends.sqlite.packing.entropy import TABLES

ORDER = b'{"event":"Order Placed","customer":"c-%06d","total":99.9,"items":["sku-1","sku-2"]}'
VISIT = (
    b'{"event":"Page Viewed","visitor":"v-000001","path":"/shop","referrer":"https://a.example/"}'
)
VISIT = (
    b'{"event":"Page Viewed","event_id":"evt_%s","visitor":"v-%s","at":%d,"path":"/shop/autumn"}'
)


def order(number: int) -> bytes:
    return ORDER.replace(b"%06d", b"%06d" % number)


def unpacked(codec: Codec, packed: bytes) -> bytes:
    """Return a value as `Dictionaries.unpack` does."""
    if packed[0] == 0:
        return packed[1:]
    number, start = number_in(packed)
    assert number == codec.number
    return codec.unpack(packed, start)


@given(values=st.lists(st.binary(max_size=400)), content=st.binary(max_size=600))
def test_what_is_packed_is_unpacked(values: list[bytes], content: bytes) -> None:
    codec = Codec(7, content)
    assert [unpacked(codec, packed) for packed in codec.pack(values)] == values


@given(values=st.lists(st.binary(max_size=400)), content=st.binary(min_size=24, max_size=600))
def test_what_is_packed_with_tables_is_unpacked(values: list[bytes], content: bytes) -> None:
    codec = Codec(7, TABLES + content)
    assert [unpacked(codec, packed) for packed in codec.pack(values)] == values


def test_a_dictionary_of_before_may_begin_as_one_with_tables_does() -> None:
    """A sender may begin a body with the magic number of dictionaries; its whole value was the dictionary."""
    codec = Codec(7, TABLES[:4] + order(1) * 3)
    values = [order(number) for number in range(9)]
    packed = codec.pack(values)
    assert [unpacked(codec, one) for one in packed] == values
    assert sum(map(len, packed)) * 3 < sum(map(len, values))


@pytest.mark.parametrize("size", [1 << 10, 1 << 17, (1 << 20) + 1])
def test_long_values_of_any_bytes_are_packed_with_tables(size: int) -> None:
    codec = Codec(7, TABLES + order(1))
    for value in (
        os.urandom(size),
        order(2) * (size // len(ORDER)),
        bytes(size),
        bytes(range(256)),
    ):
        assert [unpacked(codec, packed) for packed in codec.pack([value] * 9)] == [value] * 9
        assert [unpacked(codec, packed) for packed in codec.pack([value])] == [value]


def test_tables_make_short_what_differs_from_the_exemplars() -> None:
    def visit(number: int) -> bytes:
        digest = hashlib.sha256(b"%d" % number).hexdigest()
        return VISIT % (
            digest[:26].encode(),
            digest[26:52].encode(),
            1_780_000_000_000 + 7 * number,
        )

    def packed_bytes(content: bytes) -> int:
        return sum(map(len, Codec(1, content).pack([visit(number) for number in range(2, 30)])))

    assert packed_bytes(TABLES + visit(1)) < 0.85 * packed_bytes(visit(1))


@pytest.mark.parametrize("number", [1, 127, 128, 300, 1 << 40])
def test_numbers_of_any_size_are_named(number: int) -> None:
    codec = Codec(number, order(1))
    [packed] = codec.pack([order(2)])
    assert number_in(packed)[0] == number
    assert unpacked(codec, packed) == order(2)


def test_values_like_the_dictionary_take_a_quarter_at_most() -> None:
    codec = Codec(1, order(1))
    for packed in codec.pack([order(number) for number in range(2, 50)]):
        assert len(packed) * 4 <= len(ORDER)


def test_no_value_grows_by_more_than_a_byte() -> None:
    values = [os.urandom(size) for size in (0, 1, 23, 24, 100, 5_000)]
    for codec in (Codec(), Codec(1, order(1))):
        assert all(
            len(packed) <= len(value) + 1
            for value, packed in zip(values, codec.pack(values), strict=True)
        )


def test_nothing_packed_begins_like_json_or_messagepack_of_a_list() -> None:
    values = [b"[]", b"{}", b"\x91\x01", order(1), os.urandom(99)]
    assert {packed[0] for packed in Codec(1, order(1)).pack(values)} <= {0, 1}


@given(data=st.data())
def test_a_damaged_value_is_refused_or_another_one_never_an_error_of_another_kind(
    data: st.DataObject,
) -> None:
    codec = Codec(1, order(1))
    damaged = bytearray(codec.pack([order(2)])[0])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(1, len(damaged) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    try:
        found = codec.unpack(bytes(damaged), number_in(bytes(damaged))[1])
    except Unreadable:
        return
    assert isinstance(found, bytes)


def test_threads_share_a_codec() -> None:
    codec = Codec(1, order(1))
    wrong: list[int] = []

    def work(first: int) -> None:
        for number in range(first, first + 200):
            values = [order(number), order(number + 1)]
            if [unpacked(codec, packed) for packed in codec.pack(values)] != values:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(1_000 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
