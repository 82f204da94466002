"""The five figures with which the page of performance opens, taken from the stored results."""

from collections.abc import Mapping, Sequence
from typing import Any

from rig.result import Result

COLUMNS = ("question", "answer", "benchmark")
NOT_YET = "not measured yet"


def rows(found: Mapping[str, Result]) -> Sequence[tuple[str, str, str]]:
    """Return the questions of somebody who considers a hub, with answers and where they come from."""
    gateway = found["gateway"].figures if "gateway" in found else {}
    delivery = found["delivery_cost"].figures if "delivery_cost" in found else {}
    now: Mapping[str, Any] = next(
        (figures for name, figures in delivery.items() if name == "now"), {}
    )
    return [
        (
            "How many webhooks a second does it take, each on disk before its answer?",
            _one(gateway, "hub", lambda f: f"{f['per_second']:,.0f}, the gateway on one core"),
            _link("gateway"),
        ),
        (
            "How long does a sender wait for the answer?",
            _one(
                gateway,
                "half_load",
                lambda f: (
                    f"{f['p50_ms']:.1f} ms; one in a hundred {f['p99_ms']:.0f} ms, at half load"
                ),
            ),
            _link("gateway"),
        ),
        (
            "How many events a second arrive at a destination, gateway and worker on two cores?",
            _one(now, "saturated", lambda f: f"{f['events_per_s']:,.0f}"),
            _link("delivery_cost"),
        ),
        (
            "How long after the answer has the destination the request?",
            _one(
                now,
                "150",
                lambda f: (
                    f"{f['arrives_p50_ms']:.0f} ms; one in a hundred {f['arrives_p99_ms']:.0f} ms, "
                    "at 150 events a second"
                ),
            ),
            _link("delivery_cost"),
        ),
        (
            "How much memory and disk does it want?",
            _one(
                now,
                "saturated",
                lambda f: (
                    f"{f['worker_peak_mb'] + f['gateway_peak_mb']:.0f} MB at most, both processes; "
                    f"{f['written_kib']:.1f} KiB written an event as fast as possible"
                ),
            ),
            _link("delivery_cost"),
        ),
    ]


def _one(figures: Mapping[str, Any], name: str, say: Any) -> str:
    return say(figures[name]) if name in figures else NOT_YET


def _link(name: str) -> str:
    return f"[{name}](#{name})"
