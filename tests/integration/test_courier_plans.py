"""The courier with destinations whose plans hold, fail, or take several requests."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from aiohttp import web

from heliograph.delivery.turn import turn
from heliograph.destinations.base import (
    Capabilities,
    Destination,
    Limit,
    Plan,
    PlanContext,
    PlanWarning,
    RequestPlan,
    Response,
)
from heliograph.destinations.responses import by_status
from heliograph.errors import DestinationError
from heliograph.model.delivery import Hold, Outcome
from heliograph.model.event import Event


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    url: str


Planner = Callable[[Event, PlanContext, Settings], Plan]


def post(settings: Settings, event: Event, label: str, context: PlanContext) -> RequestPlan:
    body = {"label": label, "properties": event.properties, "customer": context.person.customer_id}
    return RequestPlan(
        method="POST",
        url=settings.url,
        headers={"idempotency-key": f"{context.delivery_id}-{label}"},
        body=msgspec.json.encode(body),
        label=label,
    )


def one_request(event: Event, context: PlanContext, settings: Settings) -> Plan:
    return Plan(requests=(post(settings, event, "event", context),))


def judge(response: Response) -> Outcome:
    return by_status(response, f"HTTP {response.status}")


@pytest.fixture
def use(hub, receiver) -> Callable[..., None]:
    """Configure a destination `hook` of a type made of these functions."""

    def configure(plan: Planner = one_request, classify=judge, **capabilities: Any) -> None:
        destination = Destination(
            name="made",
            title="Made for a test",
            settings=Settings,
            capabilities=lambda settings: Capabilities(**capabilities),
            plan=plan,
            classify=classify,
            probe=lambda settings: None,
            blueprints=(),
        )
        hub.lookup = lambda name: destination
        hub.configure({"hook": {"type": "made", "settings": {"url": receiver.url}}})

    return configure


async def test_an_event_that_cannot_be_planned_is_a_dead_letter_and_the_rest_goes_on(
    hub, receiver, until, use
):
    """Whether the destination refuses it by name or its code breaks."""

    def plan(event: Event, context: PlanContext, settings: Settings) -> Plan:
        match event.properties["n"]:
            case 2:
                raise DestinationError("destination.invalid_event", "the name is too long")
            case 3:
                raise ZeroDivisionError
        return one_request(event, context, settings)

    use(plan)
    hub.apply(*[hub.event("ann") for _ in range(4)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 2, "dead": 2})
    assert receiver.numbers() == [1, 4]
    reasons = [d.reason for d in hub.deliveries("hook")]
    assert reasons == [
        None,
        "destination.invalid_event: the name is too long",
        "the request could not be made: ZeroDivisionError",
        None,
    ]


async def test_nothing_to_send_is_delivered_and_says_so(hub, receiver, until, use):
    def plan(event: Event, context: PlanContext, settings: Settings) -> Plan:
        return Plan(warnings=(PlanWarning(code="x", message="dropped", where="$"),))

    use(plan)
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    [delivery] = hub.deliveries("hook")
    assert delivery.reason == "nothing to send: dropped"
    assert delivery.attempts == 0
    assert not receiver.bodies


async def test_a_held_event_goes_when_its_person_is_identified(hub, receiver, until, use):
    def plan(event: Event, context: PlanContext, settings: Settings) -> Plan:
        if context.person.customer_id is None:
            return Plan(hold=Hold("no known customer"))
        return one_request(event, context, settings)

    use(plan)
    hub.apply(hub.event(None, anonymous_id="v-1"), hub.event("bob"))
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"held": 1, "delivered": 1})
        reasons = {d.state: d.reason for d in hub.deliveries("hook")}
        assert reasons == {"held": "no known customer", "delivered": None}
        hub.apply(hub.event("ann", anonymous_id="v-1"))
        await until(lambda: hub.counts("hook") == {"delivered": 3})
    assert sorted(body["customer"] for body in receiver.bodies) == ["ann", "ann", "bob"]


async def test_a_second_try_starts_behind_the_steps_that_were_taken(hub, receiver, until, use):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=500 if number == 2 else 200)

    def plan(event: Event, context: PlanContext, settings: Settings) -> Plan:
        return Plan(
            requests=tuple(post(settings, event, label, context) for label in ("user", "event"))
        )

    receiver.answer = answer
    use(plan)
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert [body["label"] for body in receiver.bodies] == ["user", "event", "event"]
    keys = [h["idempotency-key"] for h in receiver.headers]
    assert keys[1] == keys[2]
    [delivery] = hub.deliveries("hook")
    steps = [(a.number, a.step, a.verdict) for a in hub.attempts(delivery.delivery_id)]
    assert steps == [(1, 0, "delivered"), (2, 1, "retry"), (3, 1, "delivered")]
    assert delivery.steps_done == 2


async def test_an_answer_that_breaks_the_judge_is_tried_again(hub, receiver, until, use):
    calls = 0

    def classify(response: Response) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError("surprise")
        return judge(response)

    use(classify=classify)
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    first, second = hub.attempts(hub.deliveries("hook")[0].delivery_id)
    assert (first.status, first.verdict) == (200, "retry")
    assert "could not be judged: KeyError" in first.reason
    assert second.verdict == "delivered"


async def test_a_request_nobody_can_send_is_a_dead_letter(hub, receiver, until, use):
    def plan(event: Event, context: PlanContext, settings: Settings) -> Plan:
        request = post(settings, event, "event", context)
        headers = {"x-note": "two\r\nlines"}
        return Plan(requests=(msgspec.structs.replace(request, headers=headers),))

    use(plan)
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1})
    assert "cannot be sent" in hub.deliveries("hook")[0].reason


async def test_one_busy_person_waits_alone(hub, receiver, until, use):
    """Ann's limit is used up at once; Bob and the others are not held up, and no retry is spent."""
    limit = Limit(bucket="requests", amount=10, per_s=3.0, source="test")
    use(key_limits=(limit,), limits=())
    hub.apply(
        *[hub.event("ann") for _ in range(8)],
        *[hub.event(f"customer-{i}") for i in range(50)],
    )
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 58})
    last_of_ann = max(receiver.numbers().index(n) for n in range(1, 9))
    assert last_of_ann == 57
    assert {d.retries for d in hub.deliveries("hook")} == {0}


