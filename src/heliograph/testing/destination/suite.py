"""The suite that every destination runs: what is promised in `destinations/base.py` and DESIGN.

A destination's test is a subclass with its name, settings and a check of its vendor's limits:

    class TestWebEngage(DestinationConformance):
        destination = DESTINATION
        settings = {"api_host": "api.webengage.com", …}
        secrets = ("the-secret-in-settings",)

        def check_request(self, request): …

Golden examples lie in the destination's folder `examples/`: `settings.json` and `<case>.event.json` (and
optionally `<case>.profile.json`, `<case>.settings.json` which is laid over the settings, `<case>.blueprint`
with the name of a preset) give `<case>.request.json`, as `heliograph destination plan` prints it;
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
from hypothesis import given
from hypothesis import strategies as st

from heliograph.destinations.base import Plan, PlanContext, RequestPlan, Response
from heliograph.destinations.masks import mask_text, masked
from heliograph.destinations.planning.http import signed
from heliograph.destinations.preflight import find_blueprint, plan_event
from heliograph.destinations.sample import read_event, read_person
from heliograph.destinations.settings import decode_settings, setting_fields
from heliograph.errors import ConfigError, DestinationError
from heliograph.model.event import Event
from heliograph.model.json import Json, JsonObject
from heliograph.testing.destination.answers import AnswersConformance
from heliograph.testing.destination.bundles import BundlesConformance
from heliograph.testing.odd_events import contexts, events, odd_input

NOW_MS = 1_781_000_000_000
"""2026-06-09T10:13:20Z, for examples that give no time."""


class DestinationConformance(AnswersConformance, BundlesConformance):
    """Subclass per destination; see the module."""

    settings: ClassVar[JsonObject]
    """A valid settings document; every secret in it is also in `secrets`."""
    secrets: ClassVar[tuple[str, ...]] = ()

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
        module = inspect.getmodule(self.destination.plan)
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
            document = {**_object(_load(path.with_name("settings.json")))}
            document |= _object(_load(beside["settings.json"]))
            preset = beside["blueprint"]
            blueprint = preset.read_text("utf-8").strip() if preset.exists() else "default"
            event = read_event(_load(path), now_ms=NOW_MS)
            person = read_person(_load(beside["profile.json"]), event)
            plan = plan_event(
                self.destination,
                decode_settings(self.destination, document),
                find_blueprint(self.destination, blueprint, {}),
                event,
                PlanContext(delivery_id="dlv_example", person=person),
            )
            shown = [_shown(request) for request in plan.requests]
            if os.environ.get("HELIOGRAPH_UPDATE_EXAMPLES") == "1":
                text = json.dumps(shown, indent=2, ensure_ascii=False) + "\n"
                beside["request.json"].write_text(text, "utf-8")
            assert shown == _load(beside["request.json"]), case

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

    @odd_input
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

    @odd_input
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
        if plan.hold is not None:
            assert not plan.requests
            assert not capabilities.accepts_anonymous
        if not plan.requests and plan.hold is None:
            assert plan.warnings, "nothing is sent and nothing says why"
        for request in plan.requests:
            assert request.bucket in buckets
            assert request.cost >= 1
            if capabilities.max_body_bytes is not None:
                assert len(request.body) <= capabilities.max_body_bytes
            self.check_request(request)

    @odd_input
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


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _load(path: Path) -> Json:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
