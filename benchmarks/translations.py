"""What the gateway, mapper and storage benchmarks print, in the form that all results have.

Targets are those of the project: docs/performance.md says where each comes from.
"""

from typing import Any

from rig.result import Result

FLOOR_RATIO = 0.35
SINGLE_US = 6.0
ITEM_US = 2.5
JSONATA_TIMES = 20
REMAP_PER_S = 50_000
RIVALS = ("jsonpath_ng", "python_jsonpath", "jq", "jsonata")


def gateway(printed: dict[str, Any]) -> Result:
    """Return the gateway's result; Node-RED may be missing."""
    settings = printed["machine"]
    result = Result(
        benchmark="gateway",
        title="Acknowledging a webhook",
        quick=False,
        settings={key: settings[key] for key in ("connections", "rounds", "seconds", "generator")},
        figures=printed,
    )
    floor, hub, peer = printed["floor"], printed["hub"], printed.get("node_red")
    rows = [
        ("uvicorn answering a constant", f"{floor['per_second']:,.0f}", floor["cpu_us"], "1.00"),
        ("Heliograph: authenticated, mapped, on disk", f"{hub['per_second']:,.0f}", hub["cpu_us"],
         f"{printed['ratio']['median']:.2f}"),
    ]  # fmt: skip
    if "per_second" in (constant := printed.get("nginx", {})):
        share = constant["per_second"] / floor["per_second"]
        rows.append(
            ("nginx answering a constant", f"{constant['per_second']:,.0f}", constant["cpu_us"],
             f"{share:.2f}")
        )  # fmt: skip
        by_rate = hub["per_second"] / constant["per_second"]
        by_cpu = constant["cpu_us"] / hub["cpu_us"]
        result.notes.append(
            f"To nginx's constant the gateway is {by_rate:.2f} by rate and {by_cpu:.2f} by CPU a request."
        )
    if peer and "per_second" in peer:
        share = peer["per_second"] / floor["per_second"]
        rows.append(
            ("Node-RED: mapped, nothing stored", f"{peer['per_second']:,.0f}", peer["cpu_us"],
             f"{share:.2f}")
        )  # fmt: skip
    result.table(
        "Single-event webhooks of about 600 bytes, server on one core",
        ("server", "requests/s", "CPU µs/request", "to the constant"),
        rows,
    )
    batches, half, memory = printed["batches_of_500"], printed["half_load"], printed["memory"]
    result.table(
        "The same gateway",
        ("batches of 500, items/s", "CPU µs/item", "half load, requests/s", "p50 ms", "p99 ms",
         "peak memory MB"),
        [(f"{batches['items_per_second']:,.0f}", batches["cpu_us_per_item"],
          f"{half['per_second']:,.0f}", half["p50_ms"], half["p99_ms"], memory["peak_mb"])],
    )  # fmt: skip
    ratio = printed["ratio"]["median"]
    result.target(
        "Acknowledged webhooks to a constant answer",
        f"≥ {FLOOR_RATIO}",
        found=f"{ratio:.2f} (rounds {', '.join(f'{r:.2f}' for r in printed['ratio']['rounds'])})",
        met=ratio >= FLOOR_RATIO,
    )
    stored = printed["stored"]
    result.target(
        "Acknowledged requests in the journal afterwards",
        "all",
        found=f"{stored['in_journal']:,} stored, {stored['acknowledged']:,} acknowledged",
        met=stored["in_journal"] >= stored["acknowledged"],
    )
    return result


def mapper(printed: list[dict[str, Any]]) -> Result:
    """Return the mapper's result; rivals that are not installed are missing."""
    result = Result(benchmark="mapper", title="Mapping", quick=False, figures={"cases": printed})
    result.table(
        "µs of processor time for a payload beyond decoding its JSON (and how many times ours)",
        ("case", "items", "Heliograph", "µs/item", *RIVALS, "decoding", "remapped requests/s"),
        [
            (row["case"], row["items"], f"{row['heliograph']:.2f}",
             f"{row['heliograph'] / row['items']:.2f}",
             *(_beside(row.get(rival), row["heliograph"]) for rival in RIVALS),
             f"{row['decode']:.2f}", f"{1e6 / row['remap']:,.0f}")
            for row in printed
        ],
    )  # fmt: skip
    single = max(row["heliograph"] for row in printed if row["items"] == 1)
    result.target(
        "Slowest single event", f"≤ {SINGLE_US:g} µs", found=f"{single:.2f} µs",
        met=single <= SINGLE_US,
    )  # fmt: skip
    many = max(printed, key=lambda row: row["items"])
    item = many["heliograph"] / many["items"]
    result.target(
        f"An item of {many['items']}", f"≤ {ITEM_US:g} µs", found=f"{item:.2f} µs",
        met=item <= ITEM_US,
    )  # fmt: skip
    times = [row["jsonata"] / row["heliograph"] for row in printed if row.get("jsonata")]
    result.target(
        "jsonata to ours, least of the cases",
        f"≥ {JSONATA_TIMES} times",
        found=f"{min(times):.0f} times" if times else "not installed",
        met=min(times) >= JSONATA_TIMES if times else None,
    )
    remapped = min(1e6 / row["remap"] for row in printed if row["items"] == 1)
    result.target(
        "Stored requests remapped, slowest single event",
        f"≥ {REMAP_PER_S:,}/s on one core",
        found=f"{remapped:,.0f}/s",
        met=remapped >= REMAP_PER_S,
    )
    return result


def storage(printed: dict[str, Any]) -> Result:
    """Return the storage's result."""
    result = Result(
        benchmark="storage", title="Storage", quick=False, figures={"cases": printed["results"]}
    )
    result.table(
        "SQLite, every call a durable transaction",
        ("case", "per second", "p50 ms", "p99 ms", "max ms"),
        [
            (row["case"], f"{row['per_second']:,}", row["p50_ms"], row["p99_ms"], row["max_ms"])
            for row in printed["results"]
        ],
    )
    return result


def _beside(theirs: float | None, ours: float) -> str:
    return "–" if theirs is None else f"{theirs:.1f} ({theirs / ours:.0f}×)"
