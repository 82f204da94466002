"""Where a hub listens, and what to do when it cannot."""

import errno
import socket


def at_port(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets as a URL has it."""
    bare = host.removeprefix("[").removesuffix("]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def why_not_listening(error: Exception, host: str, port: int) -> str:
    """Return what to do about an address that cannot be listened on."""
    number = error.errno if isinstance(error, OSError) else None
    if isinstance(error, socket.gaierror | UnicodeError):
        return (
            "gateway.host is an IP address or a host name of this machine, without http:// and without a "
            "port: 127.0.0.1 for this machine alone, 0.0.0.0 or :: for all its addresses."
        )
    if number == errno.EADDRNOTAVAIL:
        return (
            f"This machine has no address {host}. Take one that it has, 127.0.0.1 for this machine alone, or "
            "0.0.0.0 for all its addresses."
        )
    if number in (errno.EACCES, errno.EPERM):
        return (
            f"Ports below 1024 want a right that this user lacks. Let a proxy listen on {port} and the hub "
            "on 8080, or give the service AmbientCapabilities=CAP_NET_BIND_SERVICE: see "
            "docs/how-to/run-behind-a-proxy.md and docs/how-to/run-as-a-service.md."
        )
    if number == errno.EADDRINUSE:
        return (
            f"Stop what uses port {port} (`ss -ltnp` shows it; another hub?), choose another one with "
            "--set gateway.port=…, or 0 for a free one."
        )
    return "Choose another address or port; 0 takes a free port."
