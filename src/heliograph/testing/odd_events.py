"""Events and persons as odd as the gateway could ever accept, drawn by hypothesis."""

from typing import Final, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from heliograph.destinations.base import Person, PlanContext
from heliograph.model.event import Event, EventType
from heliograph.model.json import Json, JsonObject

_names = st.text(max_size=60) | st.sampled_from(
    [
        *["", "id", "ID", "we_x", "moe_x", "u_em", "email", "phone", "birthday", "gender"],
        *["platforms", "addValueToArrayField", "status", "emailOptIn", "revenue", "items"],
        *["name" * 70, "n" * 1200, "$.x", "a.b", "a%#"],
    ]
)
_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["x" * 600, "x" * 1500, "https://example.com/" + "p" * 600, "\ud800", "true"])
    | st.sampled_from(["1992-05-15", "+1 555 0109988", "2026-02-20T16:16:50Z"])
)
json_values = cast(
    "st.SearchStrategy[Json]",
    st.recursive(
        _leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4),
    ),
)
"""Any JSON value, and what JSON cannot write: NaN, lone surrogates."""


def _many(count: int, value: Json) -> JsonObject:
    return {f"attribute {i}": value for i in range(count)}


_objects = st.dictionaries(_names, json_values, max_size=8) | st.builds(
    _many, st.integers(20, 130), cast("st.SearchStrategy[Json]", _leaves)
)
_ids = (
    st.none() | st.text(max_size=12) | st.sampled_from(["guest", "u-1", "7", "u" * 120, "u" * 300])
)


_KINDS: Final[tuple[EventType, ...]] = (
    *("track", "track", "identify", "page", "screen", "group", "alias"),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Draw an event as odd as the gateway could ever accept."""
    kind = draw(st.sampled_from(_KINDS))
    at = draw(st.integers(0, 4_000_000_000_000))
    name = draw(st.none() | _names)
    return Event(
        type=kind,
        event_id="evt_1",
        workspace="w",
        source_id="s",
        request_id="req_1",
        item_index=0,
        timestamp=at,
        received_at=at + draw(st.integers(-400_000, 400_000)),
        event=(name or "Something") if kind == "track" else name,
        customer_id=draw(_ids),
        anonymous_id=draw(_ids),
        group_id=draw(_ids),
        properties=draw(_objects),
        traits=draw(_objects),
        context={"page": draw(_objects)},
        platform=draw(st.sampled_from([None, "web", "ios", "api", "odd"])),
        update_existing_only=draw(st.booleans()),
    )


@st.composite
def contexts(draw: st.DrawFn) -> PlanContext:
    """Draw what is known of the person."""
    anonymous = draw(st.lists(st.text(min_size=1, max_size=8), max_size=2))
    person = Person(
        profile_id="p_1",
        customer_id=draw(_ids),
        anonymous_ids=tuple(anonymous),
        traits=draw(_objects),
    )
    return PlanContext(delivery_id="dlv_1", person=person)


_by_profile = settings().max_examples
odd_input = settings(
    max_examples=_by_profile if _by_profile > 100 else 40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.differing_executors,
    ],
)
"""Decorates property tests: few examples, as every destination runs them, or what a longer profile says."""
