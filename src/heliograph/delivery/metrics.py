"""What the courier counts, in the default Prometheus registry of its process.

What is counted for every delivery are plain numbers that only the courier's thread changes.
"""

from typing import Final

from prometheus_client import Counter, Gauge

from heliograph.telemetry.metrics import Shown, Spread, Tally

DELIVERIES: Final = Tally(
    "heliograph_deliveries_total",
    "Turns of deliveries by the state they ended in.",
    ["destination", "state"],
)
ATTEMPTS: Final = Tally(
    "heliograph_attempts_total", "Requests tried, by verdict.", ["destination", "verdict"]
)
ATTEMPT_SECONDS: Final = Spread(
    "heliograph_attempt_duration_seconds",
    "Time from sending a request to its answer or failure.",
    "destination",
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SHOWN: Final = Shown(DELIVERIES, ATTEMPTS, ATTEMPT_SECONDS)
IN_HAND: Final = Gauge(
    "heliograph_deliveries_in_hand",
    "Deliveries that were read and have not ended, those in flight included.",
    ["destination"],
)
IN_FLIGHT_S: Final = Gauge(
    "heliograph_delivery_in_flight_seconds",
    "How long the turn that began first has been under way; 0 when none is.",
    ["destination"],
)
RETURNED: Final = Counter(
    "heliograph_deliveries_returned_total",
    "Deliveries given back without a try, e.g. because the budget was used up.",
    ["destination"],
)
LOST_LEASES: Final = Counter(
    "heliograph_leases_lost_total",
    "Results that came after the lease had passed to another courier.",
    ["destination"],
)
ALLOWED: Final = Gauge(
    "heliograph_budget_requests_per_minute",
    "Requests a minute that the budget allows now; +Inf without a limit.",
    ["destination"],
)
PAUSED: Final = Gauge(
    "heliograph_budget_paused_seconds",
    "How long the budget stays paused because the destination asked for it.",
    ["destination"],
)
CIRCUIT_OPEN: Final = Gauge(
    "heliograph_circuit_open",
    "1 while a destination does not answer and is only asked now and then, else 0.",
    ["destination"],
)
