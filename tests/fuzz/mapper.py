"""Coverage-guided fuzzing of bodies, paths, times and mappers: nothing but the documented errors may escape.

    scripts/bootstrap --group fuzz
    .venv-fuzz/bin/python tests/fuzz/mapper.py -max_total_time=60

Any other exception, or an answer of `explain` that differs from that of `apply`, stops the run with the input
that caused it.
"""

import importlib
import json
import sys
from contextlib import suppress
from functools import cache
from typing import Any

atheris: Any = importlib.import_module("atheris")  # of the group `fuzz`; it has no types

with atheris.instrument_imports(include=["heliograph.mapping", "jsonpath_rfc9535"]):
    import jsonpath_rfc9535
    import msgspec

    from heliograph.errors import ConfigError, InputError
    from heliograph.mapping import Mapper, compile_mapper
    from heliograph.mapping.body.decode import decode_body, decode_encoding
    from heliograph.mapping.paths import jsonpath
    from heliograph.mapping.paths.work import TooMuchWork, Work
    from heliograph.mapping.run.limits import Limits
    from heliograph.mapping.times.reader import TimeReader, UnreadableTime
    from heliograph.mapping.times.zones import read_zone

KEYS = ["id", "e", "t", "d", "n", "items", "more", ""]
STARTS = ["$", "$.items[*]", "$[*]", "$.items[*].more[*]", "$headers", "$query"]
PIECES = [
    ".id",
    ".e",
    ".t",
    "[0]",
    "[*]",
    "..",
    "[?@.id]",
    "[?@.n==$.n]",
    "[?search(@.e, '[0-9]{2}')]",
    "[?match(@.e, @.id)]",
    "[::-1]",
    "['a','b']",
    "..*",
    "[?@..id]",
    "[?count(@..*)>2]",
    "[?value(@..n)<2||!@.e]",
    "[?match($.e, $.id)]",
    "#MERGE",
]
PATTERNS = [
    None,
    "yyyy-MM-dd",
    "dd/MM/yyyy HH:mm:ss",
    "yyyy-MM-dd'T'HH:mm:ssZ",
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSSZ",
]
KINDS = [
    None,
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded; charset=iso-8859-1",
    "multipart/form-data; boundary=b",
    "text/plain; charset=latin-1",
]
BODIES = [
    b"",
    b'{"a":',
    b'{"a":"\\ud83d',
    b'{"a":1}\n{',
    b"a=1&payload=%7B",
    b'--b\r\nContent-Disposition: form-data; name="',
    b"\x1f\x8b\x08",
    b"\xff\xfe{\x00",
]
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns"]


def text(data: Any) -> str:
    return data.ConsumeUnicode(data.ConsumeIntInRange(0, 24))


def path(data: Any) -> str:
    if data.ConsumeIntInRange(0, 9) == 0:
        return text(data)
    pieces = [data.PickValueInList(PIECES) for _ in range(data.ConsumeIntInRange(0, 3))]
    return data.PickValueInList(STARTS) + "".join(pieces)


def value(data: Any, depth: int = 4) -> Any:
    kind = data.ConsumeIntInRange(0, 9 if depth else 6)
    if kind == 0:
        return None
    if kind == 1:
        return data.ConsumeBool()
    if kind == 2:
        return data.ConsumeInt(10)
    if kind == 3:
        return data.ConsumeFloat()
    if kind == 4:
        return data.PickValueInList(["2024-10-25", "c-1", "guest", "web", "1704067200", " x "])
    if kind <= 6:
        return text(data)
    size = data.ConsumeIntInRange(0, 4)
    if kind == 7:
        return [value(data, depth - 1) for _ in range(size)]
    return {data.PickValueInList(KEYS): value(data, depth - 1) for _ in range(size)}


