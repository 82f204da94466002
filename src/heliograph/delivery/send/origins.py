"""Where a request goes: an address taken apart, and the name in it looked up."""

import asyncio
import re
import socket
from typing import Final
from urllib.parse import urlsplit

import msgspec

from heliograph.destinations.planning.http import check_url

_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]")
REMEMBERED: Final = 256
LOOKED_UP_S: Final = 10.0
"""How long the addresses of a name are used; new connections are rare, so a move is seen soon enough."""

Address = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]
"""As `getaddrinfo` gives it."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """What a connection is made to."""

    host: str
    """Name or address, without the brackets of IPv6."""
    port: int
    tls: bool
    host_header: str
    """As it stands in the address: the port only when it is not the scheme's own."""

    def __str__(self) -> str:
        """Return host and port for a person."""
        return f"{self.host}:{self.port}"


class Origins:
    """Takes addresses apart; remembers those of late, for a destination has few."""

    def __init__(self) -> None:
        self._known: dict[str, Origin] = {}
        self._whole: dict[str, tuple[Origin, str]] = {}

    def split(self, url: str) -> tuple[Origin, str]:
        """Return where a request goes, and its target (path and query).

        Raises:
            ValueError: the URL is malformed.
        """
        found = self._whole.get(url)
        if found is None:
            # Most destinations are sent to at one address, some at one for each person.
            if len(self._whole) >= REMEMBERED:
                self._whole.clear()
            found = self._whole[url] = self._split(url)
        return found

    def _split(self, url: str) -> tuple[Origin, str]:
        start = url.find("://") + 3
        cut = min(
            (at for at in (url.find(mark, start) for mark in "/?#") if at >= 0), default=len(url)
        )
        origin = self._known.get(url[:cut])
        if origin is None:
            origin = self._known[url[:cut]] = _read(url[:cut])
            if len(self._known) > REMEMBERED:
                del self._known[next(iter(self._known))]
        target = url[cut:].partition("#")[0]
        if _UNPRINTABLE.search(target):
            raise ValueError("the URL is malformed")
        return origin, target if target.startswith("/") else f"/{target}"


def _read(text: str) -> Origin:
    try:
        check_url(text)
    except ValueError as error:
        raise ValueError("the URL is malformed") from error
    parts = urlsplit(text)
    tls = parts.scheme == "https"
    own = 443 if tls else 80
    host = parts.hostname or ""
    port = parts.port or own
    shown = f"[{host}]" if ":" in host else host
    return Origin(
        host=host,
        port=port,
        tls=tls,
        host_header=shown if port == own else f"{shown}:{port}",
    )


class Resolver:
    """Looks names up in the event loop's threads, at most once in `LOOKED_UP_S` seconds each."""

    def __init__(self) -> None:
        self._known: dict[Origin, tuple[float, list[Address]]] = {}

    async def addresses(self, origin: Origin) -> list[Address]:
        """Return where the origin can be reached.

        Raises:
            socket.gaierror: the name was not found.
        """
        loop = asyncio.get_running_loop()
        until, found = self._known.get(origin, (0.0, []))
        if loop.time() < until:
            return found
        looked_up: list[Address] = await loop.getaddrinfo(  # pyright: ignore[reportAssignmentType]
            origin.host, origin.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )
        self._known = {
            known: entry for known, entry in self._known.items() if loop.time() < entry[0]
        }
        self._known[origin] = (loop.time() + LOOKED_UP_S, looked_up)
        return looked_up

    def forget(self, origin: Origin) -> None:
        """Look the name up again next time: nothing answered where it led."""
        self._known.pop(origin, None)
