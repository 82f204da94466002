"""Waiting that a stop cuts short."""

import asyncio


async def pause(seconds: float, stop: asyncio.Event) -> bool:
    """Wait so many seconds or until `stop` is set; return whether it was set."""
    if stop.is_set():
        return True
    if seconds <= 0:
        return False
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
