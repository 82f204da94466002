"""What a worker says when it is asked: how each of its lanes is doing, as one JSON object.

Nothing is written anywhere while nobody asks. Commands ask through
`operations.look.condition.lanes`, to tell why a delivery waits.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from heliograph.delivery.lane.lane import LaneStats
from heliograph.storage.folder import role_socket
from heliograph.telemetry.logs import get_logger

log = get_logger("worker")


@asynccontextmanager
async def answering(
    data_path: Path, role: str, stats: Callable[[], Mapping[str, LaneStats]]
) -> AsyncGenerator[None]:
    """Answer everybody who connects to the socket of a role inside the block.

    Where there can be no socket the role works all the same, and commands tell less.
    """

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.write(msgspec.json.encode(stats()))
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    try:
        place = role_socket.listening(data_path, role)
    except OSError as error:
        log.info("worker cannot be asked", reason=str(error))
        yield
        return
    server = await asyncio.start_unix_server(answer, sock=place)
    try:
        yield
    finally:
        server.close()
        role_socket.remove(data_path, role)
