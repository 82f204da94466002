"""What does mapping cost, and what would others ask for the same?

    python benchmarks/mapper/run.py [--smoke] [--json FILE]

Microseconds of processor time per payload beyond decoding the JSON: the best of five rounds, the rivals
of one case right after each other on one machine, so that ratios mean something. A rival whose result
differs from ours is not measured but reported.
`remap` is the whole way of a stored request: decode the body, apply the mapper, encode the events.
"""

import argparse
import json
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rivals
from cases import Case, cases

from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.run.output import as_output
from heliograph.model.event import Event, encode_event
from heliograph.model.ids import event_id_of

ROUNDS = 5


def microseconds(statement: str, names: dict[str, Any], seconds: float) -> float:
    """Return the best round's time per execution, with the garbage collector at work as in service."""
    timer = timeit.Timer(
        statement, setup="import gc; gc.enable()", timer=time.process_time, globals=names
    )
    best, count = float("inf"), 1
    for _ in range(ROUNDS):
        while (spent := timer.timeit(count)) < seconds / ROUNDS:
            count = max(count + 1, int(count * min(10, seconds / ROUNDS / max(spent, 1e-9) * 1.1)))
        best = min(best, spent / count)
    return best * 1e6


def same(left: Any, right: Any) -> bool:
    """Compare results; the null or empty fields that a language leaves out do not matter."""

    def plain(items: Any) -> Any:
        return [{k: v for k, v in item.items() if v not in (None, {})} for item in items]

    return plain(left) == plain(right)


def remapper(mapper: Mapper, body: bytes) -> Callable[[], int]:
    """Return a function that maps one stored request again and returns the bytes it made."""

    def remap() -> int:
        result = mapper.apply(msgspec.json.decode(body), received_at_ms=1_704_067_200_000)
        size = 0
        for item in result.mapped:
            event = Event(
                type="track" if mapper.kind == "events" else "identify",
                event_id=event_id_of("req_00000000000000000000000000", item.index),
                workspace="w",
                source_id="s",
                request_id="req_00000000000000000000000000",
                item_index=item.index,
                timestamp=item.timestamp or 0,
                received_at=1_704_067_200_000,
                event=item.event,
                customer_id=item.customer_id,
                anonymous_id=item.anonymous_id,
                properties=item.properties,
                traits=item.traits,
                platform=item.platform,
                app_version=item.app_version,
                mapper="p/c@1",
            )
            size += len(encode_event(event))
        return size

    return remap


def measure(seconds: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for case in cases():
        mapper = compile_mapper(case.document)
        expected: Any = as_output(mapper.apply(case.payload, received_at_ms=0))["events"]
        row: dict[str, Any] = {"case": case.name, "items": case.items}
        row["jsonata"] = in_node(case, expected, seconds)
        ours = {"mapper": mapper, "payload": case.payload}
        row["heliograph"] = microseconds("mapper.apply(payload, received_at_ms=0)", ours, seconds)
        for name in ("jsonpath_ng", "python_jsonpath", "jq"):
            row[name] = rival(case, name, expected, seconds)
        body = msgspec.json.encode(case.payload)
        decode = {"decode": msgspec.json.decode, "body": body}
        row["decode"] = microseconds("decode(body)", decode, seconds)
        row["remap"] = microseconds("remap()", {"remap": remapper(mapper, body)}, seconds)
        rows.append(row)
    return rows


def in_node(case: Case, expected: Any, seconds: float) -> float | None:
    try:
        node = rivals.jsonata(case, seconds)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"jsonata is left out: {error}", file=sys.stderr)
        return None
    if not same(node["output"], expected):
        print(f"{case.name}: jsonata gives {node['output']}", file=sys.stderr)
        return None
    return node["us"]


def rival(case: Case, name: str, expected: Any, seconds: float) -> float | None:
    try:
        transform = getattr(rivals, name)(case)
    except ImportError as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
        return None
    result = transform(case.payload)
    if not same(result, expected):
        print(f"{case.name}: {name} gives {result}", file=sys.stderr)
        return None
    names = {"transform": transform, "payload": case.payload}
    return microseconds("transform(payload)", names, seconds)


def table(rows: list[dict[str, Any]]) -> str:
    names = ["heliograph", "jsonpath_ng", "python_jsonpath", "jq", "jsonata"]
    lines = [
        f"{'µs per payload (times ours)':28}" + "".join(f"{name:>20}" for name in names)
        + f"{'decode':>9}{'per item':>10}{'remap/s':>10}"
    ]  # fmt: skip
    for row in rows:
        cells = [f"{row['heliograph']:.2f}"]
        for name in names[1:]:
            us = row.get(name)
            cells.append("-" if us is None else f"{us:.1f} ({us / row['heliograph']:.0f}x)")
        lines.append(
            f"{row['case']:28}"
            + "".join(f"{cell:>20}" for cell in cells)
            + f"{row['decode']:>9.2f}{row['heliograph'] / row['items']:>10.2f}"
            + f"{1e6 / row['remap']:>10,.0f}"
        )
    return "\n".join(lines)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--smoke", action="store_true", help="one short round, to see it works")
    arguments.add_argument("--json", metavar="FILE", help="also write the numbers; - for stdout")
    options = arguments.parse_args()
    rows = measure(0.05 if options.smoke else 1.0)
    if options.json == "-":
        print(json.dumps(rows))
        return
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
