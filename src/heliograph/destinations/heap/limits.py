"""What Heap takes: rates, lengths, flat properties, and how properties are kept to that.

Source: Heap, "Track" and "Add user properties" (developers.heap.io, copies of mid-2026). The
limit per app is documented for bulk calls; single ones are kept to it as well.
"""

import math
from typing import Final

from heliograph.destinations.base import Bundle, Capabilities, Limit
from heliograph.destinations.heap.settings import HeapSettings
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.http import json_body
from heliograph.model.json import Json, JsonObject

EVENT_MAX: Final = 1024
"""Characters of an event's name."""
TEXT_MAX: Final = 1023
"""Characters of a property's name or text: "under 1024"."""
NAME_WARN: Final = 512
"""One connector states this limit for names."""
IDENTITY_MAX: Final = 255
BULK_ITEMS: Final = 1_000
"""Events in one request: Heap, "Bulk track" (copy of mid-2026)."""
BULK_BYTES: Final = 900_000
"""Heap documents no size; a megabyte is what such endpoints commonly take, and 413 halves it."""
LIST_JOINER: Final = "||"
_TRACK: Final = "Heap, Track and Bulk track (copies of mid-2026)"
_USERS: Final = "Heap, Add user properties (copy of mid-2026)"


def capabilities(settings: HeapSettings) -> Capabilities:
    """Return Heap's documented budget: per app for events, per identity for every kind of call."""
    return Capabilities(
        limits=(Limit(bucket="track", amount=15_000, per_s=60, source=_TRACK),),
        key_limits=(
            Limit(bucket="track", amount=30, per_s=30, source=_TRACK),
            Limit(bucket="users", amount=30, per_s=30, source=_USERS),
        ),
        accepts_anonymous=False,
        bundle=Bundle(items=BULK_ITEMS, bytes=BULK_BYTES) if settings.bulk else None,
    )


def properties_of(
    values: JsonObject, settings: HeapSettings, findings: Findings, where: str
) -> JsonObject:
    """Return flat properties whose values are numbers or texts.

    Lists become one text joined by `||`, lists of objects one such text per key, in the same order;
    booleans become `true` and `false`; null is left out.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """

    def cells(column: list[Json], at: str) -> list[Json]:
        del at
        return column

    out: JsonObject = {}
    for name, value in findings.columns(values, settings.separator, where, cells=cells).items():
        at = f"{where}.{name}"
        scalar = _scalar(value, at, findings)
        if scalar is None:
            if value in ([], {}):
                findings.empty(at)
            else:
                findings.null(at)
            continue
        if not name:
            findings.breach("name.empty", "a property without a name is left out", at)
            continue
        if len(name) > TEXT_MAX:
            findings.breach("name.long", f"{len(name)} characters, cut to {TEXT_MAX}", at)
        elif len(name) > NAME_WARN:
            findings.warn("name.edge", f"{len(name)} characters; some pages say {NAME_WARN}", at)
        if isinstance(scalar, str) and len(scalar) > TEXT_MAX:
            findings.breach("value.long", f"{len(scalar)} characters, cut to {TEXT_MAX}", at)
            scalar = scalar[:TEXT_MAX]
        if name[:TEXT_MAX] in out:
            findings.breach("name.taken", f"a second {name[:60]!r}; it is left out", at)
        else:
            out[name[:TEXT_MAX]] = scalar
    return out


def user_properties(traits: JsonObject, settings: HeapSettings, findings: Findings) -> JsonObject:
    """Return properties of a user or account; `id` in any casing is forbidden there.

    Raises:
        DestinationError: a limit is broken and the settings say `fail`.
    """
    out = properties_of(traits, settings, findings, "$.traits")
    for name in [name for name in out if name.lower() == "id"]:
        message = "Heap forbids a user property called id; left out"
        findings.breach("name.reserved", message, f"$.traits.{name}")
        del out[name]
    return out


def _scalar(value: Json, where: str, findings: Findings) -> str | int | float | None:
    if isinstance(value, list):
        texts = [_scalar(item, where, findings) for item in value]
        if None in texts and any(text is not None for text in texts):
            findings.warn("list.gaps", "null or a missing key in the list; empty there", where)
        if any(isinstance(text, str) and LIST_JOINER in text for text in texts):
            message = f"a text in the list holds {LIST_JOINER}, which Heap joins lists with"
            findings.warn("list.joined", message, where)
        if all(text is None for text in texts):
            return None
        return LIST_JOINER.join("" if text is None else str(text) for text in texts)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        findings.warn("value.text", "nested in a list; sent as JSON text", where)
        return json_body(value).decode()
    return value
