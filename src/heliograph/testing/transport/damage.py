"""The part of the transport suite about bad answers; see `suite`."""

import pytest

from heliograph.delivery.send.transport import BODY_MAX, Failure
from heliograph.destinations.base import Response
from heliograph.testing.transport.kit import HEAD, SHORT_S, TIMEOUT_S, TransportKit, post
from heliograph.testing.transport.odd_server import OK, Exchange, answers


class DamagedAnswers(TransportKit):
    """Answers that break off, never end, or are none."""

    @pytest.mark.parametrize(
        "data",
        [
            HEAD + b"Content-Length: 99\r\n\r\nabc",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
        ],
    )
    async def test_a_body_that_breaks_off_does_not_change_the_status(self, data: bytes) -> None:
        """The destination said what it did before the rest went missing."""
        if not self.exact and data.endswith(b"zz\r\n"):
            return
        answer = await self.answer_to(data, then_close=True)
        assert isinstance(answer, Response)
        assert answer.status == 200
        assert b"abc".startswith(answer.body)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"HTTP/1.1 200 OK\r\nContent-Le",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
            b"\x00\x01\x02\x03\r\n\r\n",
            b"HTTP/1.1 abc OK\r\n\r\n",
        ],
    )
    async def test_what_is_no_answer_is_a_failure(self, data: bytes) -> None:
        """Nothing, half a head, an interim answer, another protocol."""
        answer = await self.answer_to(data, then_close=True)
        assert isinstance(answer, Failure)
        assert answer.reason
        assert not answer.repeated

    @pytest.mark.parametrize(
        "line", [b"X-%d: %s\r\n", b"HTTP/1.1 100 Continue\r\nX-%d: %s\r\n\r\n"],
        ids=["headers", "interim answers"],
    )  # fmt: skip
    async def test_a_head_without_end_is_refused(self, line: bytes) -> None:
        """It costs neither our memory nor more patience than any other answer."""

        async def script(exchange: Exchange) -> None:
            if not line.startswith(b"HTTP"):
                await exchange.write(HEAD)
            for number in range(100_000):
                if exchange.writer.is_closing():
                    return
                await exchange.write(line % (number, b"y" * 500))

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=SHORT_S)
        assert isinstance(answer, Failure)

    async def test_one_line_without_end_is_refused(self) -> None:
        """Likewise."""

        async def script(exchange: Exchange) -> None:
            await exchange.write(HEAD + b"X-Long: ")
            for _ in range(10_000):
                if exchange.writer.is_closing():
                    return
                await exchange.write(b"y" * 10_000)

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Failure)

    async def test_a_body_without_end_is_cut(self) -> None:
        """At 64 KiB, and the connection is given up."""

        async def script(exchange: Exchange) -> None:
            await exchange.write(HEAD + b"\r\n")
            while not exchange.writer.is_closing():
                await exchange.write(b"x" * 65_536)

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert answer.body == b"x" * BODY_MAX

    async def test_a_body_that_stalls_is_given_as_far_as_it_came(self) -> None:
        """Nobody has to guess whether the destination took it: the status line came."""
        stalled = HEAD + b"Content-Length: 99\r\n\r\nabc"
        async with self.exchanging(answers(stalled)) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=SHORT_S)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (200, b"abc")

    @pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200", b"HTTP/1.1 100 Continue\r\n\r\n"])
    async def test_no_answer_in_time_is_a_failure(self, data: bytes) -> None:
        """And the next request begins with a connection of its own."""

        async def script(exchange: Exchange) -> None:
            await exchange.write(data if exchange.number == 1 else OK)

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=SHORT_S)
            assert answer == Failure(reason="no answer within 0.3 s")
            again = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(again, Response)
        assert [seen.connection for seen in server.seen] == [1, 2]
