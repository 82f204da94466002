"""A twin for any webhook: takes every request, remembers idempotency keys, checks a key if told to.

A request whose key was seen before is taken again and counted as a duplicate. The key is the first of the
headers `Idempotency-Key`, `webhook-id`, `x-request-id`.
"""

import hmac
from typing import Final

from heliograph.model.json import JsonObject
from heliograph.twins.limits import Draw, Limit, Limits
from heliograph.twins.memory.profiles import ProfileBook
from heliograph.twins.memory.remembered_keys import RememberedKeys
from heliograph.twins.wire import Answer, Call, Verdict

KEY_HEADERS: Final = ("idempotency-key", "webhook-id", "x-request-id")
REMEMBERED_KEYS: Final = 1_000_000


class SinkTwin:
    """An endpoint that answers 200 to everything; with `authorization`, only to requests that carry it.

    Args:
        authorization: the whole value of the header, `Bearer …`; None takes requests without one.
    """

    name = "sink"

    def __init__(self, *, authorization: str | None = None) -> None:
        self._authorization = authorization
        self._keys = RememberedKeys(REMEMBERED_KEYS)
        self.profiles = ProfileBook()
        self.limits = Limits([Limit(bucket="requests", amount=None)])

    def failure(self, status: int) -> Answer:
        """Return a short error body for a status."""
        return Answer(status=status, body={"error": f"the sink was told to answer {status}"})

    def handle(self, call: Call, now_ms: int) -> Verdict:
        """Take a request."""
        given = call.headers.get("authorization", "")
        if self._authorization is not None and not hmac.compare_digest(
            given.encode(), self._authorization.encode()
        ):
            body: JsonObject = {"error": "missing or wrong Authorization header"}
            return Verdict(answer=Answer(status=401, body=body), endpoint="webhook")
        allowance = self.limits.take([Draw("requests")], now_ms)
        if not allowance.allowed:
            headers = {"Retry-After": str(allowance.reset_s)}
            body = {"error": "rate limit exceeded"}
            return Verdict(
                answer=Answer(status=429, body=body, headers=headers), endpoint="webhook"
            )
        key = next((call.headers[name] for name in KEY_HEADERS if call.headers.get(name)), None)
        return Verdict(
            answer=Answer(status=200, body={"ok": True}),
            endpoint="webhook",
            items=1,
            duplicates=0 if key is None or self._keys.first_time(key) else 1,
            keys=(key,) if key else (),
        )
