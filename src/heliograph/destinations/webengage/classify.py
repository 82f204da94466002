"""What WebEngage's answers mean.

Source: Datafly Signal, "WebEngage" (troubleshooting), and WebEngage, "REST API: getting started" (copies
of mid-2026). The pages differ on a wrong license (400 or 404) and a wrong key (401 or 403): everything that
only a wrong configuration causes pauses, so that nothing is lost over it. No header says when the limit
per minute starts anew.
"""

from typing import Final

from heliograph.destinations.base import Response
from heliograph.destinations.responses import (
    body_object,
    by_status,
    date_of,
    is_page,
    reason_of,
    text_at,
    throttle_s,
)
from heliograph.model.delivery import Outcome, Pause, Reject, Retry, Throttle

_CHECKS: Final[dict[int, str]] = {
    401: "check the REST API key and that its admin may manage the account and update data",
    403: "check the REST API key, its admin's permissions and the data centre's host",
    404: "check the license code and the data centre's host",
}


def classify(response: Response) -> Outcome:
    """Return the outcome of an answer; never raises."""
    body = body_object(response)
    message = text_at(body, "response", "message") or text_at(body, "message")
    reason = reason_of(response, message)
    if response.status in _CHECKS:
        return Pause(f"{reason}; {_CHECKS[response.status]}")
    if response.status == 429:
        wish = throttle_s(response)
        return Throttle(reason, _to_next_minute_s(response) if wish is None else wish)
    if 200 <= response.status < 300:
        if text_at(body, "response", "status") == "error":
            return Reject(reason)
        if is_page(response):
            return Retry(
                f"HTTP {response.status} with a web page: something before WebEngage answered"
            )
    return by_status(response, reason)


def _to_next_minute_s(response: Response) -> float:
    """Return the seconds until the per-minute limit starts anew, by the answer's own clock."""
    now = date_of(response)
    return 60.0 - now.second if now else 60.0
