"""The `/_twin/` pages of a twin: what it received, how it is set, and how it is told to fail.

| Page | Methods |
|---|---|
| /_twin | GET: this list |
| /_twin/requests?since=&limit= | GET: requests after number `since`, oldest first; DELETE: forget all |
| /_twin/stats | GET: counters since the start or the last DELETE of requests |
| /_twin/profiles/{id}?kind= | GET: one person as the vendor would show it |
| /_twin/faults | GET, PUT (a fault or a list of them), DELETE |
| /_twin/limits | GET, PUT `{"per_minute","window","bucket"}`, DELETE: back to the documented ones |
"""

import json
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from aiohttp import web

from heliograph.twins.limits import WindowKind
from heliograph.twins.server.faults import Fault

if TYPE_CHECKING:
    from heliograph.twins.server.shell import TwinServer

PAGES: Final = (
    "/_twin/requests",
    "/_twin/stats",
    "/_twin/profiles/{id}",
    "/_twin/faults",
    "/_twin/limits",
)


class LimitOverride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `PUT /_twin/limits`."""

    per_minute: Annotated[int, msgspec.Meta(ge=0)] | None
    """Tokens a minute; null lifts the limit."""
    window: WindowKind = "fixed"
    bucket: str | None = None
    """One of the vendor's buckets; null means all of them."""


def read_faults(body: bytes) -> list[Fault]:
    """Return the faults in a PUT body: one object or a list of them.

    Raises:
        msgspec.MsgspecError: the body is neither, or a value is out of range.
    """
    if body.lstrip().startswith(b"["):
        return msgspec.json.decode(body, type=list[Fault])
    return [msgspec.json.decode(body, type=Fault)]


def add_control(application: web.Application, server: "TwinServer") -> None:
    """Add the pages to an application; they come before the vendor's own routes."""
    control = Control(server)
    router = application.router
    router.add_get("/_twin", control.index)
    router.add_get("/_twin/requests", control.requests)
    router.add_delete("/_twin/requests", control.forget)
    router.add_get("/_twin/stats", control.stats)
    router.add_get("/_twin/profiles/{id:.+}", control.profile)
    router.add_get("/_twin/faults", control.faults)
    router.add_put("/_twin/faults", control.put_faults)
    router.add_delete("/_twin/faults", control.heal)
    router.add_get("/_twin/limits", control.limits)
    router.add_put("/_twin/limits", control.put_limits)
    router.add_delete("/_twin/limits", control.restore_limits)


class Control:
    """The handlers of one twin's pages."""

    def __init__(self, server: "TwinServer") -> None:
        self._server = server

    async def index(self, _: web.Request) -> web.Response:
        """Say whose twin this is and which pages there are."""
        return _json({"twin": self._server.vendor.name, "pages": PAGES})

    async def requests(self, request: web.Request) -> web.Response:
        """Show what was received."""
        try:
            since = int(request.query.get("since", "0"))
            limit = int(request.query.get("limit", "100"))
        except ValueError:
            return _refused("since and limit are whole numbers")
        return _json(self._server.ledger.shown(since=since, limit=limit))

    async def forget(self, _: web.Request) -> web.Response:
        """Forget requests and counters; profiles and idempotency keys stay."""
        self._server.ledger.clear()
        return _json({"forgotten": True})

    async def stats(self, _: web.Request) -> web.Response:
        """Show the counters."""
        return _json(
            {
                "twin": self._server.vendor.name,
                "profiles": len(self._server.vendor.profiles),
                **self._server.ledger.stats(),
            }
        )

    async def profile(self, request: web.Request) -> web.Response:
        """Show one person."""
        wanted = request.match_info["id"]
        found = self._server.vendor.profiles.find(wanted, request.query.get("kind"))
        if found is None:
            return _json({"error": f"no profile '{wanted}' was made here"}, status=404)
        return _json(found.shown())

    async def faults(self, _: web.Request) -> web.Response:
        """Show the faults with how often each happened."""
        return _json(self._server.faults.shown())

    async def put_faults(self, request: web.Request) -> web.Response:
        """Replace the faults."""
        try:
            self._server.faults.put(read_faults(await request.read()))
        except msgspec.MsgspecError as error:
            return _refused(str(error))
        return _json(self._server.faults.shown())

    async def heal(self, _: web.Request) -> web.Response:
        """Remove all faults."""
        self._server.faults.put([])
        return _json([])

    async def limits(self, _: web.Request) -> web.Response:
        """Show the rate limits in force."""
        return _json(self._server.vendor.limits.current())

    async def put_limits(self, request: web.Request) -> web.Response:
        """Override one rate limit or all."""
        try:
            wanted = msgspec.json.decode(await request.read(), type=LimitOverride)
        except msgspec.MsgspecError as error:
            return _refused(str(error))
        limits = self._server.vendor.limits
        buckets = [limit.bucket for limit in limits.current()]
        if wanted.bucket is not None and wanted.bucket not in buckets:
            return _refused(f"bucket is '{wanted.bucket}'; allowed: {', '.join(buckets)}")
        limits.override(wanted.per_minute, window=wanted.window, bucket=wanted.bucket)
        return _json(limits.current())

    async def restore_limits(self, _: web.Request) -> web.Response:
        """Go back to the documented limits."""
        self._server.vendor.limits.restore()
        return _json(self._server.vendor.limits.current())


def _json(value: object, *, status: int = 200) -> web.Response:
    # Indented, because a person with curl is the usual reader.
    text = json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False)
    return web.Response(status=status, text=text + "\n", content_type="application/json")


def _refused(message: str) -> web.Response:
    return _json({"error": message}, status=400)
