"""One turn: a delivery in hand is planned, waits for the budget, is sent step by step, and judged.

A turn never raises for anything a destination, a document or the network does; it ends in a `Turn`.
It gives the delivery back unused rather than hold it while the budget is paused, when the courier's lease on
the destination lasts shorter than a request may take, or when the courier stops.
"""

from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from heliograph.delivery.pace.circuit import NOBODY_THERE
from heliograph.delivery.pace.ratelimit import header_pause_s, throttle_pause_s, too_long
from heliograph.delivery.rows.hand import Hand
from heliograph.delivery.send.transport import Failure
from heliograph.delivery.target.outlet import Outlet
from heliograph.delivery.turn.decision import NOTHING_TO_SEND, Turn
from heliograph.delivery.turn.plan import plan_delivery
from heliograph.destinations.base import Plan, RequestPlan, Response
from heliograph.destinations.masks import Masks
from heliograph.destinations.planning.http import signed
from heliograph.model.delivery import Attempt, Delivered, Outcome, Reject, Retry, Throttle
from heliograph.telemetry.logs import get_logger

log = get_logger("delivery.turn")
STORED_BODY_MAX: Final = 64 * 1024
STOPPED: Final = "given back: sending stopped before its turn came"
LEASE_SHORT: Final = "given back: too little of the lease on the destination was left"
CIRCUIT: Final = "given back: the destination does not answer"
REPEATED: Final = "sent twice: a kept connection was closed before anything of an answer came"
BUDGET: Final = "waits for the destination's budget"
KEY_BUDGET: Final = "waits for the budget of its person"


_TAGS: Final = {kind: str(kind.__struct_config__.tag) for kind in get_args(Outcome)}


class TurnRunner:
    """Runs one delivery; `turn()` tells at any moment, also after a cancellation, how far it came."""

    __slots__ = (
        *("_attempts", "_delivery", "_hand", "_outlet", "_since", "_steps", "_target"),
        "_timeout_s",
    )

    def __init__(self, hand: Hand, outlet: Outlet, *, since: float) -> None:
        self._outlet = outlet
        self._target = outlet.target
        self._hand = hand
        self._delivery = hand.delivery
        self._since = since
        self._timeout_s = outlet.timeout_s
        self._steps = hand.delivery.steps_done
        self._attempts: list[Attempt] = []

    async def run(self, *, personal: bool = True) -> Turn:
        """Return how the turn ended; without `personal` the person's budget was drawn from already."""
        plan = plan_delivery(self._hand, self._target)
        if not isinstance(plan, Plan):
            return self.turn(plan)
        if self._steps >= len(plan.requests):
            return self.turn(Delivered(), note=None if plan.requests else _why_nothing(plan))
        for request in plan.requests[self._steps :]:
            given_back = self._leave(request, personal=personal)
            if given_back is not None:
                if not isinstance(given_back, Turn):
                    given_back = await self._wait_for_leave(request, given_back)
                if given_back is not None:
                    return given_back
            at = self._outlet.clock.now_ms()
            masks = Masks(request)
            answer, outcome, began, ended = await self._exchange(request, masks, at)
            self.note(masks, answer, outcome, at=at, spent_s=ended - began)
            pause_s = self._heed(answer, outcome, ended)
            if not isinstance(outcome, Delivered):
                return self.turn(outcome, pause_s=pause_s)
        return self.turn(Delivered())

    def turn(self, outcome: Outcome, *, pause_s: float = 0.0, note: str | None = None) -> Turn:
        """Return the turn with the attempts made so far."""
        return Turn(
            delivery=self._delivery,
            outcome=outcome,
            steps_done=self._steps,
            attempts=tuple(self._attempts),
            pause_s=pause_s,
            note=note,
        )

    def _leave(self, request: RequestPlan, *, personal: bool = True) -> Turn | float | None:
        """Return None when the request may go now, a turn that gives it back, or how long to wait.

        A wait has its tokens reserved already; `_wait_for_leave` is the other half.
        """
        outlet = self._outlet
        if outlet.closed.is_set():
            return self.turn(Throttle(STOPPED))
        now = outlet.clock.monotonic_s()
        if personal and (waits := self._personal(request, now)) is not None:
            return waits
        return self._reserve(request, now)

    def _personal(self, request: RequestPlan, now: float) -> Turn | None:
        """Draw from the budget of the person; return a turn that gives back when it is used up."""
        key, bucket = self._delivery.key, request.bucket
        wait = self._outlet.key_budget.wait_s(key, bucket, request.cost, now=now)
        return self.turn(Throttle(KEY_BUDGET), pause_s=wait) if wait > 0 else None

    def _reserve(self, request: RequestPlan, now: float) -> Turn | float | None:
        outlet = self._outlet
        if outlet.safe_until_s - now < self._timeout_s:
            return self.turn(Throttle(LEASE_SHORT))
        if outlet.circuit.holds_back(since=self._since, now=now):
            return self.turn(Throttle(CIRCUIT))
        era = outlet.budget.era
        wait = outlet.budget.reserve(request.bucket, request.cost, now=now)
        if wait > outlet.settings.budget_wait_s:
            outlet.budget.refund(request.bucket, request.cost, era=era)
            return self.turn(Throttle(BUDGET), pause_s=wait)
        return wait if wait > 0 else None

    async def _wait_for_leave(self, request: RequestPlan, wait: float) -> Turn | None:
        """Wait until the budget lets the request go; return a turn when it is given back instead."""
        outlet = self._outlet
        while True:
            era = outlet.budget.era
            if await outlet.waited(wait):
                outlet.budget.refund(request.bucket, request.cost, era=era)
                return self.turn(Throttle(STOPPED))
            now = outlet.clock.monotonic_s()
            if outlet.budget.era == era:
                if not outlet.circuit.holds_back(since=self._since, now=now):
                    return None
                outlet.budget.refund(request.bucket, request.cost, era=era)
                return self.turn(Throttle(CIRCUIT))
            # A pause began meanwhile, and took what was reserved.
            again = self._reserve(request, now)
            if again is None or isinstance(again, Turn):
                return again
            wait = again

    def bundling(self) -> RequestPlan | None:
        """Return the request that may go together with those of others; None for any other plan."""
        plan = plan_delivery(self._hand, self._target)
        if isinstance(plan, Plan) and self._steps == 0 and len(plan.requests) == 1:
            [request] = plan.requests
            if request.bundle and request.signing is None:
                return request
        return None

    async def run_bundle(
        self, others: Sequence["TurnRunner"], requests: Sequence[RequestPlan]
    ) -> list[Turn]:
        """Send the request of this turn and those of others as one; return how all of them ended.

        Args:
            others: turns of the same outlet.
            requests: from `bundling`, this turn's first, all of the same `bundle`.
        """
        now = self._outlet.clock.monotonic_s()
        runners = [self, *others]
        ended = [
            one._personal(request, now) for one, request in zip(runners, requests, strict=True)
        ]
        going = [n for n, turn in enumerate(ended) if turn is None]
        if going:
            first, *rest = [runners[n] for n in going]
            turns = await first._run_together(rest, [requests[n] for n in going])
            for n, turn in zip(going, turns, strict=True):
                ended[n] = turn
        return [turn for turn in ended if turn is not None]

    async def _run_together(
        self, others: Sequence["TurnRunner"], requests: Sequence[RequestPlan]
    ) -> list[Turn]:
        """The same once each person's budget was drawn from; halves of it draw no second time."""
        runners = [self, *others]
        if not others:
            return [await self.run(personal=False)]
        destination = self._target.destination
        assert destination.combine is not None
        assert destination.split is not None
        combined = destination.combine(requests)
        given_back = self._leave(combined, personal=False)
        if given_back is not None and not isinstance(given_back, Turn):
            given_back = await self._wait_for_leave(combined, given_back)
        if given_back is not None:
            return [one.turn(given_back.outcome, pause_s=given_back.pause_s) for one in runners]
        at = self._outlet.clock.now_ms()
        answer, outcome, began, ended = await self._exchange(combined, Masks(combined), at)
        outcomes: list[Outcome] | None = [outcome] * len(runners)
        if isinstance(answer, Response):
            outcomes = destination.split(answer, len(runners))
        if outcomes is None:
            # Something in it, or its size, was refused: the rest must not suffer for it.
            half = len(runners) // 2
            first = await self._run_together(runners[1:half], requests[:half])
            rest = await runners[half]._run_together(runners[half + 1 :], requests[half:])
            return first + rest
        pause_s = self._heed(answer, outcome, ended)
        turns: list[Turn] = []
        for one, request, mine in zip(runners, requests, outcomes, strict=True):
            masks = Masks(request)
            said = _without_secrets(masks, mine)
            one.note(masks, answer, said, at=at, spent_s=ended - began, bundled=len(runners))
            turns.append(one.turn(said, pause_s=pause_s))
        return turns

    async def _exchange(
        self, request: RequestPlan, masks: Masks, at: int
    ) -> tuple[Response | Failure, Outcome, float, float]:
        """Send one request; return the answer, what it means, when it began and when it ended."""
        outlet = self._outlet
        began = outlet.clock.monotonic_s()
        try:
            answer = await outlet.transport.send(signed(request, at), timeout_s=self._timeout_s)
        except ValueError as error:
            failure = Failure(reason=f"the request cannot be sent: {masks.text(str(error))}")
            return failure, Reject(failure.reason), began, began
        ended = outlet.clock.monotonic_s()
        outcome = _without_secrets(masks, self._judge(answer))
        self._tell_circuit(answer, outcome, began, ended)
        return answer, outcome, began, ended

    def note(
        self,
        masks: Masks,
        answer: Response | Failure,
        outcome: Outcome,
        *,
        at: int,
        spent_s: float,
        bundled: int = 1,
    ) -> None:
        """Write an attempt down, and count it; a step that was taken is done."""
        self._outlet.meters.tried(spent_s, _tag(outcome))
        attempt = _attempt_row(
            masks,
            answer,
            outcome,
            remark=self._remark(at, answer),
            delivery_id=self._delivery.delivery_id,
            number=self._delivery.attempts + len(self._attempts) + 1,
            step=self._steps,
            at=at,
            duration_ms=spent_s * 1000,
        )
        if bundled > 1:
            attempt = msgspec.structs.replace(attempt, bundled=bundled)
        self._attempts.append(attempt)
        self._steps += isinstance(outcome, Delivered)

    def _tell_circuit(
        self, answer: Response | Failure, outcome: Outcome, began: float, ended: float
    ) -> None:
        circuit = self._outlet.circuit
        if isinstance(answer, Response) and answer.status not in NOBODY_THERE:
            if circuit.answered(most=self._target.concurrency):
                self._outlet.recovered = True
                log.info("destination answers again", destination=self._target.name)
            return
        wish_s = outcome.after_s if isinstance(outcome, Retry | Throttle) else None
        if circuit.failed(began=began, now=ended, wish_s=wish_s):
            self._outlet.failing = True
            log.warning(
                "destination does not answer",
                destination=self._target.name,
                next_try_in_s=circuit.wait_s(now=ended),
            )

    def _judge(self, answer: Response | Failure) -> Outcome:
        if isinstance(answer, Failure):
            return Retry(answer.reason)
        try:
            return self._target.destination.classify(answer)
        except Exception as error:
            log.exception("classify failed", destination=self._target.name, status=answer.status)
            return Retry(f"HTTP {answer.status}, which could not be judged: {type(error).__name__}")

    def _heed(self, answer: Response | Failure, outcome: Outcome, now: float) -> float:
        """Tell the budget what the answer means for everything sent to the destination."""
        outlet = self._outlet
        if isinstance(outcome, Throttle):
            windows = [limit.per_s for limit in self._target.capabilities.limits]
            pause_s = throttle_pause_s(
                outcome.after_s,
                now_ms=outlet.clock.now_ms(),
                window_s=min(windows, default=None),
                streak=outlet.pauses,
            )
            if outlet.budget.throttled(pause_s, now=now):
                outlet.pauses += 1
                log.warning(
                    "destination throttled",
                    destination=self._target.name,
                    for_s=pause_s,
                    wish=too_long(outcome.after_s, pause_s) or None,
                )
            return pause_s
        if isinstance(outcome, Delivered):
            outlet.pauses = 0
        if isinstance(answer, Response):
            rest = header_pause_s(answer)
            if rest > 0:
                outlet.budget.pause(rest, now=now)
        return 0.0

    def _remark(self, at: int, answer: Response | Failure) -> str:
        """Return what a person should know of a repetition: one that comes late, one on a new connection.

        Reading A10 of the WebEngage documentation (copies of mid-2026): it remembers an idempotency key
        for four hours, deliveries are tried for a day.
        """
        first, window_s = (
            self._delivery.first_attempt_at,
            self._target.capabilities.idempotent_for_s,
        )
        if first is None or window_s is None or at - first <= window_s * 1000:
            return REPEATED if answer.repeated else ""
        hours = window_s / 3600
        return f"may duplicate: the destination remembers an idempotency key for {hours:g} h"