def document(data: Any) -> Any:
    def source() -> Any:
        return path(data) if data.ConsumeIntInRange(0, 3) else value(data, 1)

    mappings: dict[str, Any] = {
        "customer_id": path(data),
        "event_name": source(),
        "user_time": data.PickValueInList(["$.t", "#MERGE", "$receivedAt", "$.items[*].t"]),
        "platform": data.PickValueInList(["web", "$.e"]),
        "attr": {data.PickValueInList([*KEYS, "create_all"]): source() for _ in range(3)},
        "user_attributes": {
            data.PickValueInList([*KEYS, "create_all"]): source() for _ in range(2)
        },
        "#MERGE": {"user_time": {"date": path(data), "time": path(data)}},
        "formats": {"user_time": data.PickValueInList(PATTERNS)},
    }
    kept = {key: each for key, each in mappings.items() if data.ConsumeIntInRange(0, 9)}
    if kept.get("formats") == {"user_time": None}:
        kept.pop("formats")
    return {
        "partner_name": "fuzz",
        "mapping_type": data.PickValueInList(["events", "users"]),
        "mappings": kept,
        "batching": data.ConsumeBool(),
        "payload_validations": {path(data): data.PickValueInList(["string", "datetime", "array"])},
    }


def try_body(data: Any) -> None:
    kind = data.PickValueInList(KINDS)
    encoding = data.PickValueInList([None, "gzip", "deflate"])
    raw = data.PickValueInList(BODIES) + data.ConsumeBytes(data.ConsumeIntInRange(0, 400))
    try:
        body = decode_body(decode_encoding(raw, encoding, limit=1_000_000), kind, limit=1_000_000)
    except InputError:
        return
    assert json.loads(msgspec.json.encode(body)) == body


def try_path(data: Any) -> None:
    words = text(data) if data.ConsumeBool() else path(data)
    try:
        query = jsonpath.compile(words)
    except ConfigError:
        return
    body = value(data)
    try:
        found = query.values(body)
    except InputError:
        return
    with suppress(TooMuchWork):
        assert query.values(body, Work(50)) == found
    assert [each for _, each in query.nodes(body)] == found
    if "match(" in words or "search(" in words:
        return  # the library's expressions may take exponential time, and refuse more patterns
    if "==" in words and any(each in repr(body) for each in ("True", "False")):
        return  # inside arrays and objects the library holds them for equal to 1 and 0
    assert repr(found) == repr(jsonpath_rfc9535.find(words, body).values())


@cache
def readers(pattern: str | None, zone: str) -> tuple[TimeReader, Mapper]:
    """Return the long way to a time and the generated one."""
    mappings: dict[str, Any] = {
        "customer_id": "$.id",
        "event_name": "Seen",
        "user_time": "$.t",
        "platform": "web",
        "app_version": "1",
    }
    if pattern is not None:
        mappings["formats"] = {"user_time": pattern}
    document = {
        "partner_name": "p",
        "mapping_type": "events",
        "mappings": mappings,
        "batching": False,
        "payload_validations": {},
    }
    reader = TimeReader(pattern=pattern, zone=read_zone(zone, where="fuzz"))
    return reader, compile_mapper(document, timezone=zone)


def try_time(data: Any) -> None:
    reader, mapper = readers(data.PickValueInList(PATTERNS), data.PickValueInList(ZONES))
    moment = value(data, 1)
    expected: list[int] = []
    with suppress(UnreadableTime):
        expected.append(reader.read(moment))
    result = mapper.apply({"id": "ada", "t": moment}, received_at_ms=0)
    assert [item.timestamp for item in result.mapped] == expected


def in_slices(mapper: Mapper, payload: Any) -> Any:
    slices = mapper.slices(payload, received_at_ms=1, headers={"id": "h"}, query={"e": "q"})
    while True:
        try:
            next(slices)
        except StopIteration as stop:
            return stop.value


def try_mapper(data: Any) -> None:
    source = document(data) if data.ConsumeIntInRange(0, 9) else value(data)
    try:
        mapper = compile_mapper(source)
    except ConfigError:
        return
    payload = value(data)
    result = mapper.apply(payload, received_at_ms=1, headers={"id": "h"}, query={"e": "q"})
    with suppress(InputError):  # a small share is enough, or there is no answer
        small = compile_mapper(source, limits=Limits(items=3, work=150))
        assert repr(
            small.apply(payload, received_at_ms=1, headers={"id": "h"}, query={"e": "q"})
        ) == (repr(result))
    assert repr(in_slices(mapper, payload)) == repr(
        mapper.explain_refusals(
            result, payload, received_at_ms=1, headers={"id": "h"}, query={"e": "q"}
        )
    )
    explanation = mapper.explain(payload, received_at_ms=1, headers={"id": "h"}, query={"e": "q"})
    assert explanation.text()
    assert repr(explanation.result()) == repr(result), json.dumps(source)


def one_input(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    data.PickValueInList([try_body, try_path, try_time, try_mapper, try_mapper])(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
