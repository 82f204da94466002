"""A coroutine that is run by what it waits for."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from heliograph.delivery.lane.drive import Drive
from heliograph.delivery.send.aiohttp_transport import AiohttpTransport
from heliograph.delivery.send.client import HttpTransport
from heliograph.delivery.send.transport import Transport
from heliograph.destinations.base import Response
from heliograph.testing.transport.kit import HEAD, TIMEOUT_S, post
from heliograph.testing.transport.odd_server import Exchange, answers, odd_server


def begun(
    coroutine: Coroutine[Any, None, Any],
) -> tuple[Drive[Any], "asyncio.Future[Drive[Any]]"]:
    """Begin a coroutine; the future is there for its end."""
    ended: asyncio.Future[Drive[Any]] = asyncio.get_running_loop().create_future()
    drive = Drive(coroutine, ended.set_result)
    drive.begin()
    return drive, ended


async def test_what_waits_for_nothing_ends_within_begin():
    async def work() -> int:
        return 7

    drive, ended = begun(work())
    assert ended.done()
    assert (drive.value, drive.error) == (7, None)


async def test_it_waits_for_futures_sleeps_and_tasks():
    first: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def nested() -> int:
        await asyncio.sleep(0)
        return 2

    async def work() -> list[int]:
        return [await first, await nested(), await asyncio.create_task(nested())]

    drive, ended = begun(work())
    assert not ended.done()
    first.set_result(1)
    assert (await ended) is drive
    assert drive.value == [1, 2, 2]


async def test_what_it_raises_is_handed_over():
    waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        await waits

    drive, ended = begun(work())
    waits.set_exception(KeyError("gone"))
    await ended
    assert isinstance(drive.error, KeyError)


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(60), lambda: asyncio.sleep(0)])
async def test_it_is_cancelled_where_it_waits(wait: Callable[[], Coroutine[Any, Any, None]]):
    cleaned: list[str] = []

    async def work() -> None:
        try:
            await wait()
        finally:
            cleaned.append("up")

    drive, ended = begun(work())
    drive.cancel()
    await ended
    assert isinstance(drive.error, asyncio.CancelledError)
    assert cleaned == ["up"]


async def test_it_is_cancelled_though_what_it_waited_for_came_just_before():
    """The future is done, so it cannot be cancelled; that it is done was not told yet."""
    first: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        await first
        await asyncio.Event().wait()

    drive, ended = begun(work())
    first.set_result(1)
    drive.cancel()
    async with asyncio.timeout(30):
        await ended
    assert isinstance(drive.error, asyncio.CancelledError)


@pytest.mark.parametrize("make", [HttpTransport, AiohttpTransport])
async def test_a_transport_needs_no_task(make: Callable[[], Transport]):
    async with odd_server(answers(HEAD + b"Content-Length: 2\r\n\r\nok")) as server:
        transport = make()
        drive, ended = begun(transport.send(post(server.url), timeout_s=TIMEOUT_S))
        await ended
        await transport.close()
    assert isinstance(drive.value, Response)
    assert drive.value.body == b"ok"


@pytest.mark.parametrize("make", [HttpTransport, AiohttpTransport])
async def test_a_request_that_is_cancelled_without_a_task_leaves_no_connection(
    make: Callable[[], Transport],
):
    async def never(exchange: Exchange) -> None:
        del exchange

    async with odd_server(never) as server:
        transport = make()
        drive, ended = begun(transport.send(post(server.url), timeout_s=TIMEOUT_S))
        await server.until(lambda: len(server.seen) == 1)
        drive.cancel()
        await ended
        await transport.close()
    assert isinstance(drive.error, asyncio.CancelledError)
