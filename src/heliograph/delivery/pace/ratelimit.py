"""How long a destination's answer stops everything that is sent to it. Pure."""

from typing import Final

from heliograph.destinations.base import Response
from heliograph.destinations.responses import header, ratelimit_reset_s

HEADER_PAUSE_MAX_S: Final = 300.0
"""A header on a good answer may stop a destination no longer than this."""
THROTTLE_MIN_S: Final = 0.05
PAUSE_MAX_S: Final = 3600.0
"""No answer stops a destination for longer: then one request asks whether the wish still stands."""
PATIENT_PAUSES: Final = 3
"""So many pauses in a row are as short as the destination wishes them."""


def header_pause_s(response: Response) -> float:
    """Return how long to pause because `x-ratelimit-remaining` is 0 and the reset is known.

    Returns:
        Seconds, 0 to 300; 0 when the headers are absent, unreadable, or leave something.
    """
    if header(response, "x-ratelimit-remaining") not in ("0", "0.0"):
        return 0.0
    return min(ratelimit_reset_s(response) or 0.0, HEADER_PAUSE_MAX_S)


def throttle_pause_s(
    after_s: float | None, *, now_ms: int, window_s: float | None, streak: int
) -> float:
    """Return how long a 429 pauses the destination.

    Its own wish if it has one, an hour of it; longer than it wishes after several in a row. Else until the
    next full window of its limit by the wall clock (for a limit per minute: the next minute, reading A11 of
    the WebEngage documentation, which names no `Retry-After`; copies of mid-2026); else 1, 2, 4 … 60 seconds.

    Args:
        after_s: what the destination asked for.
        now_ms: wall clock.
        window_s: length of the destination's shortest documented window, None without limits.
        streak: how many pauses came in a row before this one.
    """
    if after_s is not None:
        # `Retry-After: 0` again and again is no reason to ask again and again.
        least = 0.0 if streak < PATIENT_PAUSES else 2.0 ** min(streak - PATIENT_PAUSES, 6)
        return min(max(after_s, THROTTLE_MIN_S, least), PAUSE_MAX_S)
    if window_s is None:
        return min(60.0, 2.0 ** min(streak, 6))
    now_s = now_ms / 1000
    # A second on top of a boundary that is near: clocks differ.
    return min(max(window_s - now_s % window_s, min(1.0, window_s)), PAUSE_MAX_S)


def too_long(after_s: float | None, heeded_s: float) -> str:
    """Return what a person is told of a wish that is not followed to its end; empty for any other."""
    if after_s is None or after_s <= heeded_s:
        return ""
    return f"asked to wait {after_s:g} s, which is tried again after {heeded_s:g} s"