async def test_a_budget_that_is_used_up_holds_no_leases(hub, receiver, until, use):
    """Ten are let through at first; the rest waits in the store, not in the courier's hands."""
    limit = Limit(bucket="requests", amount=60, per_s=60.0, source="test")
    use(limits=(limit,))
    hub.apply(*[hub.event(f"customer-{i}") for i in range(500)])
    async with hub.delivering() as courier:
        await until(lambda: len(receiver.bodies) >= 2)
        assert all(lane.in_hand <= 10 for lane in courier.stats().values())
        stats = courier.stats({"acme/hook": 498})["acme/hook"]
        assert stats.budget.allowed_per_minute == pytest.approx(59.4)
        assert stats.budget.eta_s == pytest.approx(498 / 0.99)
    assert hub.counts("hook")["waiting"] == 500 - len(receiver.bodies)


async def test_a_body_that_is_too_large_for_the_destination_is_not_sent(hub, receiver, until, use):
    use(max_body_bytes=2_000)
    hub.apply(hub.event("ann", properties={"n": 1, "text": "x" * 2_000}), hub.event("ann"))
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1, "delivered": 1})
    assert "the destination takes 2,000" in hub.deliveries("hook")[0].reason
    assert receiver.numbers() == [2]


async def test_a_try_after_the_destination_forgot_the_key_says_that_it_may_duplicate(
    hub, receiver, until, use
):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=500 if number == 1 else 200)

    receiver.answer = answer
    use(idempotent_for_s=0.001)
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    first, second = hub.attempts(hub.deliveries("hook")[0].delivery_id)
    assert first.reason == "HTTP 500"
    assert second.reason.startswith("may duplicate: ")


async def test_a_mistake_of_our_own_while_sending_is_tried_again_not_lost(
    hub, receiver, until, use, monkeypatch
):
    real = turn.signed
    calls = 0

    def broken(request: RequestPlan, at_ms: int) -> RequestPlan:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyError("webhook-id")
        return real(request, at_ms)

    monkeypatch.setattr(turn, "signed", broken)
    use()
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    [delivery] = hub.deliveries("hook")
    assert (delivery.retries, delivery.attempts) == (1, 1)
