"""Does a mapper give what its cases expect? Cases are JSON files beside the mapper.

    mappers/<partner>/<config>.json
    mappers/<partner>/<config>/cases/<name>.json

A case: `{"payload", "expect", "content_type"?, "headers"?, "query"?, "received_at"?, "note"?}`.

- `payload` is the JSON body; a string is the raw text of a body of another type (a form, NDJSON).
- `expect` has the shape of `mapper run`. Null fields and empty objects may be left out; of a rejected item
  only the keys that are given are compared, so that `{"index": 1}` is enough.
- `received_at` is any time a mapper reads; without one it is 2024-01-01T00:00:00Z, so that a case never
  depends on the day it runs.

Pure; `case_files.py` finds, reads and writes the files.
"""

import difflib
import json
from typing import Final, Literal

import msgspec

from heliograph.errors import ConfigError, InputError
from heliograph.mapping.body.decode import decode_json
from heliograph.mapping.run.mapper import Mapper
from heliograph.mapping.run.output import as_output, map_body
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.mapping.times.zones import read_zone
from heliograph.model.json import Json, JsonObject

DEFAULT_RECEIVED_AT_MS: Final = 1_704_067_200_000
"""2024-01-01T00:00:00Z."""

CaseState = Literal["passed", "failed", "new"]


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request and what the mapper makes of it."""

    payload: Json
    expect: JsonObject | None = None
    content_type: str | None = None
    headers: dict[str, str] = {}
    query: dict[str, Json] = {}
    received_at: str | int | float | None = None
    note: str | None = None
    """For people; never compared."""

    @property
    def body(self) -> bytes:
        """The request body."""
        if isinstance(self.payload, str):
            return self.payload.encode()
        return msgspec.json.encode(self.payload)


class CaseResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a case came out; `new` has no `expect` yet."""

    state: CaseState
    actual: JsonObject
    """The output of the mapper, whole."""
    diff: tuple[str, ...] = ()
    """Lines `- expected`, `+ found` and context; empty unless failed."""


def read_case(data: bytes, *, where: str) -> Case:
    """Return the case a file holds, which is read as leniently as a body (`decode_json`).

    Raises:
        ConfigError: `config.invalid`, naming the file and the field.
    """
    try:
        return msgspec.convert(decode_json(data), Case)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InputError) as error:
        raise ConfigError(
            "config.invalid",
            (error.found or error.message) if isinstance(error, InputError) else str(error),
            where=where,
            hint='A case is {"payload": …, "expect": {"events": […], "rejected": […]}}.',
        ) from error


def run_case(mapper: Mapper, case: Case) -> CaseResult:
    """Return whether the mapper gives what the case expects.

    Raises:
        ConfigError: `config.invalid`, for a `received_at` that is no time.
    """
    result = map_body(
        mapper,
        case.body,
        content_type=case.content_type,
        received_at_ms=received_at_of(case),
        headers=case.headers,
        query=case.query,
    )
    # Through JSON and back, so that both sides have the types a file can hold.
    actual: JsonObject = msgspec.json.decode(msgspec.json.encode(as_output(result)))
    if case.expect is None:
        return CaseResult(state="new", actual=actual)
    wanted = comparable(case.expect)
    found = _only_asked(comparable(actual), wanted)
    # As text, since Python holds 1, 1.0 and true for equal.
    if _pretty(wanted) == _pretty(found):
        return CaseResult(state="passed", actual=actual)
    return CaseResult(state="failed", actual=actual, diff=tuple(_diff(wanted, found)))


def received_at_of(case: Case) -> int:
    """Return the case's moment of receipt in UTC epoch milliseconds."""
    if case.received_at is None:
        return DEFAULT_RECEIVED_AT_MS
    reader = TimeReader(pattern=None, zone=read_zone("UTC", where="received_at"))
    try:
        return reader.read(case.received_at)
    except UnreadableTime as error:
        raise ConfigError("config.invalid", str(error), where="received_at") from error


def comparable(output: JsonObject) -> JsonObject:
    """Return an output with what may be left out taken away, ready to compare and to write."""
    events = output.get("events") or []
    rejected = output.get("rejected") or []
    return {
        "events": [_without_empty(item) for item in events] if isinstance(events, list) else events,
        "rejected": rejected,
        **{key: value for key, value in output.items() if key not in ("events", "rejected")},
    }


def as_expectation(actual: JsonObject) -> JsonObject:
    """Return an output as `--update` writes it into a case."""
    expectation = comparable(actual)
    rejected = expectation["rejected"]
    if isinstance(rejected, list) and rejected:
        expectation["rejected"] = [_without_empty(item) for item in rejected]
    else:
        del expectation["rejected"]
    return expectation


def _without_empty(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    return {key: value for key, value in item.items() if value is not None and value != {}}


def _only_asked(found: JsonObject, wanted: JsonObject) -> JsonObject:
    """Return the output with each rejected item cut to the keys its counterpart asks about."""
    asked, given = wanted["rejected"], found["rejected"]
    if not isinstance(asked, list) or not isinstance(given, list):
        return found
    cut: list[Json] = []
    for position, item in enumerate(given):
        question = asked[position] if position < len(asked) else item
        if isinstance(item, dict) and isinstance(question, dict):
            cut.append({key: item.get(key) for key in question})
        else:
            cut.append(item)
    return {**found, "rejected": cut}


def _diff(wanted: JsonObject, found: JsonObject) -> list[str]:
    lines = difflib.unified_diff(_pretty(wanted), _pretty(found), "expected", "found", "", "", n=2)
    return [line.rstrip("\n") for line in lines][2:]


def _pretty(value: Json) -> list[str]:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True).splitlines()
