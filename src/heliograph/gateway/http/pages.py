"""The pages beside the doors: the greeting, `/healthz`, `/readyz` and `/metrics`.

`/metrics` and the checks of `/readyz` name workspaces, sources, destinations and folders, so they are kept to
those who look after the hub. Whether it is ready is for everyone: load balancers ask.
"""

import asyncio
import hmac
from ipaddress import IPv6Address, ip_address
from typing import Final

from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.doors.door import Arrival
from heliograph.gateway.http.health import Readiness
from heliograph.gateway.meters import Meters
from heliograph.model.secret import Secret
from heliograph.telemetry.metrics import CONTENT_TYPE

_PASSED_ON: Final = (b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via")
"""Header fields of a request that a proxy passes on: its sender is not the peer of the connection."""


class Pages:
    """Shows how the gateway is.

    Args:
        readiness: the checks.
        meters: the counters.
        for_everyone: whether details are shown to all.
        token: shows them to whoever sends it as a bearer token.
    """

    def __init__(
        self, readiness: Readiness, meters: Meters, *, for_everyone: bool, token: Secret | None
    ) -> None:
        self._readiness = readiness
        self._meters = meters
        self._for_everyone = for_everyone
        self._token = token

    async def show(self, arrival: Arrival, request_id: str) -> Answer:
        """Return the page an address means.

        Raises:
            Refusal: 403, 404 or 405.
        """
        route = arrival.route
        if route.page == "none":
            raise refusals.no_such_page(route.target.partition("?")[0])
        if arrival.method not in ("GET", "HEAD"):
            raise refusals.method_not_allowed(arrival.method, "GET, HEAD")
        match route.page:
            case "healthz":
                return answers.document(200, {"status": "alive"}, request_id)
            case "readyz":
                checks = await self._readiness.checks()
                ready = all(check.state != "failed" for check in checks)
                page: dict[str, object] = {"status": "ready" if ready else "not ready"}
                if self._may_see_all(arrival):
                    page["checks"] = checks
                return answers.document(200 if ready else 503, page, request_id)
            case "metrics":
                if not self._may_see_all(arrival):
                    raise refusals.page_kept()
                # Some of what is shown is read from the store, for which no webhook must wait.
                shown = await asyncio.to_thread(self._meters.exposition.render)
                return answers.text(shown, CONTENT_TYPE.encode(), request_id)
            case _:
                greeting = {
                    "name": "heliograph",
                    "role": "gateway",
                    "webhooks": refusals.ROUTES_HINT,
                }
                return answers.document(200, greeting, request_id)

    def _may_see_all(self, arrival: Arrival) -> bool:
        """Tell whether a request comes from who looks after the hub."""
        if self._for_everyone or _is_local(arrival):
            return True
        if self._token is None or not self._token:
            return False
        kind, _, sent = arrival.head.get(b"authorization", b"").partition(b" ")
        right = hmac.compare_digest(sent.strip(), self._token.reveal().encode())
        return right and kind.lower() == b"bearer"


def _is_local(arrival: Arrival) -> bool:
    """Tell whether a request was made on this machine, and not passed on by a proxy on it."""
    if arrival.client is None or any(name in arrival.head for name in _PASSED_ON):
        return False
    try:
        address = ip_address(arrival.client)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback
