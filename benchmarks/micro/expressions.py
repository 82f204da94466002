"""What do expressions and variants of a mapper cost, and did they make mappers without them slower?

    python benchmarks/micro/expressions.py [--quick] [--json] [--base CHECKOUT]

Microseconds of processor time per payload. An expression costs what an attribute with it takes beyond one
with a plain path, both measured in turns. With `--base`, a checkout of an earlier version with its own
`.venv`, the examples of the mapper benchmark are mapped by both versions in turns. The best of many short
rounds counts: on a shared machine every other one holds somebody else's work.
"""

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "flow"), str(HERE.parent / "mapper")]

PAYLOAD: dict[str, Any] = {
    "id": "c-1",
    "a": "Order Placed",
    "b": "order_placed",
    "n": "12.50",
    "i": 5,
    "yes": "yes",
    "mail": " Ada@Example.com",
    "at": "2024-10-25T14:30:00Z",
    "json": '{"order":{"id":7,"total":12.5}}',
}
EXPRESSIONS: dict[str, Any] = {
    "$first, second path": {"$first": ["$.gone", "$.a"]},
    "$map of a text": {"$map": {"of": "$.b", "values": {"order_placed": "Order Placed"}}},
    "$map of a number": {"$map": {"of": "$.i", "values": {"5": "five"}}},
    "$template of two": {"$template": "{$.a} {$.b}"},
    "$hash sha256, e-mail": {"$hash": {"of": "$.mail", "normalise": "email"}},
    "$hash md5": {"$hash": {"of": "$.a", "with": "md5"}},
    "$cast to number": {"$cast": {"of": "$.n", "to": "number"}},
    "$cast to boolean": {"$cast": {"of": "$.yes", "to": "boolean"}},
    "$cast to time": {"$cast": {"of": "$.at", "to": "time"}},
    "$split": {"$split": {"of": "$.a", "by": " ", "take": 0}},
    "$lower": {"$lower": "$.a"},
    "$title": {"$title": "$.b"},
    "$json, reading the text": {"$json": {"of": "$.json", "path": "$.order.id"}},
}
ROUND_S = 0.004
"""One round: shorter than a turn of the scheduler."""


def main() -> None:
    """Measure, and print the result."""
    rig: Any = importlib.import_module("rig.result")

    def more(parser: Any) -> None:
        parser.add_argument(
            "--base", type=Path, help="checkout of an earlier version with its .venv"
        )

    asked, given = rig.parsed(__doc__, more)
    result, quiet = rig.begun(
        "expressions", "Expressions of a mapper", asked, settings={"round_s": ROUND_S}
    )
    rounds = 5 if asked.quick else 150
    plain, costs = expression_costs(rounds)
    result.figures["expressions_us"] = costs
    result.table(
        f"µs that an expression adds to a mapper whose plain attribute takes {plain:.2f}",
        ("expression", "µs"),
        [(name, f"{cost:.2f}") for name, cost in costs.items()],
    )
    others = {
        name: cost for name, cost in costs.items() if "$json" not in name and "$hash" not in name
    }
    worst = max(others, key=lambda name: others[name])
    result.target(
        "An expression, hashing and reading JSON apart",
        "≤ 0.3 µs",
        found=f"{others[worst]:.2f} µs ({worst})",
        met=others[worst] <= 0.3,
    )
    result.notes.append(
        "Of `$hash` the digest alone takes about 0.35 µs, of `$json` the decoding of the text about 0.4 µs."
    )
    if given.base is not None:
        rows = side_by_side(given.base.resolve(), 2 if asked.quick else 12)
        result.figures["side_by_side"] = {name: [now, before] for name, now, before in rows}
        result.table(
            "µs of a payload by an earlier version and by this one, in turns",
            ("case", "earlier", "this one", "ratio"),
            [(n, f"{before:.2f}", f"{now:.2f}", f"{now / before:.2f}") for n, now, before in rows],
        )
        most = max(now / before for _, now, before in rows)
        result.target(
            "A mapper without expressions, to what it took before there were any",
            "≤ 1.3 times",
            found=f"{most:.2f} times",
            met=most <= 1.3,
        )
    rig.handed_in(result, quiet, asked)


def expression_costs(rounds: int) -> tuple[float, dict[str, float]]:
    """Return what a plain attribute takes, and what each expression adds to that."""
    from heliograph.mapping import compile_mapper

    def mapper(source: Any) -> Any:
        document: Any = {
            "partner_name": "bench",
            "mapping_type": "events",
            "mappings": {"customer_id": "$.id", "event_name": "E", "user_time": "$receivedAt",
                         "platform": "web", "attr": {"x": source}},
        }  # fmt: skip
        return compile_mapper(document).apply

    mappers = {"": mapper("$.a"), **{name: mapper(each) for name, each in EXPRESSIONS.items()}}
    for name, apply in mappers.items():
        assert "x" in apply(PAYLOAD, received_at_ms=0).mapped[0].properties, name
    best = dict.fromkeys(mappers, float("inf"))
    for _ in range(rounds):
        for name, apply in mappers.items():
            best[name] = min(best[name], once(apply, PAYLOAD))
    plain = best.pop("")
    return plain, {name: took - plain for name, took in best.items()}


def once(apply: Any, payload: Any) -> float:
    """Return the microseconds of processor time per call in one short round."""
    count = 0
    began = now = time.process_time()
    while now - began < ROUND_S:
        for _ in range(20):
            apply(payload, received_at_ms=0)
        count += 20
        now = time.process_time()
    return (now - began) / count * 1e6


def side_by_side(base: Path, turns: int) -> list[tuple[str, float, float]]:
    """Return name, this version's and the earlier version's best microseconds of each example."""
    here = HERE.parents[1]
    best: dict[Path, dict[str, float]] = {here: {}, base: {}}
    for turn in range(turns):
        for checkout in (here, base) if turn % 2 else (base, here):
            command = [
                str(checkout / ".venv/bin/python"),
                str(Path(__file__).resolve()),
                "--examples",
            ]
            done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True)
            for name, took in json.loads(done.stdout).items():
                best[checkout][name] = min(took, best[checkout].get(name, took))
    return [(name, best[here][name], best[base][name]) for name in best[here]]


def examples() -> dict[str, float]:
    """Return the best microseconds of each example by the version that this interpreter has installed."""
    from heliograph.mapping import compile_mapper

    found: dict[str, float] = {}
    for case in importlib.import_module("cases").cases():
        apply = compile_mapper(case.document).apply
        rounds = 40 if case.items == 1 else 15
        found[case.name] = min(once(apply, case.payload) for _ in range(rounds))
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["--examples"]:
        print(json.dumps(examples()))
    else:
        main()
