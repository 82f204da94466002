"""Which handler a request target means: parsed once per distinct path and query, then looked up.

A sender calls one URL over and over, so the raw bytes are the key of the cache; it is emptied when it
is full, because targets with changing parameters would grow it for ever. Long targets are not kept: what a
stranger sends must not fill the memory.
"""

from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec

from heliograph.gateway import refusals
from heliograph.gateway.redaction import is_credential

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
    query: dict[str, str]
    """Query parameters (the last of a repeated name), credentials masked."""
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
        Refusal: 400, more than `MAX_PARAMETERS` parameters.
    """
    segments = [unquote(part) for part in raw_path.decode("latin-1").split("/")]
    try:
        pairs = parse_qsl(
            query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS
        )
    except ValueError as error:
        raise refusals.too_many_parameters(MAX_PARAMETERS) from error
    query = {name: "REDACTED" if is_credential(name) else value for name, value in pairs}
    path = "/".join(segments)
    target = f"{path}?{urlencode(query)}" if query else path
    if segments and segments[-1] == "" and len(segments) > 2:
        segments.pop()
    match segments:
        case ["", "v1", "partner", partner, kind] if partner and kind in _KINDS:
            config = query.get("configName") or None
            return Route(
                page="partner",
                target=target,
                query=query,
                partner=partner,
                config=config,
                mapping_type=_KINDS[kind],
                inlet=(partner, config),
            )
        case ["", "v1", "webhook", source] if source:
            return Route(page="webhook", target=target, query=query, source=source)
        case _:
            return Route(page=_PAGES.get(path, "none"), target=target, query=query)


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
