"""Every way of sending, over real sockets to odd servers."""

from pathlib import Path

import pytest

from heliograph.delivery.send.aiohttp_transport import AiohttpTransport
from heliograph.delivery.send.choice import make_transport
from heliograph.delivery.send.client import HttpTransport
from heliograph.delivery.send.transport import Failure
from heliograph.testing.transport.authority import Authority
from heliograph.testing.transport.kit import TIMEOUT_S, post
from heliograph.testing.transport.odd_server import OK, Exchange, odd_server
from heliograph.testing.transport.suite import TransportConformance


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class TestOwnClient(TransportConformance):
    make = HttpTransport


class TestAiohttp(TransportConformance):
    make = AiohttpTransport
    exact = False


async def test_a_proxy_of_the_environment_is_used_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    async def proxy(exchange: Exchange) -> None:
        await exchange.write(OK)

    async with odd_server(proxy) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        through = make_transport(proxy_from_environment=True)
        await through.send(post("http://far.invalid/in"), timeout_s=TIMEOUT_S)
        await through.close()
        straight = make_transport()
        answer = await straight.send(post("http://far.invalid/in"), timeout_s=TIMEOUT_S)
        await straight.close()
    assert [seen.line for seen in server.seen] == ["POST http://far.invalid/in HTTP/1.1"]
    assert answer == Failure(reason="the name far.invalid was not found")
