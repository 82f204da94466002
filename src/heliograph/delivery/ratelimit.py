"""How long a destination's answer stops everything that is sent to it. Pure."""

from typing import Final

from heliograph.destinations.base import Response
from heliograph.destinations.responses import header, ratelimit_reset_s

HEADER_PAUSE_MAX_S: Final = 300.0
"""A header on a good answer may stop a destination no longer than this."""
THROTTLE_MIN_S: Final = 0.05


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

    Its own wish if it has one; else until the next full window of its limit by the wall clock (for a
    limit per minute: the next minute, reading A11 of the WebEngage documentation, which names no
    `Retry-After`; copies of mid-2026); else 1, 2, 4 … 60 seconds.

    Args:
        after_s: what the destination asked for.
        now_ms: wall clock.
        window_s: length of the destination's shortest documented window, None without limits.
        streak: how many pauses came in a row before this one.
    """
    if after_s is not None:
        return max(after_s, THROTTLE_MIN_S)
    if window_s is None:
        return min(60.0, 2.0 ** min(streak, 6))
    now_s = now_ms / 1000
    # A second on top of a boundary that is near: clocks differ.
    return max(window_s - now_s % window_s, min(1.0, window_s))
