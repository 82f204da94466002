"""What Heap's answers mean: 200 accepted, 400 invalid, 429 too fast; bodies are not documented.

Source: Heap, server-side API (OpenAPI, copy of mid-2026).
"""

from heliograph.destinations.base import Response
from heliograph.destinations.responses import (
    body_object,
    by_status,
    is_page,
    member,
    reason_of,
    text_at,
)
from heliograph.model.delivery import Outcome, Pause, Reject, Retry


def classify(response: Response) -> Outcome:
    """Return the outcome of an answer; never raises."""
    body = body_object(response)
    message = (
        text_at(body, "error") or text_at(body, "error", "message") or text_at(body, "message")
    )
    reason = reason_of(response, message)
    if response.status == 404:
        return Pause(f"{reason}; check the host")
    if 200 <= response.status < 300:
        if member(body, "error") or text_at(body, "status") in ("error", "fail"):
            return Reject(reason)
        if is_page(response):
            return Retry(f"HTTP {response.status} with a web page: something before Heap answered")
    return by_status(response, reason)
