"""What the parts of the transport suite share; see `suite`."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import msgspec

from heliograph.delivery.send.transport import Failure, Transport
from heliograph.destinations.base import RequestPlan, Response
from heliograph.testing.transport.odd_server import OddServer, Script, answers, odd_server

TIMEOUT_S = 20.0
SHORT_S = 0.3
"""For answers that never end; nothing is asserted about how long it really was."""

HEAD = b"HTTP/1.1 200 OK\r\n"


def post(url: str, body: bytes = b'{"n":1}', **fields: Any) -> RequestPlan:
    """Return a request as destinations make them."""
    headers = {"Content-Type": "application/json", "X-Key": "dlv_1"}
    plan = RequestPlan(method="POST", url=url, headers=headers, body=body)
    return msgspec.structs.replace(plan, **fields)


class TransportKit:
    """A transport and a server to try it on."""

    make: Callable[..., Transport]
    exact: ClassVar[bool] = True
    """Whether it tells what came of an answer from the damage in the same piece of the stream."""

    @asynccontextmanager
    async def exchanging(self, script: Script) -> AsyncGenerator[tuple[Transport, OddServer]]:
        """Give a transport and a server that follows the script."""
        async with odd_server(script) as server:
            transport = type(self).make()
            try:
                yield transport, server
            finally:
                await transport.close()

    async def answer_to(self, data: bytes, *, then_close: bool = False) -> Response | Failure:
        """Return what becomes of a server's bytes."""
        async with self.exchanging(answers(data, then_close=then_close)) as (transport, server):
            return await transport.send(post(server.url), timeout_s=TIMEOUT_S)
