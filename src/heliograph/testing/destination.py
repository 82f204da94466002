"""The suite that every destination runs: what is promised in `destinations/base.py` and DESIGN.

A destination's test is a subclass with its name, settings and a check of its vendor's limits:

    class TestWebEngage(DestinationConformance):
        destination = DESTINATION
        settings = {"api_host": "api.webengage.com", …}
        secrets = ("the-secret-in-settings",)

        def check_request(self, request): …

Golden examples lie in the destination's folder `examples/`: `<case>.event.json` (and optionally
`<case>.profile.json`, `<case>.settings.json` which is laid over `settings`, `<case>.blueprint` with the
name of a preset) give `<case>.request.json`, as `heliograph destination plan` prints it;
`responses/<case>.json` has `status`, `headers`, `body` and the `outcome`. With the environment variable
HELIOGRAPH_UPDATE_EXAMPLES=1 the requests are written instead of compared: look at the difference.
"""

import inspect
import json
import os
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliograph.destinations.base import (
    Destination,
    Person,
    Plan,
    PlanContext,
    RequestPlan,
    Response,
)
from heliograph.destinations.http import mask_text, masked, signed
from heliograph.destinations.preflight import find_blueprint, plan_event
from heliograph.destinations.sample import read_event, read_person
from heliograph.destinations.settings import decode_settings, setting_fields
from heliograph.errors import ConfigError, DestinationError
from heliograph.model.delivery import Delivered, Hold, Outcome, Pause, Reject, Retry, Throttle
from heliograph.model.event import Event, encode_event
from heliograph.model.json import Json, JsonObject

NOW_MS = 1_781_000_000_000
"""2026-06-09T10:13:20Z, for examples that give no time."""
DATE = "Tue, 09 Jun 2026 10:13:20 GMT"

