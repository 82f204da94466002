"""The pages beside the doors: the greeting, `/healthz`, `/readyz` and `/metrics`."""

import asyncio

from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.doors.door import Arrival
from heliograph.gateway.http.health import Readiness
from heliograph.gateway.meters import Meters
from heliograph.telemetry.metrics import CONTENT_TYPE


class Pages:
    """Shows how the gateway is."""

    def __init__(self, readiness: Readiness, meters: Meters) -> None:
        self._readiness = readiness
        self._meters = meters

    async def show(self, arrival: Arrival, request_id: str) -> Answer:
        """Return the page an address means.

        Raises:
            Refusal: 404 or 405.
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
                page = {"status": "ready" if ready else "not ready", "checks": checks}
                return answers.document(200 if ready else 503, page, request_id)
            case "metrics":
                # Some of what is shown is read from the store, for which no webhook must wait.
                page = await asyncio.to_thread(self._meters.exposition.render)
                return answers.text(page, CONTENT_TYPE.encode(), request_id)
            case _:
                greeting = {
                    "name": "heliograph",
                    "role": "gateway",
                    "webhooks": refusals.ROUTES_HINT,
                }
                return answers.document(200, greeting, request_id)
