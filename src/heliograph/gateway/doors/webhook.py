"""Webhooks that prove themselves: `POST /v1/webhook/{source}`, checked by the source's scheme.

The source names its mapper, so any platform's webhook can be received without Basic auth. Verification
comes before anything of the body is inflated, mapped or stored: what is signed are the bytes as they were
sent, compressed or not. The rate limit comes after it, so that strangers cannot use it up. What a vendor
asks when the address is registered is answered and leaves nothing: it is no event.

Several workspaces may have a source of one name; a request belongs to the one whose secret signed it.
"""

from typing import Final
from urllib.parse import parse_qsl

import msgspec

from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.directory import Hook
from heliograph.gateway.doors.door import Arrival, Head, Intake
from heliograph.gateway.doors.mapped import answer_mapped, read_mapped
from heliograph.gateway.intake.slices import Errand
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.registration import Question, Reply
from heliograph.gateway.signatures import Failed, Verified, verify
from heliograph.model.request import StoredRequest

LONGEST_QUESTION: Final = 4_096
"""Bytes of a question that comes as a body; longer ones are not looked at."""


class Hooks(msgspec.Struct, frozen=True, kw_only=True):
    """The sources an address may mean, each of another workspace; at least one."""

    hooks: list[Hook]
    max_body_bytes: int


class WebhookDoor:
    """The door of webhooks with a vendor's signature."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._pause = reception.slices.pause

    def admit(self, arrival: Arrival) -> Hooks | Answer:
        """Return the sources that a request with this head may be for.

        Raises:
            Refusal: 401, 403, 404, 405 or 503.
        """
        reception = self._reception
        reception.require_configuration()
        hooks = self._find(arrival)
        if arrival.method != "POST":
            return self._without_body(arrival, hooks)
        reception.require_room()
        return Hooks(hooks=hooks, max_body_bytes=max(each.inlet.max_body_bytes for each in hooks))

    def read(
        self, arrival: Arrival, admitted: Hooks, body: bytes
    ) -> Intake | Answer | Errand[Intake]:
        """Return what the source's mapper makes of a genuine body.

        Raises:
            Refusal: 401, 413 or 429.
        """
        answer = self._question(arrival, admitted.hooks, body)
        if answer is not None:
            return answer
        hook, verified = self._verify(arrival, admitted.hooks, body)
        answer = self._question(arrival, [hook], body, signed=True)
        if answer is not None:
            return answer
        bucket = hook.desk.bucket
        # Only a genuine request may use up the workspace's rate.
        if not bucket.take(self._reception.clock.monotonic_s()):
            raise refusals.rate_limited(bucket.rate, bucket.wait_s())
        if len(body) > hook.inlet.max_body_bytes:
            raise refusals.body_too_large(hook.inlet.max_body_bytes)
        return read_mapped(
            arrival,
            hook.inlet,
            body,
            pause=self._pause,
            message_id=verified.message_id,
            may_be_empty=True,
        )

    def answer(self, intake: Intake, request: StoredRequest) -> Answer:
        """Answer as the partner URLs do."""
        return answer_mapped(intake, request)

    def refuse(self, refusal: Refusal, request_id: str) -> Answer:
        """Refuse in the envelope of the partner URLs."""
        return answers.refused(request_id, refusal)

    def _find(self, arrival: Arrival) -> list[Hook]:
        """Return the sources of the address's name; `?workspace=` leaves one of several."""
        route = arrival.route
        hooks = self._reception.directory.hooks.get(route.source, [])
        workspace = route.query.get("workspace")
        if workspace is not None:
            hooks = [hook for hook in hooks if hook.desk.id == workspace]
        if not hooks and route.source in self._reception.directory.silent:
            refusal = self._reception.unavailable(
                f"the hub has no secret of the source {route.source}"
            )
            reason = self._reception.directory.silent[route.source]
            refusal.note = f"The hub's own fault: {reason}"
            raise refusal
        if not hooks:
            raise refusals.no_such_source(route.source)
        enabled = [hook for hook in hooks if hook.inlet.enabled]
        if not enabled:
            raise refusals.source_disabled(hooks[0].inlet.source_id)
        return enabled

    def _without_body(self, arrival: Arrival, hooks: list[Hook]) -> Answer:
        """Return the answer to a question that is asked with another method than POST.

        Raises:
            Refusal: 401, asked with the wrong token; 405, nobody asks so.
        """
        if arrival.method == "HEAD":
            return self._reception.reply(Reply(), arrival.route)
        answer = self._question(arrival, hooks, b"")
        if answer is None:
            raise refusals.method_not_allowed(arrival.method, "POST")
        return answer

    def _question(
        self, arrival: Arrival, hooks: list[Hook], body: bytes, *, signed: bool = False
    ) -> Answer | None:
        """Return the answer to what a vendor asks at registration, or None when it asks nothing.

        Raises:
            Refusal: 401, asked with the wrong token.
        """
        failure: Failed | None = None
        for hook in hooks:
            rules = hook.asked_signed if signed else hook.asked
            if not rules or len(body) > LONGEST_QUESTION:
                continue
            question = _question_of(arrival, hook, body)
            for rule in rules:
                reply = rule.respond(question) if rule.method == arrival.method else None
                if isinstance(reply, Failed):
                    failure = failure or reply
                elif reply is not None:
                    return self._reception.reply(reply, arrival.route)
        if failure is not None:
            raise refusals.not_verified(failure.message)
        return None

    def _verify(self, arrival: Arrival, hooks: list[Hook], body: bytes) -> tuple[Hook, Verified]:
        """Return the source whose secret made the request.

        Raises:
            Refusal: 401, the message names the part that failed; 404, the same secret is that of several.
        """
        failures: list[str] = []
        genuine: list[tuple[Hook, Verified]] = []
        headers = _texts(arrival.head)
        for hook in hooks:
            found = verify(
                hook.scheme,
                hook.secrets,
                method=arrival.method,
                url=hook.public_url or _address(arrival.target, headers),
                headers=headers,
                raw_body=body,
                now_ms=self._reception.clock.now_ms(),
                query_string=arrival.target.partition(b"?")[2].decode("latin-1"),
                charset=hook.inlet.mapper.plan.charset,
            )
            if isinstance(found, Verified):
                genuine.append((hook, found))
            else:
                failures.append(found.message)
        if len(genuine) == 1:
            return genuine[0]
        if genuine:
            raise refusals.ambiguous_source(arrival.route.source)
        message = failures[0]
        if b"content-encoding" in arrival.head:
            message += " It must be made over the body as it is sent, after its compression."
        refusal = refusals.not_verified(message)
        problems = [hook.problem for hook in hooks if hook.problem is not None]
        if problems:
            refusal.note = f"Perhaps the hub's own fault: {problems[0]}"
        raise refusal


def _question_of(arrival: Arrival, hook: Hook, body: bytes) -> Question:
    headers = _texts(arrival.head)
    query = arrival.target.partition(b"?")[2].decode("latin-1")
    url = hook.public_url or _address(arrival.target, headers)
    return Question(
        scheme=hook.scheme,
        secrets=hook.secrets,
        method=arrival.method,
        url=url.partition("?")[0],
        query=dict(parse_qsl(query, keep_blank_values=True)),
        headers=headers,
        body=body,
    )


def _texts(head: Head) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in head.items()}


def _address(target: bytes, headers: dict[str, str]) -> str:
    """Return the URL as the sender saw it; believing its headers is safe, the signature covers it."""
    scheme = headers.get("x-forwarded-proto", "http").partition(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "")).partition(",")[0].strip()
    return f"{scheme}://{host}{target.decode('latin-1')}"
