"""The part of the transport suite about connections; see `suite`."""

import asyncio
import socket

import pytest

from heliograph.delivery.send.transport import Failure
from heliograph.destinations.base import Response
from heliograph.testing.transport.authority import Authority
from heliograph.testing.transport.kit import HEAD, SHORT_S, TIMEOUT_S, TransportKit, post
from heliograph.testing.transport.odd_server import OK, Exchange, answers, odd_server


class Connections(TransportKit):
    """Connections and TLS."""

    async def test_a_connection_is_used_again(self) -> None:
        """One after the other; beside each other there are several."""
        gate = asyncio.Event()

        async def script(exchange: Exchange) -> None:
            if exchange.number > 3:
                await gate.wait()
            await exchange.write(OK)

        async with self.exchanging(script) as (transport, server):
            for _ in range(3):
                await transport.send(post(server.url), timeout_s=TIMEOUT_S)
            assert server.connections == 1
            sending = [
                asyncio.create_task(transport.send(post(server.url), timeout_s=TIMEOUT_S))
                for _ in range(3)
            ]
            await server.until(lambda: len(server.seen) == 6)
            gate.set()
            done = await asyncio.gather(*sending)
        assert all(isinstance(answer, Response) for answer in done)
        assert server.connections == 3

    @pytest.mark.parametrize(
        "last",
        [
            b"Connection: close\r\nContent-Length: 2\r\n\r\nok",
            b"Content-Length: 2\r\n\r\nokXX",
            b"Content-Length: 2\r\n\r\nok" + HEAD + b"Content-Length: 3\r\n\r\nmoo",
        ],
    )
    async def test_a_connection_that_may_not_be_kept_is_not(self, last: bytes) -> None:
        """It said so, or it sent more than it was asked for."""
        if not self.exact and not last.endswith(b"ok"):
            return

        async def script(exchange: Exchange) -> None:
            await exchange.write(HEAD + last)

        async with self.exchanging(script) as (transport, server):
            for _ in range(2):
                answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
                assert isinstance(answer, Response)
                assert (answer.status, answer.body) == (200, b"ok")
        assert server.connections == 2

    @pytest.mark.parametrize("how", ["close", "reset"])
    async def test_a_kept_connection_that_ends_is_replaced(self, how: str) -> None:
        """The request goes out once more, and the answer says so."""

        async def script(exchange: Exchange) -> None:
            if exchange.number == 2:
                exchange.close() if how == "close" else exchange.reset()
                return
            await exchange.write(OK)

        async with self.exchanging(script) as (transport, server):
            first = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
            second = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(first, Response)
        assert isinstance(second, Response)
        assert (first.repeated, second.repeated) == (False, True)
        assert [seen.connection for seen in server.seen] == [1, 1, 2]

    async def test_a_kept_connection_that_ends_amid_an_answer_is_not(self) -> None:
        """Something of the answer came, so the destination was at work."""
        if not self.exact:
            return

        async def script(exchange: Exchange) -> None:
            if exchange.number == 2:
                await exchange.write(b"HTTP/1.1 2")
                exchange.close()
                return
            await exchange.write(OK)

        async with self.exchanging(script) as (transport, server):
            await transport.send(post(server.url), timeout_s=TIMEOUT_S)
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Failure)
        assert not answer.repeated
        assert len(server.seen) == 2

    async def test_a_fresh_connection_that_ends_is_a_failure(self) -> None:
        """Once is enough: nothing says that it would go better."""

        async def script(exchange: Exchange) -> None:
            exchange.close()

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert answer == Failure(reason="the connection was closed before an answer came")
        assert len(server.seen) == 1

    async def test_a_request_that_is_cancelled_leaves_no_connection(self) -> None:
        """Its answer would be taken for that of the next one."""
        begun = asyncio.Event()

        async def script(exchange: Exchange) -> None:
            begun.set()
            if exchange.number > 1:
                await exchange.write(OK)

        async with self.exchanging(script) as (transport, server):
            sending = asyncio.create_task(transport.send(post(server.url), timeout_s=TIMEOUT_S))
            await begun.wait()
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert [seen.connection for seen in server.seen] == [1, 2]

    async def test_closing_ends_every_connection(self) -> None:
        """Twice is no error."""
        async with self.exchanging(answers(OK)) as (transport, server):
            await transport.send(post(server.url), timeout_s=TIMEOUT_S)
            await transport.close()
            await transport.close()
            await server.until(lambda: not server.running)

    async def test_nobody_there(self) -> None:
        """A refused connection, an unknown name: reasons that name the place."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            transport = type(self).make()
            refused = await transport.send(post(f"http://127.0.0.1:{port}/"), timeout_s=TIMEOUT_S)
            unknown = await transport.send(
                post("http://no.such.name.invalid/"), timeout_s=TIMEOUT_S
            )
            await transport.close()
        assert isinstance(refused, Failure)
        assert f"no connection to 127.0.0.1:{port}" in refused.reason
        assert unknown == Failure(reason="the name no.such.name.invalid was not found")

    async def test_ipv6(self) -> None:
        """An address in brackets, in the header too."""
        if not socket.has_ipv6:
            pytest.skip("capability: no IPv6 here")
        try:
            async with odd_server(answers(OK), host="::1") as server:
                transport = type(self).make()
                answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
                await transport.close()
        except OSError:
            pytest.skip("capability: no IPv6 here")
        assert isinstance(answer, Response)
        assert server.seen[0].headers["host"] == f"[::1]:{server.port}"

    async def test_tls_with_an_authority_of_ones_own(self, authority: Authority) -> None:
        """A name that the certificate bears, and a connection that is kept."""
        async with odd_server(answers(OK), tls=authority.server("localhost")) as server:
            transport = type(self).make(ca_file=str(authority.file))
            url = server.url.replace("127.0.0.1", "localhost")
            done = [await transport.send(post(url), timeout_s=TIMEOUT_S) for _ in range(2)]
            await transport.close()
        assert [answer.status for answer in done if isinstance(answer, Response)] == [200, 200]
        assert server.connections == 1

    @pytest.mark.parametrize(("trusted", "name"), [(False, "localhost"), (True, "example.test")])
    async def test_a_certificate_that_proves_nothing_is_refused(
        self, authority: Authority, trusted: bool, name: str
    ) -> None:
        """An authority that is not trusted, a name that is another's: nothing is sent."""
        async with odd_server(answers(OK), tls=authority.server(name)) as server:
            transport = type(self).make(ca_file=str(authority.file) if trusted else None)
            url = server.url.replace("127.0.0.1", "localhost")
            answer = await transport.send(post(url), timeout_s=TIMEOUT_S)
            await transport.close()
        assert isinstance(answer, Failure)
        assert "the certificate of localhost was refused" in answer.reason
        assert server.seen == []

    async def test_a_server_without_tls_is_a_failure(self) -> None:
        """Said as what it is."""
        async with self.exchanging(answers(OK)) as (transport, server):
            url = server.url.replace("http:", "https:")
            answer = await transport.send(post(url), timeout_s=SHORT_S)
        assert isinstance(answer, Failure)
        assert server.seen == []
