"""What an HTTP answer means where a vendor's documentation says nothing of its own.

Each destination's `classify` looks at what its vendor documents and leaves the rest to `by_status`. No
function here raises, whatever came back. There is no clock: arithmetic with dates uses the answer's own
`Date` header.
"""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import msgspec

from heliograph.destinations.base import Response
from heliograph.model.delivery import Delivered, Outcome, Pause, Reject, Retry, Throttle
from heliograph.model.json import Json, JsonObject

LONGEST_WAIT_S: Final = 86_400.0
"""A destination's wish beyond a day is not followed: retries themselves end after 24 hours."""


def by_status(response: Response, reason: str) -> Outcome:
    """Return the outcome that the status alone suggests.

    2xx delivered; 401 and 403 pause; 408, 425, 5xx and anything outside of 200-499 retry; 429 throttles;
    3xx pauses and names the `Location`, since the address has moved; every other 4xx is rejected.
    """
    status = response.status
    if 200 <= status < 300:
        return Delivered()
    if status == 429:
        return Throttle(reason, throttle_s(response))
    if status in (401, 403):
        return Pause(reason)
    if 300 <= status < 400:
        return Pause(f"{reason}: {_moved(response)}")
    if 400 <= status < 500 and status not in (408, 425):
        return Reject(reason)
    return Retry(reason, retry_after_s(response))


def _moved(response: Response) -> str:
    where = header(response, "location")
    to = f"to {where[:200]}" if where else "without a Location"
    return f"a redirect {to}; none is followed, correct the destination's address"


def reason_of(response: Response, message: str | None) -> str:
    """Return `HTTP 400` or `HTTP 400: <the vendor's own words>`, at most 300 characters."""
    return f"HTTP {response.status}: {message}"[:300] if message else f"HTTP {response.status}"


def body_object(response: Response) -> JsonObject:
    """Return the JSON object of the body, an empty one when the body is none."""
    try:
        value: Json = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return {}
    return value if isinstance(value, dict) else {}


def member(value: Json, *names: str) -> Json:
    """Return the value under nested names, None when one is missing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def text_at(value: Json, *names: str) -> str | None:
    """Return the non-empty text under nested names, None when there is none."""
    found = member(value, *names)
    return found if isinstance(found, str) and found else None


def is_page(response: Response) -> bool:
    """Tell whether the body is a web page: a proxy or a login form answered, not the vendor's API."""
    return response.body.lstrip()[:1] == b"<"


def header(response: Response, name: str) -> str | None:
    """Return the trimmed value of a header (lower-case name), None when absent."""
    value = response.headers.get(name)
    return value.strip() if value is not None else None


def date_of(response: Response) -> datetime | None:
    """Return the answer's `Date` in UTC, None when absent or unreadable."""
    return _http_date(header(response, "date"))


def retry_after_s(response: Response) -> float | None:
    """Return the seconds that `Retry-After` asks for, from 0 to a day; None when it says nothing.

    An HTTP date counts from the answer's `Date` header; without one it says nothing.
    Source: RFC 9110 section 10.2.3.
    """
    value = header(response, "retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is None:
        until, now = _http_date(value), date_of(response)
        seconds = (until - now).total_seconds() if until and now else None
    return _bounded(seconds)


def ratelimit_reset_s(response: Response) -> float | None:
    """Return the seconds until `x-ratelimit-reset`, from 0 to a day; None when it says nothing.

    Below 1,000,000 the header counts seconds, above it is a UTC epoch second, which needs the answer's
    `Date` header: MoEngage's pages say the one and the other (copies of mid-2026).
    """
    value = header(response, "x-ratelimit-reset")
    seconds = _number(value) if value is not None else None
    if seconds is None or seconds < 1_000_000:
        return _bounded(seconds)
    now = date_of(response)
    return _bounded(seconds - now.timestamp()) if now else None


def throttle_s(response: Response) -> float | None:
    """Return how long a 429 asks to wait: `Retry-After`, else `x-ratelimit-reset`, else None."""
    wished = retry_after_s(response)
    return wished if wished is not None else ratelimit_reset_s(response)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)


def _http_date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        when = parsedate_to_datetime(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
