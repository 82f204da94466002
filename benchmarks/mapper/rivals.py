"""The same transformations with other libraries, each used as its manual says: compile once, apply often."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cases import Case

from heliograph.mapping.document.plan import CREATE_ALL
from heliograph.mapping.times.reader import TimeReader, read_zone

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "benchmarks"

Transform = Callable[[Any], list[dict[str, Any]]]
Find = Callable[[Any], list[Any]]


def with_paths(document: dict[str, Any], compile_path: Callable[[str], Find]) -> Transform:
    """Return a straightforward mapper over a JSONPath library: one query per field and element.

    Wildcards of a batch are followed element by element, as the semantics ask (never zipped lists), times
    are read with our reader, so that only the paths differ.
    """
    mappings = document["mappings"]
    prefix = "$.orders[*]" if document["batching"] else None
    elements = compile_path(prefix) if prefix else None

    def source(text: Any) -> Callable[[Any], Any]:
        if not isinstance(text, str) or not text.startswith("$"):
            return lambda _: text
        find = compile_path("$" + text.removeprefix(prefix) if prefix else text)

        def value(element: Any) -> Any:
            found = find(element)
            return found[0] if found else None

        return value

    def group(key: str) -> Callable[[Any], dict[str, Any]]:
        attributes = mappings.get(key, {})
        copied = source(attributes[CREATE_ALL]) if CREATE_ALL in attributes else None
        named = [(name, source(text)) for name, text in attributes.items() if name != CREATE_ALL]

        def values(element: Any) -> dict[str, Any]:
            result = dict(copied(element)) if copied else {}
            for name, value in named:
                found = value(element)
                if found is not None:
                    result[name] = found
            return result

        return values

    reader = TimeReader(
        pattern=mappings.get("formats", {}).get("user_time"), zone=read_zone("UTC", where="here")
    )
    if mappings.get("user_time") == "#MERGE":
        parts = mappings["#MERGE"]["user_time"]
        date, clock = source(parts["date"]), source(parts["time"])

        def time(element: Any) -> Any:
            return f"{date(element)} {clock(element)}"
    else:
        time = source(mappings.get("user_time"))
    fields = {
        "customer_id": source(mappings.get("customer_id")),
        "anonymous_id": source(mappings.get("anon_id")),
        "event": source(mappings.get("event_name")),
        "platform": source(mappings.get("platform")),
        "app_version": source(mappings.get("app_version")),
    }
    properties, traits = group("attr"), group("user_attributes")

    def one(element: Any) -> dict[str, Any]:
        when = time(element)
        return {
            **{name: value(element) for name, value in fields.items()},
            "timestamp": None if when is None else reader.read(when),
            "properties": properties(element),
            "traits": traits(element),
        }

    if elements is None:
        return lambda payload: [one(payload)]
    return lambda payload: [one(element) for element in elements(payload)]


def jsonpath_ng(case: Case) -> Transform:
    from jsonpath_ng import parse

    def compile_path(text: str) -> Find:
        query = parse(text)
        return lambda document: [match.value for match in query.find(document)]

    return with_paths(case.document, compile_path)


def python_jsonpath(case: Case) -> Transform:
    import jsonpath

    def compile_path(text: str) -> Find:
        query = jsonpath.compile(text)
        return query.findall

    return with_paths(case.document, compile_path)


def jq(case: Case) -> Transform:
    """PyPI's jq: libjq in the process; values cross the border as JSON text, as its manual says."""
    import jq as libjq

    program = libjq.compile(case.jq)
    return lambda payload: program.input_value(payload).first()


def jsonata(case: Case, seconds: float) -> dict[str, Any]:
    """Return {"output", "us"} from Node; installs the npm package into the cache on first use."""
    if not (CACHE / "node_modules" / "jsonata").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--prefix", str(CACHE), "--no-audit", "--no-fund", "--silent",
             "jsonata@2.2.2"],
            check=True,
        )  # fmt: skip
    work = {"seconds": seconds, "jsonata": case.jsonata, "payload": case.payload}
    outcome = subprocess.run(
        ["node", str(HERE / "jsonata.mjs"), str(CACHE)],
        input=json.dumps(work),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(outcome.stdout)
