"""Which handler a request target means: parsed once per distinct path and query, then looked up.

A sender calls one URL over and over, so the raw bytes are the key of the cache; it is emptied when it
is full, because targets with changing parameters would grow it for ever. Long targets are not kept: what a
stranger sends must not fill the memory.
"""

from typing import Final, Literal
from urllib.parse import unquote_to_bytes, urlencode

import msgspec

from heliograph.errors import InputError
from heliograph.gateway import refusals
from heliograph.gateway.redaction import is_credential
from heliograph.mapping.body.query import read_query, split_query
from heliograph.model.json import JsonObject

Page = Literal["partner", "webhook", "hello", "healthz", "readyz", "metrics", "none"]
MappingType = Literal["events", "users"]

_KINDS: Final[dict[str, MappingType]] = {
    "events": "events",
    "event": "events",
    "users": "users",
    "user": "users",
}
_PAGES: Final[dict[str, Page]] = {
    "/": "hello",
    "": "hello",
    "/healthz": "healthz",
    "/readyz": "readyz",
    "/metrics": "metrics",
}
_CACHED_ROUTES: Final = 4096
_CACHED_BYTES: Final = 512
"""Longest path and query together that is remembered."""
MAX_PARAMETERS: Final = 100
"""Query parameters of an address."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What a request target means, for every workspace alike."""

    page: Page
    target: str
    """Path and query as stored with the request, credentials masked."""
    query: JsonObject
    """Query parameters, credentials masked; a name that is repeated or ends in `[]` holds a list."""
    undecoded: bytes = b""
    """The masked query string when part of it is not UTF-8: the mapper's charset decides what it says."""
    partner: str = ""
    config: str | None = None
    """`configName`, None when absent or empty."""
    source: str = ""
    """Source name of a `/v1/webhook/{source}` URL."""
    mapping_type: MappingType = "events"
    """What the URL says; a mapper of the other type refuses the request."""
    inlet: tuple[str, str | None] = ("", None)
    """(partner, config): key of the mapper within a workspace."""


NOWHERE: Final = Route(page="none", target="", query={})
"""Where a request goes whose target or head was not understood."""


def parse_route(raw_path: bytes, query_string: bytes) -> Route:
    """Return the route of a request target; unknown paths give the page `none`.

    Heap's `/user` and the trailing slash before `?` are optional spellings of the same URL
    (seed "Heap Analytics"; reference/moengage.md 1.1).

    Raises:
        Refusal: 400, more than `MAX_PARAMETERS` parameters, or two of one that says where a request goes.
    """
    segments = [unquote_to_bytes(part).decode(errors="replace") for part in raw_path.split(b"/")]
    if query_string.count(b"&") >= MAX_PARAMETERS:
        raise refusals.too_many_parameters(MAX_PARAMETERS)
    pairs = [
        (name, b"REDACTED" if is_credential(name.decode(errors="replace")) else value)
        for name, value in split_query(query_string)
    ]
    encoded = urlencode(pairs)
    try:
        query, undecoded = read_query(encoded.encode()), b""
    except InputError:
        undecoded = encoded.encode()
        query = {}
    path = "/".join(segments)
    target = f"{path}?{encoded}" if encoded else path
    if segments and segments[-1] == "" and len(segments) > 2:
        segments.pop()
    match segments:
        case ["", "v1", "partner", partner, kind] if partner and kind in _KINDS:
            _only_once(pairs, "configName")
            config = _config_of(pairs)
            return Route(
                page="partner",
                target=target,
                query=query,
                undecoded=undecoded,
                partner=partner,
                config=config,
                mapping_type=_KINDS[kind],
                inlet=(partner, config),
            )
        case ["", "v1", "webhook", source] if source:
            _only_once(pairs, "workspace")
            return Route(
                page="webhook", target=target, query=query, undecoded=undecoded, source=source
            )
        case _:
            return Route(page=_PAGES.get(path, "none"), target=target, query=query)


def _only_once(pairs: list[tuple[bytes, bytes]], name: str) -> None:
    """Refuse an address that says twice where a request goes: nobody can know which is meant.

    Raises:
        Refusal: 400.
    """
    if sum(key == name.encode() for key, _ in pairs) > 1:
        raise refusals.repeated_parameter(name)


def _config_of(pairs: list[tuple[bytes, bytes]]) -> str | None:
    """Return the `configName`, None when it is absent or empty."""
    found = dict(pairs).get(b"configName")
    return found.decode(errors="replace") if found else None


class RouteTable:
    """The cache of parsed targets."""

    def __init__(self) -> None:
        self._routes: dict[tuple[bytes, bytes], Route] = {}
        self.get = self._routes.get
        """Look a (raw path, query string) up; None when it was not parsed yet."""

    def resolve(self, raw_path: bytes, query_string: bytes) -> Route:
        """Return the route of a target, from the cache or parsed now.

        Raises:
            Refusal: 400, see `parse_route`.
        """
        key = (raw_path, query_string)
        route = self._routes.get(key)
        if route is None:
            route = parse_route(raw_path, query_string)
            if len(raw_path) + len(query_string) <= _CACHED_BYTES:
                if len(self._routes) >= _CACHED_ROUTES:
                    self._routes.clear()
                self._routes[key] = route
        return route