_names = st.text(max_size=60) | st.sampled_from(
    ["", "id", "ID", "we_x", "moe_x", "u_em", "email", "phone", "birthday", "gender", "platforms"]
    + ["addValueToArrayField", "name" * 70, "n" * 1200, "status", "emailOptIn", "revenue", "items"]
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
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_names, inner, max_size=4)
)
_objects = st.dictionaries(_names, _values, max_size=8) | st.builds(
    lambda n, v: {f"attribute {i}": v for i in range(n)}, st.integers(20, 130), _leaves
)
_ids = (
    st.none() | st.text(max_size=12) | st.sampled_from(["guest", "u-1", "7", "u" * 120, "u" * 300])
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Draw an event as odd as the gateway could ever accept."""
    kind = draw(st.sampled_from(["track", "track", "identify", "page", "screen", "group", "alias"]))
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


_property_settings = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.differing_executors,
    ],
)


class DestinationConformance:
    """Subclass per destination; see the module."""

    destination: ClassVar[Destination[Any]]
    settings: ClassVar[JsonObject]
    """A valid settings document; every secret in it is also in `secrets`."""
    secrets: ClassVar[tuple[str, ...]] = ()
    rejected_4xx: ClassVar[tuple[int, ...]] = (400, 413, 415, 422)
    """Statuses that become dead letters."""
    paused: ClassVar[tuple[int, ...]] = (401, 403)
    """Statuses that stop the destination."""
    error_body: ClassVar[Json] = None
    """What the vendor says in a 200 that is none; None when it does not."""

    def check_request(self, request: RequestPlan) -> None:
        """Assert that a request keeps the vendor's documented limits; override it."""
        raise NotImplementedError

    # ---- what a subclass does not touch

    def typed(self, over: JsonObject | None = None) -> Any:
        """Return the typed settings, `over` laid over the class's document."""
        return decode_settings(self.destination, {**self.settings, **(over or {})})

    def plan(
        self, event: Event, context: PlanContext, blueprint: str | None = "default"
    ) -> Plan | None:
        """Return the plan, None when the event can never be sent."""
        chosen = find_blueprint(self.destination, blueprint, {})
        try:
            return plan_event(self.destination, self.typed(), chosen, event, context)
        except DestinationError:
            return None

    def examples(self) -> Path:
        """Return the folder of golden examples."""
        module = inspect.getmodule(type(self.destination.plan)) or inspect.getmodule(
            self.destination.plan
        )
        assert module is not None
        assert module.__file__ is not None
        return Path(module.__file__).parent / "examples"

    def test_examples_give_their_requests(self) -> None:
        """Every golden example is what the plan says today."""
        cases = sorted(self.examples().glob("*.event.json"))
        assert cases, f"no examples in {self.examples()}"
        for path in cases:
            case = path.name.removesuffix(".event.json")
            beside = {
                part: path.with_name(f"{case}.{part}")
                for part in ("profile.json", "settings.json", "blueprint", "request.json")
            }
            over = _load(beside["settings.json"]) or {}
            preset = beside["blueprint"]
            blueprint = preset.read_text("utf-8").strip() if preset.exists() else "default"
            event = read_event(_load(path), now_ms=NOW_MS)
            person = read_person(_load(beside["profile.json"]), event)
            plan = plan_event(
                self.destination,
                self.typed(over),
                find_blueprint(self.destination, blueprint, {}),
                event,
                PlanContext(delivery_id="dlv_example", person=person),
            )
            shown = [_shown(request) for request in plan.requests]
            if os.environ.get("HELIOGRAPH_UPDATE_EXAMPLES") == "1":
                text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
                beside["request.json"].write_text(text, "utf-8")
            assert shown == _load(beside["request.json"]), case
            for request in plan.requests:
                self.check_request(request)

    def test_recorded_responses_mean_what_they_say(self) -> None:
        """Every documented answer is classified as its file says."""
        cases = sorted((self.examples() / "responses").glob("*.json"))
        assert cases, "no recorded responses"
        for path in cases:
            recorded: Any = _load(path)
            body = recorded["body"]
            raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            response = Response(
                status=recorded["status"], headers=recorded.get("headers", {}), body=raw
            )
            outcome: JsonObject = msgspec.to_builtins(self.destination.classify(response))
            expected = recorded["outcome"]
            assert {name: outcome.get(name) for name in expected} == expected, path.name

    def test_settings_describe_themselves(self) -> None:
        """Title, description and examples of every setting; every Secret is marked as one."""
        for field in setting_fields(self.destination.settings):
            assert field.title, field.name
            assert field.description.endswith("."), field.name
            assert field.examples, field.name
        hints = msgspec.inspect.type_info(self.destination.settings)
        assert isinstance(hints, msgspec.inspect.StructType)
        holding = {f.name for f in hints.fields if "Secret" in repr(f.type)}
        marked = {f.name for f in setting_fields(self.destination.settings) if f.secret}
        assert holding == marked

    def test_limits_name_their_source_and_readme_exists(self) -> None:
        """Every declared limit says where it comes from, and the folder explains itself."""
        capabilities = self.destination.capabilities(self.typed())
        for limit in (*capabilities.limits, *capabilities.key_limits):
            assert limit.amount > 0
            assert limit.per_s > 0
            assert limit.source
        assert (self.examples().parent / "README.md").is_file()

    def test_presets_begin_with_default(self) -> None:
        """The first preset is `default`, names are unique, and every preset is meant for this type."""
        names = [preset.name for preset in self.destination.blueprints]
        assert names[0] == "default"
        assert len(set(names)) == len(names)
        for preset in self.destination.blueprints:
            assert preset.document.destination == self.destination.name
            assert preset.document.title
            assert preset.document.description

    @_property_settings
    @given(events(), contexts())
    def test_plan_is_pure(self, event: Event, context: PlanContext) -> None:
        """The same input gives the same bytes, and stays as it was."""
        before = repr((event, context))
        first = self.plan(event, context)
        assert repr((event, context)) == before
        again = self.plan(event, context)
        assert (first is None) == (again is None)
        if first is not None and again is not None:
            assert [_exactly(r) for r in first.requests] == [_exactly(r) for r in again.requests]
            assert first.warnings == again.warnings

    @_property_settings
    @given(events(), contexts(), st.sampled_from(["default", None]))
    def test_plan_keeps_the_documented_limits(
        self, event: Event, context: PlanContext, blueprint: str | None
    ) -> None:
        """Whatever the event is like: it is refused, held, or every request is one the vendor takes."""
        plan = self.plan(event, context, blueprint)
        if plan is None:
            return
        capabilities = self.destination.capabilities(self.typed())
        buckets = {limit.bucket for limit in (*capabilities.limits, *capabilities.key_limits)}
        assert not (plan.requests and plan.hold)
        if not plan.requests and plan.hold is None:
            assert plan.warnings, "nothing is sent and nothing says why"
        for request in plan.requests:
            assert request.bucket in buckets
            assert request.cost >= 1
            if capabilities.max_body_bytes is not None:
                assert len(request.body) <= capabilities.max_body_bytes
            self.check_request(request)

    @_property_settings
    @given(events(), contexts())
    def test_nothing_of_the_person_is_told_to_a_held_delivery(
        self, event: Event, context: PlanContext
    ) -> None:
        """A hold is given only where the capabilities say that anonymous events are not accepted."""
        plan = self.plan(event, context)
        if plan is not None and plan.hold is not None:
            assert isinstance(plan.hold, Hold)
            assert not self.destination.capabilities(self.typed()).accepts_anonymous

    @_property_settings
    @given(events(), contexts())
    def test_secrets_stay_secret(self, event: Event, context: PlanContext) -> None:
        """No secret of the settings is in a repr, a masked request or a warning."""
        typed = self.typed()
        plan = self.plan(event, context)
        texts = [repr(typed), str(typed), repr(plan)]
        if plan is not None:
            texts += [repr(masked(request)) for request in plan.requests]
            texts += [repr(masked(signed(request, NOW_MS))) for request in plan.requests]
            texts += [
                mask_text(request, f"you sent {request.headers} {request.url} {request.body!r}")
                for request in plan.requests
            ]
        for secret in self.secrets:
            assert not [text for text in texts if secret in text]

    def test_a_probe_is_masked_too(self) -> None:
        """The request that checks credentials holds them, and hides them when shown."""
        probe = self.destination.probe(self.typed())
        if probe is None:
            return
        outgoing = f"{probe.url} {probe.headers} {probe.body!r}"
        assert not self.secrets or any(
            secret in outgoing or "Basic" in outgoing for secret in self.secrets
        )
        assert not [secret for secret in self.secrets if secret in repr(masked(probe))]

    def test_errors_of_settings_hold_no_secret(self) -> None:
        """A document with a mistake is refused with its path, and the secrets in it are not repeated."""
        for name in self.settings:
            with pytest.raises(ConfigError) as caught:
                self.typed({name: ["of another type"]})
            assert caught.value.where is not None
            assert caught.value.where.startswith(f"$.{name}")
            assert not [secret for secret in self.secrets if secret in str(caught.value)]
        with pytest.raises(ConfigError) as caught:
            self.typed({"no_such_setting": 1})
        assert caught.value.where == "$.no_such_setting"
        assert not [secret for secret in self.secrets if secret in str(caught.value)]

    def test_an_attempt_repeats_its_key(self) -> None:
        """Two plans of one delivery are equal; another delivery has another key where there is one."""
        event = read_event(
            {"event": "Order Completed", "customer_id": "u-1", "properties": {"total": 1}},
            now_ms=NOW_MS,
        )
        person = read_person(None, event)
        plans = [
            self.plan(event, PlanContext(delivery_id=delivery, person=person))
            for delivery in ("dlv_1", "dlv_1", "dlv_2")
        ]
        first, again, other = (
            [_exactly(request) for request in plan.requests] if plan else [] for plan in plans
        )
        assert first == again
        if self.destination.capabilities(self.typed()).idempotent:
            assert first != other

    @pytest.mark.parametrize("body", [b"", b"{}", b"not json", b"\xff\xfe", b"[[[", b"null"])
    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_success_is_delivered(self, status: int, body: bytes) -> None:
        """A 2xx whose body does not say otherwise is a delivery."""
        assert self.destination.classify(Response(status=status, body=body)) == Delivered()

    def test_a_success_that_is_none_is_rejected(self) -> None:
        """A 200 with the vendor's error in its body is a dead letter with the vendor's words."""
        if self.error_body is None:
            return
        response = Response(status=200, body=json.dumps(self.error_body).encode())
        assert isinstance(self.destination.classify(response), Reject)

    @pytest.mark.parametrize("status", range(400, 500))
    def test_client_errors(self, status: int) -> None:
        """Credentials pause, refusals are dead letters, 408 and 425 are tried again, 429 waits."""
        outcome = self.destination.classify(Response(status=status, body=b"{}"))
        if status in self.paused:
            assert isinstance(outcome, Pause)
        elif status == 429:
            assert isinstance(outcome, Throttle)
        elif status in (408, 425):
            assert isinstance(outcome, Retry)
        elif status in self.rejected_4xx:
            assert isinstance(outcome, Reject)
        else:
            assert isinstance(outcome, Reject | Pause)

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 520, 599])
    @pytest.mark.parametrize(
        ("headers", "after_s"),
        [
            ({}, None),
            ({"retry-after": "7"}, 7.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT", "date": DATE}, 30.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT"}, None),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-5"}, 0.0),
            ({"retry-after": "1e12"}, 86_400.0),
            ({"retry-after": "nan"}, None),
        ],
    )
    def test_server_errors_are_tried_again(
        self, status: int, headers: dict[str, str], after_s: float | None
    ) -> None:
        """A 5xx is tried again, after what it asks for if it asks."""
        outcome = self.destination.classify(Response(status=status, headers=headers))
        assert isinstance(outcome, Retry)
        assert outcome.after_s == after_s

    @pytest.mark.parametrize(
        ("headers", "after_s"),
        [
            ({"retry-after": "7"}, 7.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT", "date": DATE}, 30.0),
            ({"x-ratelimit-reset": "42"}, 42.0),
            ({"x-ratelimit-reset": "1781000042", "date": DATE}, 42.0),
            ({"retry-after": "3", "x-ratelimit-reset": "42"}, 3.0),
        ],
    )
    def test_too_fast_waits_as_long_as_asked(self, headers: dict[str, str], after_s: float) -> None:
        """A 429 throttles for what `Retry-After`, else `x-ratelimit-reset`, says."""
        outcome = self.destination.classify(Response(status=429, headers=headers))
        assert isinstance(outcome, Throttle)
        assert outcome.after_s == after_s

    @_property_settings
    @given(
        st.integers(-5, 1000),
        st.dictionaries(
            st.sampled_from(["retry-after", "x-ratelimit-reset", "date", "content-type"]),
            st.text(max_size=40) | st.integers().map(str) | st.just(DATE),
        ),
        st.binary(max_size=200)
        | _values.map(lambda v: json.dumps(v).encode())
        | st.just(b"[" * 5000)
        | st.builds(
            lambda a, b: json.dumps({"response": a, "error": a, "status": b}).encode(),
            _values,
            _values,
        ),
    )
    def test_classify_never_raises(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Any answer whatsoever gives an outcome with a reason of sane length and a sane wait."""
        outcome: Outcome = self.destination.classify(
            Response(status=status, headers=headers, body=body)
        )
        assert not isinstance(outcome, Hold)
        if not isinstance(outcome, Delivered):
            assert 0 < len(outcome.reason) < 500
        if isinstance(outcome, Retry | Throttle) and outcome.after_s is not None:
            assert 0 <= outcome.after_s <= 86_400
        if not 200 <= status < 300:
            assert not isinstance(outcome, Delivered)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_moved_address_pauses(self, status: int) -> None:
        """Redirects are not followed: the configuration has to be mended."""
        assert isinstance(self.destination.classify(Response(status=status)), Pause)

    @_property_settings
    @given(events())
    def test_events_are_stored_as_they_were(self, event: Event) -> None:
        """Planning leaves the bytes of the event as they are, so that a replay gives the same."""
        try:
            before = encode_event(event)
        except UnicodeEncodeError:
            return
        self.plan(event, PlanContext(delivery_id="d", person=Person(profile_id="p_1")))
        assert encode_event(event) == before


def _exactly(request: RequestPlan) -> tuple[object, ...]:
    secret = request.signing.secret.reveal() if request.signing else None
    return (
        request.method,
        request.url,
        list(request.headers.items()),
        request.body,
        request.bucket,
        request.cost,
        request.label,
        secret,
    )


def _shown(request: RequestPlan) -> JsonObject:
    safe = masked(request)
    try:
        body: Json = json.loads(safe.body) if safe.body else None
    except ValueError:
        body = safe.body
    headers: JsonObject = dict(safe.headers)
    return {"method": safe.method, "url": safe.url, "headers": headers, "body": body}


def _load(path: Path) -> Json:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
