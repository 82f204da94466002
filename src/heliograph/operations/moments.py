"""How times and lengths of time are written in sentences."""

from datetime import UTC, datetime


def moment(ms: int) -> str:
    """Return UTC epoch milliseconds as `2026-02-20 16:16:50 UTC`."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"


def span(ms: int) -> str:
    """Return a length of time as people say it: `45 s`, `12 min`, `3 h`, `4 days`."""
    seconds = max(ms, 0) // 1000
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7_200:
        return f"{seconds // 60} min"
    return f"{seconds // 3600} h" if seconds < 172_800 else f"{seconds // 86_400} days"
