"""The suite that every way of sending runs, over real sockets: what `delivery.send.transport` promises.

A subclass gives `make`, which returns a transport; see `tests/conformance/test_transports.py`.
"""

from typing import Any

import msgspec
import pytest

from heliograph.destinations.base import Response
from heliograph.testing.transport.answers import AnswersOnTheWire
from heliograph.testing.transport.connections import Connections
from heliograph.testing.transport.damage import DamagedAnswers
from heliograph.testing.transport.kit import TIMEOUT_S, post
from heliograph.testing.transport.odd_server import OK, answers


class TransportConformance(AnswersOnTheWire, DamagedAnswers, Connections):
    """Subclass per implementation; requests, and by inheritance answers and connections."""

    async def test_a_request_arrives_as_it_was_planned(self) -> None:
        """Method, target, host, names of headers as written, body; and who sends it."""
        async with self.exchanging(answers(OK)) as (transport, server):
            url = server.url + "/a%2Fb?x=1&y=%20z"
            answer = await transport.send(post(url), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body, answer.repeated) == (200, b"ok", False)
        [seen] = server.seen
        assert seen.line == "POST /in/a%2Fb?x=1&y=%20z HTTP/1.1"
        assert seen.body == b'{"n":1}'
        assert {"Content-Type", "X-Key", "Host", "User-Agent"} <= set(seen.names)
        assert seen.headers["host"] == f"127.0.0.1:{server.port}"
        assert seen.headers["user-agent"] == "heliograph"
        assert seen.headers["content-length"] == "7"
        assert seen.headers["accept-encoding"] == "gzip, deflate"
        assert len(seen.names) == len(seen.headers), "a header was sent twice"

    async def test_headers_of_a_request_win_over_ours(self) -> None:
        """User agent, accept, type; in whatever case their names are written."""
        headers = {"user-agent": "x/1", "ACCEPT": "application/json", "content-type": "text/plain"}
        async with self.exchanging(answers(OK)) as (transport, server):
            await transport.send(post(server.url, headers=headers), timeout_s=TIMEOUT_S)
        [seen] = server.seen
        assert seen.headers["user-agent"] == "x/1"
        assert seen.headers["accept"] == "application/json"
        assert seen.headers["content-type"] == "text/plain"
        assert len(seen.names) == len(seen.headers)

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "POST"])
    async def test_requests_without_a_body(self, method: str) -> None:
        """Those that could have one say that it is empty."""
        async with self.exchanging(answers(OK)) as (transport, server):
            plan = post(server.url, body=b"", method=method, headers={})
            await transport.send(plan, timeout_s=TIMEOUT_S)
        [seen] = server.seen
        assert seen.line.startswith(f"{method} ")
        assert seen.headers.get("content-length", "0") == "0"
        assert "content-type" not in seen.headers or method != "GET"

    async def test_a_megabyte_arrives_whole(self) -> None:
        """A body that fits into no socket's buffer."""
        body = bytes(range(256)) * 8192
        async with self.exchanging(answers(OK)) as (transport, server):
            answer = await transport.send(post(server.url, body=body), timeout_s=TIMEOUT_S)
        assert isinstance(answer, Response)
        assert server.seen[0].body == body

    @pytest.mark.parametrize(
        "broken",
        [
            {"url": "http://"},
            {"url": "ftp://127.0.0.1/"},
            {"url": "http://127.0.0.1:1/a b"},
            {"url": "http://127.0.0.1:1/\r\nX-Smuggled: 1"},
            {"headers": {"X-Key": "secret\r\nX-Smuggled: 1"}},
            {"headers": {"X-Key": "secret\n"}},
            {"headers": {"X-Key": "secret\x00"}},
            {"headers": {"X Key": "secret"}},
            {"headers": {"X-Key:": "secret"}},
            {"headers": {"": "secret"}},
            {"method": "POST /x"},
        ],
    )
    async def test_what_nobody_can_send_is_refused(self, broken: dict[str, Any]) -> None:
        """Nothing is smuggled into a request, and the error repeats no value."""
        async with self.exchanging(answers(OK)) as (transport, server):
            plan = msgspec.structs.replace(post(server.url), **broken)
            with pytest.raises(ValueError, match=r"malformed|cannot be sent") as refused:
                await transport.send(plan, timeout_s=TIMEOUT_S)
            assert server.seen == []
        assert "secret" not in str(refused.value)
