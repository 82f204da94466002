"""An address that cannot be listened on is answered with what helps in that case."""

import socket

import pytest

from heliograph.errors import ConfigError
from heliograph.gateway.http.addresses import at_port, why_not_listening
from heliograph.gateway.http.server import _listen  # pyright: ignore[reportPrivateUsage]
from heliograph.gateway.settings import GatewaySettings


def test_an_address_with_colons_stands_in_brackets():
    for host in ("::1", "[::1]"):
        assert at_port(host, 80) == "[::1]:80"
    assert at_port("127.0.0.1", 80) == "127.0.0.1:80"


@pytest.mark.parametrize("host", ["[::1]", "::1"])
def test_brackets_of_an_address_are_understood(host: str):
    if not socket.has_ipv6:
        pytest.skip("capability: no IPv6")
    try:
        listener = _listen(GatewaySettings(host=host, port=0))
    except ConfigError as error:
        if "Cannot assign" in error.message:
            pytest.skip("capability: no IPv6")
        raise
    with listener:
        assert listener.getsockname()[0] == "::1"


@pytest.mark.parametrize(
    ("host", "help_"),
    [
        ("http://127.0.0.1", "without http://"),
        ("127.0.0.1:9000", "without a port"),
        (" 127.0.0.1", "IP address or a host name"),
        ("203.0.113.7", "This machine has no address 203.0.113.7"),
        ("." * 70, "IP address or a host name"),
    ],
)
def test_a_host_that_is_none_is_told_what_one_is(host: str, help_: str):
    with pytest.raises(ConfigError) as caught:
        _listen(GatewaySettings(host=host, port=0))
    assert help_ in (caught.value.hint or "")


def test_a_port_that_is_taken_is_named():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError) as caught:
            _listen(GatewaySettings(host="127.0.0.1", port=port))
    assert f"Stop what uses port {port}" in (caught.value.hint or "")


def test_a_port_below_1024_without_the_right_names_the_ways_around():
    hint = why_not_listening(PermissionError(13, "Permission denied"), "127.0.0.1", 80)
    assert "CAP_NET_BIND_SERVICE" in hint
    assert "a proxy listen on 80" in hint
    assert "another address" in why_not_listening(OSError(99_999, "odd"), "127.0.0.1", 80)