def _why_nothing(plan: Plan) -> str:
    """Return "nothing to send" with what the plan says about it."""
    why = "; ".join(warning.message for warning in plan.warnings)
    return f"{NOTHING_TO_SEND}: {why}" if why else NOTHING_TO_SEND


def _without_secrets(masks: Masks, outcome: Outcome) -> Outcome:
    """Return the outcome with a reason that may be stored: a receiver may repeat what it was sent."""
    if isinstance(outcome, Delivered):
        return outcome
    return msgspec.structs.replace(outcome, reason=masks.text(outcome.reason))


def _tag(outcome: Outcome) -> str:
    return _TAGS[type(outcome)]


def _attempt_row(
    masks: Masks,
    answer: Response | Failure,
    outcome: Outcome,
    *,
    remark: str,
    delivery_id: str,
    number: int,
    step: int,
    at: int,
    duration_ms: float,
) -> Attempt:
    shown = masks.request()
    if isinstance(answer, Response):
        status: int | None = answer.status
        headers, body = masks.answer(answer.headers, answer.body.decode("utf-8", "replace"))
    else:
        status, headers, body = None, {}, ""
    if isinstance(outcome, Delivered):
        reason = remark
    else:
        reason = "; ".join(filter(None, (masks.text(outcome.reason), remark)))
    return Attempt(
        delivery_id=delivery_id,
        number=number,
        step=step,
        at=at,
        duration_ms=duration_ms,
        method=shown.method,
        url=shown.url,
        request_headers=shown.headers,
        request_body=shown.body[:STORED_BODY_MAX],
        status=status,
        response_headers=headers,
        response_body=body,
        verdict=_tag(outcome),
        reason=reason,
    )
