"""The part of the suite about several deliveries in one request; see `suite`."""

from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from heliograph.destinations.base import (
    Capabilities,
    Destination,
    Plan,
    PlanContext,
    RequestPlan,
    Response,
)
from heliograph.destinations.sample import read_event, read_person
from heliograph.model.delivery import Delivered, Hold, Reject, Retry, Throttle
from heliograph.model.event import Event
from heliograph.model.json import JsonObject
from heliograph.testing.odd_events import odd_input

NOW_MS = 1_781_000_000_000


class BundlesConformance:
    """`combine` and `split`, for destinations whose capabilities name a bundle."""

    destination: ClassVar[Destination[Any]]

    def typed(self, over: JsonObject | None = None) -> Any:
        """Return the typed settings."""
        raise NotImplementedError

    def plan(
        self, event: Event, context: PlanContext, blueprint: str | None = "default"
    ) -> Plan | None:
        """Return the plan of an event."""
        raise NotImplementedError

    def check_request(self, request: RequestPlan) -> None:
        """Assert that a request keeps the vendor's documented limits."""
        raise NotImplementedError

    def _requests(self, number: int) -> list[RequestPlan]:
        requests: list[RequestPlan] = []
        for n in range(number):
            event = read_event(
                {"event": "Order Completed", "customer_id": f"u-{n}", "properties": {"n": n}},
                now_ms=NOW_MS,
            )
            context = PlanContext(delivery_id=f"dlv_{n}", person=read_person(None, event))
            plan = self.plan(event, context)
            assert plan is not None
            requests += plan.requests
        return requests

    def _capabilities(self) -> Capabilities:
        return self.destination.capabilities(self.typed())

    def test_a_bundle_has_both_directions(self) -> None:
        """Who names a bundle combines and splits; who does not marks no request."""
        bundle = self._capabilities().bundle
        if bundle is None:
            assert not [request for request in self._requests(2) if request.bundle]
            return
        assert self.destination.combine is not None
        assert self.destination.split is not None
        assert bundle.items > 1
        assert bundle.bytes > 0

    def test_combined_requests_keep_the_documented_limits(self) -> None:
        """Two, and as many as may go; same input, same bytes; every delivery's key is in it."""
        bundle, combine = self._capabilities().bundle, self.destination.combine
        if bundle is None or combine is None:
            return
        for number in (2, bundle.items):
            requests = self._requests(number)
            assert {request.bundle for request in requests} == {requests[0].bundle}
            assert requests[0].bundle
            before = [request.body for request in requests]
            combined = combine(requests)
            assert combined == combine(requests)
            assert [request.body for request in requests] == before
            self.check_request(combined)
            assert combined.secret_headers >= requests[0].secret_headers
            assert 1 <= combined.cost <= number
            for n in (0, number - 1):
                assert f'"dlv_{n}"'.encode() in combined.body

    @odd_input
    @given(st.integers(100, 599), st.binary(max_size=50), st.integers(2, 9))
    def test_an_answer_is_split_into_one_outcome_each(
        self, status: int, body: bytes, number: int
    ) -> None:
        """Or into none, for halves to be sent; never into a delivery that the status denies."""
        if self._capabilities().bundle is None:
            return
        split = self.destination.split
        assert split is not None
        outcomes = split(Response(status=status, body=body), number)
        if status == 413:
            assert outcomes is None
        alone = self.destination.classify(Response(status=status, body=body))
        if outcomes is None:
            may_be_a_part = status == 413 or isinstance(alone, Reject)
            assert may_be_a_part, "only what a part of it may cause is sent again in halves"
            return
        if isinstance(alone, Reject):
            assert len({type(one) for one in outcomes}) > 1, (
                "one bad event must not reject the others"
            )
        assert len(outcomes) == number
        assert not any(isinstance(outcome, Hold) for outcome in outcomes)
        if not 200 <= status < 300:
            assert not any(isinstance(outcome, Delivered) for outcome in outcomes)
        if status >= 500:
            assert all(isinstance(outcome, Retry) for outcome in outcomes)
        if status == 429:
            assert all(isinstance(outcome, Throttle) for outcome in outcomes)
