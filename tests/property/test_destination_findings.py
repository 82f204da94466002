"""What an event says and what the requests say differ only where a finding says so.

An event is read here as facts: scalar values with the places they stand at. The blueprint's result must have
each of them, and the requests each of those, in one of the notations of `same` and as many times; for any
other there must be a finding at its place, below it, or at one that holds it.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.destinations import registry
from heliograph.destinations.base import Person, Plan, PlanContext, PlanWarning
from heliograph.destinations.blueprint.rules import apply_blueprint
from heliograph.destinations.planning.findings import CODES, Findings
from heliograph.destinations.preflight import UNMAPPED, find_blueprint, plan_event
from heliograph.destinations.settings import decode_settings
from heliograph.errors import DestinationError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject
from heliograph.testing.odd_events import odd_input

AT = 1_780_770_540_000
KEEP: JsonObject = {"nested_objects": "keep"}
WEBENGAGE: JsonObject = {"api_host": "h", "license_code": "l", "rest_api_key": "k"}
MOENGAGE: JsonObject = {"workspace_id": "W", "data_api_key": "k", "data_center": "01"}
WAYS: list[tuple[str, JsonObject]] = [
    ("webengage", WEBENGAGE),
    ("webengage", {**WEBENGAGE, **KEEP}),
    ("webengage", {**WEBENGAGE, "calling_code": "91"}),
    ("moengage", MOENGAGE),
    ("moengage", {**MOENGAGE, **KEEP}),
    ("heap", {"app_id": "1"}),
    ("webhook", {"url": "http://h/in"}),
    ("webhook", {"url": "http://h/in", "payload": "behamics"}),
    ("webhook", {"url": "http://h/in?a=b#c", "method": "GET"}),
]

NAMES = st.sampled_from(
    [
        *["a", "b", "a_b", "a.b", "a$b", "b_a", "sku", "qty", "email", "phone", "city", "state"],
        *["birthday", "gender", "u_em", "u_bd", "firstName", "birthDate", "emailOptIn", "we_x"],
        *["moe_x", "id", "", "n" * 60, "n" * 61, "n" * 300, "revenue", "amount", "page_name"],
        *["total", "products", "items", "company", "address", "platforms", "name", "we", "x" * 50],
    ]
)
TEXTS = st.text("ab |", max_size=4) | st.sampled_from(
    [
        *["1992-05-15", "2026-06-06T18:29:00Z", "2026-06-06T18:29:00.5+05:30", "20260606", "null"],
        *["+49 (0)151 2345678", "0091 98888 44441", "98888 44441", "M", "hombre", "yes", "TRUE"],
        *[
            "x" * 513,
            "x" * 1024,
            "https://example.com/" + "x" * 600,
            " a ",
            "b@example.com",
            "a||b",
        ],
    ]
)
NUMBERS = st.integers(-3, 30) | st.sampled_from([19920515, 706579200, 2**60, 1.5, 1e300])
LEAVES = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(NAMES, LEAVES, max_size=3), min_size=1, max_size=4)
OBJECTS = st.dictionaries(NAMES, VALUES | ROWS, max_size=5) | st.builds(
    lambda count, value: {f"n{i}": value for i in range(count)}, st.integers(20, 110), LEAVES
)
EVENTS = st.builds(
    Event,
    type=st.sampled_from(["track", "track", "identify", "page", "group", "alias"]),
    event_id=st.just("evt_1"),
    workspace=st.just("w"),
    source_id=st.just("s"),
    request_id=st.just("r"),
    item_index=st.just(0),
    timestamp=st.just(AT),
    received_at=st.just(AT),
    event=st.sampled_from(["Order Completed", "product_added", "n" * 60, "n" * 300, "n" * 1200]),
    customer_id=st.just("jane"),
    group_id=st.none() | st.just("acme"),
    properties=OBJECTS,
    traits=OBJECTS,
    context=st.just({}) | st.just({"ip": "192.0.2.1"}),
    platform=st.sampled_from([None, "web", "api"]),
    app_version=st.none() | st.just("1.2"),
    update_existing_only=st.booleans(),
)


def facts(value: Json, place: str) -> Iterator[tuple[str, Json]]:
    """Yield each scalar, and each empty list or object, with its place."""
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from facts(member, f"{place}.{name}")
    elif isinstance(value, list) and value:
        for position, member in enumerate(value):
            yield from facts(member, f"{place}[{position}]")
    else:
        yield place, value


def scalars(value: Json) -> Iterator[Json]:
    """Yield what a request says, JSON in texts and joined texts taken apart too."""
    for _, leaf in facts(value, ""):
        yield leaf
        if isinstance(leaf, str):
            if "||" in leaf:
                yield from leaf.split("||")
            if leaf[:1] in ("{", "["):
                with contextlib.suppress(ValueError):
                    yield from scalars(json.loads(leaf))


def instant(value: Json) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return when if when.tzinfo else None


def same(given: Json, sent: Json) -> bool:
    """Tell whether a request says what the event did, in a notation of the vendor's own."""
    if type(given) is type(sent) and given == sent:
        return True
    if isinstance(given, bool):
        return str(given).lower() == str(sent).lower()
    if isinstance(given, (int, float)) and not isinstance(sent, bool):
        return str(given) == str(sent) or json.dumps(given) == str(sent)
    if not isinstance(given, str):
        return False
    letters = {"m": "male", "f": "female", "true": "True", "false": "False"}
    if letters.get(given.strip().lower()) == str(sent):
        return True
    if isinstance(sent, str) and sent.startswith("+") and given.startswith("+"):
        return "".join(c for c in given if c not in " ().-/") == sent
    born = f"{given}T00:00:00+0000" == sent
    at = instant(given)
    return born or (at is not None and at == instant(sent))


