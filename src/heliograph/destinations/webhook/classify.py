"""What any receiver's answer means: its status, and no more, since its body is nobody's convention.

401 and 403 pause, 410 pauses as well (Standard Webhooks: the endpoint is gone for good), 429 throttles,
408, 425 and 5xx are tried again, other 4xx are dead letters.
"""

from heliograph.destinations.base import Response
from heliograph.destinations.responses import body_object, by_status, reason_of, text_at
from heliograph.model.delivery import Delivered, Outcome, Pause


def classify(response: Response) -> Outcome:
    """Return the outcome of an answer; never raises."""
    if 200 <= response.status < 300:
        return Delivered()
    body = body_object(response)
    message = (
        text_at(body, "message") or text_at(body, "error", "message") or text_at(body, "error")
    )
    reason = reason_of(response, message)
    if response.status == 410:
        return Pause(f"{reason}; the receiver says that this address is gone for good")
    return by_status(response, reason)
