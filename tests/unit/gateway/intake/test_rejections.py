"""Of rejected items enough is kept to mend the sender, and never more than a bound."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from heliograph.gateway.intake.rejections import MAX_BYTES, MAX_DETAILS, kept, shortened
from heliograph.model.request import (
    RejectedItem,
    StoredRequest,
    decode_rejected,
    encode_rejected,
)


def rejected(index: int, item: Any = None, **texts: str) -> RejectedItem:
    given: dict[str, Any] = {"message": "no id", "path": f"$[{index}]['id']", **texts}
    return RejectedItem(index=index, code="mapper.missing_field", item=item, **given)


def request(*, events: int, items: list[RejectedItem]) -> StoredRequest:
    details, cut = kept(items)
    return StoredRequest(
        request_id="req_1",
        workspace="w",
        source_id="s",
        received_at=1,
        state="partial",
        items=events + len(items),
        events=events,
        rejected=details,
        cut=cut,
    )


def test_a_few_small_ones_are_kept_as_they_are():
    items = [rejected(3, {"a": 1}), rejected(5, None, explanation="  ! id <- $.id")]
    assert kept(items) == (tuple(items), None)


def test_of_many_the_first_are_kept_and_the_number_and_places_of_all():
    items = [rejected(index) for index in range(5_000) if index % 5]
    details, cut = kept(items)
    assert details == tuple(items[:MAX_DETAILS])
    assert cut is not None
    assert (cut.total, cut.ranges[:2], len(cut.ranges)) == (4_000, ((1, 4), (6, 9)), 1_000)


def test_raw_items_are_left_out_before_reasons_are():
    items = [rejected(index, {"text": "x" * 10_000}) for index in range(30)]
    details, cut = kept(items)
    assert cut is None
    assert [detail.item is not None for detail in details] == [True] * 6 + [False] * 24
    assert [detail.message for detail in details] == ["no id"] * 30


def test_names_of_the_payload_in_a_text_make_it_no_longer_than_a_bound():
    item = rejected(0, path="$['" + "k" * 600_000 + "']", explanation="e" * 600_000)
    short = shortened(item)
    assert (len(short.path or ""), (short.path or "")[-1]) == (500, "…")
    assert len(msgspec.json.encode(short)) < 6_000
    assert kept([item])[0] == (short,)


ITEMS = st.lists(
    st.builds(
        rejected,
        st.just(0),
        st.none() | st.text(max_size=3_000) | st.integers(),
        message=st.text(max_size=1_500),
        path=st.text(max_size=800),
    ),
    min_size=1,
    max_size=150,
)


@given(ITEMS, st.integers(0, 5), st.randoms())
def test_whatever_is_rejected_the_equation_holds_and_the_bound_too(
    items: list[RejectedItem], events: int, random: Any
):
    places = random.sample(range(len(items) + 50), len(items))
    items = [
        msgspec.structs.replace(item, index=index)
        for item, index in zip(items, places, strict=True)
    ]
    stored = request(events=events, items=items)
    assert stored.items == stored.events + stored.rejected_count
    assert stored.rejected_indexes() == set(places)
    assert stored.rejected[:1]
    blob = encode_rejected(stored)
    assert len(blob) <= MAX_BYTES + MAX_DETAILS + 64 + 16 * len(items)
    assert decode_rejected(blob) == (stored.rejected, stored.cut)


def test_what_an_earlier_version_wrote_is_read():
    old = msgspec.json.encode([rejected(1, {"a": [1]}), rejected(2)])
    assert decode_rejected(old) == ((rejected(1, {"a": [1]}), rejected(2)), None)
