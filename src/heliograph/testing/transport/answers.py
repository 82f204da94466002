"""The part of the transport suite about answers; see `suite`."""

import asyncio
import gzip
import zlib
from collections.abc import Callable

import pytest

from heliograph.delivery.send.transport import BODY_MAX
from heliograph.destinations.base import Response
from heliograph.testing.transport.kit import HEAD, TIMEOUT_S, TransportKit, post
from heliograph.testing.transport.odd_server import Exchange, answers


def _without_wrapper(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


class AnswersOnTheWire(TransportKit):
    """Answers of every form."""

    @pytest.mark.parametrize(
        ("data", "then_close"),
        [
            (HEAD + b"Content-Length: 5\r\n\r\nhello", False),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhell\r\n1;x=y\r\no\r\n0\r\n\r\n", False),
            (
                HEAD + b"Transfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
                b"5\r\nhello\r\n0\r\nT: 1\r\n\r\n",
                False,
            ),
            (HEAD + b"\r\nhello", True),
            (HEAD + b"Connection: close\r\n\r\nhello", True),
            (b"HTTP/1.0 200 OK\r\n\r\nhello", True),
            (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", False),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 5\r\n\r\nhello", False),
            (
                b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HEAD
                + b"Content-Length: 5\r\n\r\nhello",
                False,
            ),
            (HEAD + b"Content-Length:5\r\nX-Empty:\r\n\r\nhello", False),
        ],
    )  # fmt: skip
    async def test_every_framing_of_a_body(self, data: bytes, then_close: bool) -> None:
        """Length, chunks, end of the connection; interim answers are no answers."""
        answer = await self.answer_to(data, then_close=then_close)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (200, b"hello")
        assert "link" not in answer.headers

    @pytest.mark.parametrize("size", [1, 7])
    async def test_an_answer_in_small_pieces(self, size: int) -> None:
        """However the network cuts it."""
        data = HEAD + b"X-A: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

        async def script(exchange: Exchange) -> None:
            for start in range(0, len(data), size):
                await exchange.write(data[start : start + size])
                await asyncio.sleep(0)

        async with self.exchanging(script) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"hello", "b")

    @pytest.mark.parametrize("status", [201, 301, 307, 400, 401, 404, 429, 500, 503, 599])
    async def test_every_status_is_an_answer(self, status: int) -> None:
        """Redirects are not followed."""
        data = b"HTTP/1.1 %d X\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nno" % status
        async with self.exchanging(answers(data)) as (transport, server):
            answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (status, b"no")
        assert answer.headers["location"] == "/elsewhere"
        assert len(server.seen) == 1

    @pytest.mark.parametrize(
        "head", [b"204 No Content\r\n", b"304 Not Modified\r\nContent-Length: 9\r\n"]
    )
    async def test_answers_that_never_have_a_body(self, head: bytes) -> None:
        """Whatever their head says; and the connection goes on being used."""
        async with self.exchanging(answers(b"HTTP/1.1 " + head + b"\r\n")) as (transport, server):
            for _ in range(2):
                answer = await transport.send(post(server.url), timeout_s=TIMEOUT_S)
                assert isinstance(answer, Response)
                assert answer.body == b""
        assert server.connections == 1

    async def test_an_answer_to_head_has_no_body(self) -> None:
        """Its length is that of the answer to GET."""
        async with self.exchanging(answers(HEAD + b"Content-Length: 99\r\n\r\n")) as (one, server):
            plan = post(server.url, body=b"", method="HEAD")
            answer = await one.send(plan, timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (200, b"")

    @pytest.mark.parametrize(
        ("coding", "encode"),
        [
            (b"gzip", gzip.compress),
            (b"x-gzip", gzip.compress),
            (b"deflate", zlib.compress),
            (b"deflate", _without_wrapper),
        ],
        ids=["gzip", "x-gzip", "deflate", "raw deflate"],
    )
    async def test_a_compressed_body_is_given_plain(
        self, coding: bytes, encode: Callable[[bytes], bytes]
    ) -> None:
        """In every form that is asked for."""
        body = encode(b"hello" * 100)
        head = b"Content-Encoding: %s\r\nContent-Length: %d\r\n\r\n" % (coding, len(body))
        answer = await self.answer_to(HEAD + head + body)
        assert isinstance(answer, Response)
        assert answer.body == b"hello" * 100

    async def test_a_bomb_is_cut(self) -> None:
        """What unpacks to 50 MB costs 64 KiB."""
        body = gzip.compress(bytes(50_000_000))
        head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
        answer = await self.answer_to(HEAD + head + body)
        assert isinstance(answer, Response)
        assert answer.body == bytes(BODY_MAX)

    async def test_a_body_that_is_not_what_it_says_is_still_an_answer(self) -> None:
        """The status counts."""
        head = b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
        answer = await self.answer_to(HEAD + head)
        assert isinstance(answer, Response)
        assert answer.status == 200

    async def test_names_of_headers_are_lower_case_and_of_two_the_last_counts(self) -> None:
        """Values may hold any bytes."""
        answer = await self.answer_to(
            HEAD + b"RETRY-after: 1\r\nRetry-After: 2\r\nX-Bytes: \xff\xfe\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        assert isinstance(answer, Response)
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["x-bytes"].encode()