def said(plan: Plan) -> list[Json]:
    """Return every scalar that the requests say."""
    out: list[Json] = []
    for request in plan.requests:
        if request.body:
            out += scalars(json.loads(request.body))
        for _, value in parse_qsl(urlsplit(request.url).query):
            out += scalars(value)
    return out


def told(place: str, findings: Sequence[PlanWarning]) -> bool:
    """Tell whether a finding is at a place, below it, or at one that holds it.

    A finding names a flattened attribute by its flat name, so what stands between names is not compared.
    """
    plain = plainly(place)
    for found in findings:
        where = plainly(found.where)
        if found.code in ("type.unsupported", "payload.empty", "blueprint.dropped"):
            return True
        if found.code == "field.unsupported":
            if place.split(".")[1] in found.message:
                return True
        elif plain.startswith(where) or where.startswith(plain):
            return True
    return False


def plainly(place: str) -> str:
    """Return a place without positions and separators."""
    return re.sub(r"\[\d+\]|[._$]", "", place)


def untold(event: Event, arrived: Iterable[Json], findings: Sequence[PlanWarning]) -> list[str]:
    """Return the places of facts that neither arrived nor are told."""
    left = list(arrived)
    missing: list[str] = []
    for part in ("properties", "traits"):
        for place, value in facts(getattr(event, part), f"$.{part}"):
            if place == f"$.{part}" or told(place, findings):
                continue
            found = next((n for n, each in enumerate(left) if same(value, each)), None)
            if found is None:
                missing.append(f"{place}: {value!r}")
            else:
                del left[found]
    return missing


@pytest.mark.parametrize("blueprint", [None, "default"])
@pytest.mark.parametrize(("type_", "settings"), WAYS)
@odd_input
@given(event=EVENTS)
def test_what_does_not_arrive_is_told(
    type_: str, settings: JsonObject, blueprint: str | None, event: Event
):
    destination = registry.get(type_)
    chosen = find_blueprint(destination, blueprint, {}) or UNMAPPED
    findings = Findings("", fail=False)
    mapped = apply_blueprint(chosen, event, findings)
    assert mapped is not None
    told_by_blueprint = [leaf for _, leaf in facts([mapped.properties, mapped.traits], "")]
    assert not untold(event, told_by_blueprint, findings.warnings)
    person = Person(profile_id="p_1", customer_id=event.customer_id)
    typed: Any = decode_settings(destination, settings)
    try:
        context = PlanContext(delivery_id="dlv_1", person=person)
        plan = plan_event(destination, typed, chosen, event, context)
    except DestinationError:
        return
    assert list(plan.warnings[: len(findings.warnings)]) == findings.warnings
    assert {found.code for found in plan.warnings} <= CODES.keys()
    sent = said(plan)
    assert not untold(mapped, sent, plan.warnings), (sent, plan.warnings)
    for part in ("context", "platform", "app_version", "group_id", "update_existing_only"):
        value = getattr(mapped, part)
        if not value or not plan.requests:
            continue
        arrived = any(same(leaf, each) for _, leaf in facts(value, "") for each in sent)
        mentioned = any(part in found.message or part in found.where for found in plan.warnings)
        assert arrived or mentioned, (part, sent, plan.warnings)
