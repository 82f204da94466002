"""A hand-written event or person as the real thing, and settings, for trying out what would be sent.

An event is read in the canonical form, in the Segment form (`userId`, `anonymousId`, `messageId`), or as
`heliograph mapper run` prints it; what only the hub knows (`event_id`, `workspace`, `request_id` …) may
be missing. Names are compared without regard to case and `_`.
"""

import difflib
import re
from datetime import UTC
from typing import Final, TypeVar

import msgspec

from heliograph.destinations.base import Destination, Person
from heliograph.destinations.settings import decode_settings, setting_fields
from heliograph.errors import ConfigError, DestinationError
from heliograph.mapping.times.reader import TimeReader, UnreadableTime
from heliograph.model.event import Event
from heliograph.model.identity import first_profile_id
from heliograph.model.json import Json, JsonObject

S = TypeVar("S")
WORKSPACE: Final = "sample"
_IGNORED: Final = frozenset(
    [
        *["sentat", "originaltimestamp", "integrations", "channel", "version", "writekey"],
        *["metadata", "index", "previousid", "projectid"],
    ]
)
"""Members of Segment's envelope that say nothing about what is sent."""
_ALIASES: Final = {"userid": "customer_id", "sourceid": "source_id", "usertime": "timestamp"}
_IDS: Final = ("customer_id", "anonymous_id", "group_id", "message_id", "event_id")


def read_event(document: Json, *, now_ms: int) -> Event:
    """Return the event of a document.

    Args:
        document: decoded JSON.
        now_ms: UTC epoch milliseconds that stand for times that are missing.

    Raises:
        DestinationError: `destination.invalid_event`; `where` is the JSON path in the document.
    """
    if not isinstance(document, dict):
        raise _unreadable("an event is a JSON object", "$", found=type(document).__name__)
    fields = _named(document, Event, extra={"name"})
    name = fields.pop("name", None)
    fields = {key: value for key, value in fields.items() if value is not None}
    if "type" not in fields:
        fields["type"] = "track" if "event" in fields else "identify"
    if name is not None and fields["type"] in ("page", "screen"):
        fields.setdefault("event", name)
    for key in _IDS:
        value = fields.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            fields[key] = str(value)
    at = _epoch_ms(fields["timestamp"], "$.timestamp") if "timestamp" in fields else now_ms
    received = fields.get("received_at")
    fields["timestamp"] = at
    fields["received_at"] = now_ms if received is None else _epoch_ms(received, "$.received_at")
    defaults: JsonObject = {
        "event_id": fields.get("message_id", "evt_sample"),
        "workspace": WORKSPACE,
        "source_id": WORKSPACE,
        "request_id": "req_sample",
        "item_index": 0,
    }
    try:
        event = msgspec.convert(defaults | fields, Event)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        raise _unreadable(what, where.rstrip("`") or "$") from None
    if event.type == "track" and not event.event:
        raise _unreadable("a track event needs a name", "$.event")
    return event


def read_person(document: Json, event: Event) -> Person:
    """Return the person of a document, or the one the event itself speaks of when there is none.

    Args:
        document: `{"customer_id", "anonymous_ids", "traits", "profile_id"}`, all optional, or None.
        event: whose ids stand for those that the document does not give.

    Raises:
        DestinationError: `destination.invalid_event`; `where` is the JSON path in the document.
    """
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise _unreadable("a profile is a JSON object", "$", found=type(document).__name__)
    fields = _named(document, Person, extra={"anonymous_id"})
    single = fields.pop("anonymous_id", None)
    known = [single or event.anonymous_id]
    fields.setdefault("anonymous_ids", [value for value in known if value])
    fields.setdefault("customer_id", event.customer_id)
    identity = fields["customer_id"] or event.key
    fields.setdefault("profile_id", first_profile_id(WORKSPACE, "customer", str(identity)))
    try:
        return msgspec.convert(fields, Person)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        raise _unreadable(what, where.rstrip("`") or "$") from None


def sample_settings(destination: Destination[S]) -> S:
    """Return settings that a destination can plan with, made of the examples that its settings give.

    Nothing is sent with them; of what is not required only what the required ones do not work without is set.

    Raises:
        ConfigError: `config.invalid`: the examples do not make settings.
    """
    fields = {field.name: field for field in setting_fields(destination.settings)}
    document = {name: field.examples[0] for name, field in fields.items() if field.required}
    while True:
        try:
            return decode_settings(destination, document)
        except ConfigError as error:
            missing = fields.get((error.where or "").removeprefix("$."))
            if missing is None or missing.name in document:
                raise
            document[missing.name] = missing.examples[0]


def _named(document: JsonObject, struct: type[msgspec.Struct], extra: set[str]) -> JsonObject:
    names = {*struct.__struct_fields__, *extra}
    known = {_plain(name): name for name in names} | {
        alias: name for alias, name in _ALIASES.items() if name in names
    }
    fields: JsonObject = {}
    for given, value in document.items():
        name = known.get(_plain(given))
        if name is not None:
            fields[name] = value
        elif _plain(given) not in _IGNORED:
            close = difflib.get_close_matches(given, sorted(names), n=1)
            raise _unreadable(
                f"{given!r} is no field of an event or profile",
                f"$.{given}",
                allowed=", ".join(sorted(names)),
                hint=f"Did you mean {close[0]!r}?" if close else None,
            )
    return fields


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _epoch_ms(value: Json, where: str) -> int:
    """Return epoch milliseconds of what a mapper without `formats` reads as a time."""
    try:
        return TimeReader(pattern=None, zone=UTC).read(value)
    except UnreadableTime:
        raise _unreadable(
            "the time cannot be read",
            where,
            found=repr(value)[:60],
            allowed="ISO 8601 text or an epoch number",
        ) from None


def _unreadable(
    message: str,
    where: str,
    *,
    found: str | None = None,
    allowed: str | None = None,
    hint: str | None = None,
) -> DestinationError:
    return DestinationError(
        "destination.invalid_event", message, where=where, found=found, allowed=allowed, hint=hint
    )
