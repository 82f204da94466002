"""The partner URLs: `POST /v1/partner/{partner}/{events|users}/?configName={config}` with Basic auth.

Workspace id as user, a Data API key as password; the URL names the mapper.
"""

from heliograph.gateway import refusals
from heliograph.gateway.answers import Answer, refused
from heliograph.gateway.credentials import parse_basic
from heliograph.gateway.directory import Desk, Inlet
from heliograph.gateway.doors import partner_words
from heliograph.gateway.doors.door import Arrival, Intake
from heliograph.gateway.doors.mapped import answer_mapped, read_mapped
from heliograph.gateway.intake.slices import Errand
from heliograph.gateway.reception import Reception
from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import Route
from heliograph.model.request import StoredRequest


class PartnerDoor:
    """The door of partners' webhooks."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._pause = reception.slices.pause

    def admit(self, arrival: Arrival) -> Inlet:
        """Return the mapper that a request with this head may use.

        Raises:
            Refusal: 401, 403, 404, 405, 429 or 503.
        """
        reception, route = self._reception, arrival.route
        if arrival.method != "POST":
            raise refusals.method_not_allowed(arrival.method, "POST")
        reception.require_configuration()
        doorkeeper = reception.directory.doorkeeper
        authorization = arrival.head.get(b"authorization")
        try:
            desk = doorkeeper.known(authorization) or doorkeeper.admit(authorization)
        except Refusal as refusal:
            raise self._own_fault(refusal, authorization) from None
        if not desk.bucket.take(arrival.started_s):
            raise refusals.rate_limited(desk.bucket.rate, desk.bucket.wait_s())
        inlet = desk.inlets.get(route.inlet)
        if inlet is None or not inlet.enabled:
            raise self._no_inlet(desk, route, inlet)
        reception.require_room()
        return inlet

    def admit_known(
        self, route: Route, authorization: bytes | None, *, size: int, now_s: float
    ) -> Inlet | None:
        """Return the mapper of a POST that nothing speaks against, else None: ask `admit` why.

        `size` is the Content-Length. A token is taken only from a request that is admitted.
        """
        reception = self._reception
        desk = reception.directory.doorkeeper.known(authorization)
        if desk is None:
            return None
        inlet = desk.inlets.get(route.inlet)
        if inlet is None or not inlet.enabled or size > inlet.max_body_bytes:
            return None
        if reception.commit.refusal() is not None:
            return None
        return inlet if desk.bucket.take(now_s) else None

    def read(self, arrival: Arrival, admitted: Inlet, body: bytes) -> Intake | Errand[Intake]:
        """Return what the mapper makes of the body.

        Raises:
            Refusal: 413.
        """
        return read_mapped(arrival, admitted, body, pause=self._pause)

    def answer(self, intake: Intake, request: StoredRequest) -> Answer:
        """Answer as Connected Sources does."""
        return answer_mapped(intake, request)

    def refuse(self, refusal: Refusal, request_id: str) -> Answer:
        """Refuse as the Data API does."""
        return refused(request_id, refusal)

    def _own_fault(self, refusal: Refusal, authorization: bytes | None) -> Refusal:
        """Return the refusal of credentials, in another light where the hub itself lacks a key.

        With no key at all nobody can be told apart, so the answer is 503: senders keep what they have. That
        such a workspace exists is no secret given away: the published words of a 401 tell an unknown
        workspace and a wrong key apart.
        """
        try:
            name, _ = parse_basic(authorization)
        except Refusal:
            return refusal
        desk = self._reception.directory.desks.get(name)
        if desk is None or desk.keys_problem is None:
            return refusal
        if desk.keys:
            refusal.note = f"Perhaps the hub's own fault: {desk.keys_problem}"
            return refusal
        unusable = self._reception.unavailable(
            "the hub lacks a key that it needs to know its senders"
        )
        unusable.note = f"The hub's own fault: {desk.keys_problem}"
        return unusable

    def _no_inlet(self, desk: Desk, route: Route, inlet: Inlet | None) -> Refusal:
        """Return why no mapper answers at this URL."""
        if inlet is not None:
            return refusals.source_disabled(inlet.source_id)
        if route.inlet in desk.broken:
            reason = f"the mapper {route.partner}/{route.config} cannot be used"
            return self._reception.unavailable(reason)
        if route.partner not in desk.partners:
            return partner_words.no_such_partner(route.partner, desk.partners)
        known = [config for partner, config in desk.inlets if partner == route.partner and config]
        return partner_words.no_such_config(route.partner, route.config, known, route.query)
