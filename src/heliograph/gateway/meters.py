"""What the gateway counts about itself, as families of the metrics page.

Written by the event loop's thread only; a commit is observed in one go, not request by request.
"""

from collections.abc import Callable, Sequence

from heliograph.gateway.intake.group_commit import Unit
from heliograph.model.clock import Clock
from heliograph.telemetry.metrics import SIZE_BOUNDS, Exposition, Gauge, Histogram, Tally


class Meters:
    """The gateway's counters; `commit_done` is the callback of the group commit."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.exposition = Exposition()
        self.answers = Tally(
            "heliograph_gateway_answers_total", "Requests answered, by HTTP status.", ["status"]
        )
        self.refusals = Tally(
            "heliograph_gateway_refusals_total",
            "Requests turned away before their payload was judged; not stored.",
            ["status", "type"],
        )
        self.requests = Tally(
            "heliograph_gateway_requests_total",
            "Requests stored, by workspace, source and state.",
            ["workspace", "source", "state"],
        )
        self.events = Tally("heliograph_gateway_events_total", "Items stored as events.")
        self.rejected = Tally("heliograph_gateway_rejected_items_total", "Items quarantined.")
        self.bytes = Tally("heliograph_gateway_body_bytes_total", "Bytes of stored bodies.")
        self.aborted = Tally(
            "heliograph_gateway_aborted_total", "Requests whose sender left before the body ended."
        )
        self.latency = Histogram(
            "heliograph_gateway_acknowledgement_seconds",
            "From the first byte handled to the commit that covers the request.",
        )
        self.commit_seconds = Histogram(
            "heliograph_gateway_commit_seconds", "Duration of one commit of the journal."
        )
        self.commit_units = Histogram(
            "heliograph_gateway_commit_requests", "Requests in one commit.", SIZE_BOUNDS
        )
        self.reloads = Tally(
            "heliograph_gateway_catalog_reloads_total", "Configuration loads.", ["result"]
        )
        self.exposition.add(
            *(self.answers, self.refusals, self.requests, self.events, self.rejected, self.bytes),
            *(self.aborted, self.latency, self.commit_seconds, self.commit_units, self.reloads),
        )

    def watch(self, name: str, help_: str, read: Callable[[], float]) -> None:
        """Show a value that is asked for at each scrape."""
        self.exposition.add(Gauge(f"heliograph_gateway_{name}", help_, read))

    def commit_done(self, units: Sequence[Unit], duration_s: float) -> None:
        """Count a successful commit and everything in it."""
        now = self._clock.monotonic_s()
        self.commit_seconds.observe(duration_s)
        self.commit_units.observe(len(units))
        self.latency.observe_all([now - unit.started_s for unit in units])
        counts: dict[tuple[str, str, str], int] = {}
        events = rejected = size = 0
        for unit in units:
            request = unit.request
            key = (request.workspace, request.source_id, request.state)
            counts[key] = counts.get(key, 0) + 1
            events += request.events
            rejected += request.rejected_count
            size += len(request.body)
        for key, count in counts.items():
            self.requests.add(key, count)
            if key[2] != "refused":  # the reception counts those, by the status it answers
                self.answers.add(("200",), count)
        self.events.add(by=events)
        self.rejected.add(by=rejected)
        self.bytes.add(by=size)
