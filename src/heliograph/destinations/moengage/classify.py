"""What the answers of the MoEngage Data API mean.

Source: MoEngage, "Data API" (OpenAPI) and "Data overview" (copies of mid-2026). What only a wrong
configuration causes pauses, so that nothing is lost over it.
"""

from typing import Final

from heliograph.destinations.base import Response
from heliograph.destinations.responses import (
    body_object,
    by_status,
    is_page,
    reason_of,
    text_at,
    throttle_s,
)
from heliograph.model.delivery import Outcome, Pause, Reject, Retry, Throttle

_CHECKS: Final[dict[int, str]] = {
    401: "check workspace id, data API key and data centre",
    403: "the account is blocked or suspended",
    404: "check the data centre or base URL",
    409: "the workspace of the address and of the credentials differ, or its secret is not set",
}
_RATE_TYPES: Final = frozenset(["rate limits exceeded", "ratelimiterror"])
_PAUSE_TYPES: Final = frozenset(
    [
        *["authentication required", "authentication mismatch", "blockedclient"],
        *["account suspended", "account temporarily suspended"],
    ]
)


def classify(response: Response) -> Outcome:
    """Return the outcome of an answer; never raises."""
    body = body_object(response)
    message = text_at(body, "error", "message") or text_at(body, "description")
    kind = text_at(body, "error", "type") or ""
    reason = reason_of(response, ": ".join(part for part in (kind, message) if part) or None)
    if response.status in _CHECKS:
        return Pause(f"{reason}; {_CHECKS[response.status]}")
    said_no = 200 <= response.status < 300 and text_at(body, "status") in ("fail", "error")
    if said_no or response.status == 400:
        if kind.lower() in _RATE_TYPES:
            return Throttle(reason, throttle_s(response))
        return Pause(reason) if kind.lower() in _PAUSE_TYPES else Reject(reason)
    if 200 <= response.status < 300 and is_page(response):
        return Retry(f"HTTP {response.status} with a web page: something before MoEngage answered")
    return by_status(response, reason)
