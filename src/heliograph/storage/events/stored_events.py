"""The one reader of stored events, and the list of what can be wrong with one.

Bytes that were an event when they were appended may be none any more: a disk flipped a bit, a page of the
file was lost, somebody edited it. Whoever reads stored events asks here, and gets either the event or
the reason why there is none, never an exception: one bad event must not hide the others, and
must not vanish either.

| fault | what is wrong |
|---|---|
| `no JSON` | the bytes are no JSON of UTF-8, or nested deeper than any event |
| `no event` | the JSON lacks what every event has, or has a field of another type |
| `another id` | the event says another id than the place it was stored under |
| `another checksum` | the bytes are not those that were appended, event or not |
| `not unpacked` | the bytes were stored in a shorter form, and are that no more |
"""

import msgspec

from heliograph.model.event import Event, decode_event
from heliograph.storage.events.journal import Entry


class Undecodable(msgspec.Struct, frozen=True, kw_only=True):
    """Stored bytes that are no event."""

    event_id: str
    """The id they were stored under."""
    reason: str
    """The fault and its details, for a person."""


def read_stored(value: bytes, event_id: str) -> Event | Undecodable:
    """Return the event, or why the bytes are none.

    Args:
        value: as `encode_event` wrote it, unless something happened to it since.
        event_id: the id it was stored under.
    """
    try:
        event = decode_event(value)
    except msgspec.ValidationError as error:
        return Undecodable(event_id=event_id, reason=f"no event: {error}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Undecodable(event_id=event_id, reason=f"no JSON: {error}")
    if event.event_id != event_id:
        return Undecodable(event_id=event_id, reason=f"another id: {event.event_id}")
    return event


def read_entry(entry: Entry) -> Event | Undecodable:
    """Return the event of a journal entry, or why its bytes are none."""
    found = read_stored(entry.record.value, entry.record.id)
    known = isinstance(found, Undecodable) and entry.record.value
    if entry.fault is not None and not known:
        # What the bytes lack says more than that they were changed, where they lack something.
        return Undecodable(event_id=entry.record.id, reason=entry.fault)
    return found


def event_or_none(entry: Entry | None) -> Event | None:
    """Return the event of an entry; None when there is no entry, or its bytes are no event.

    For readers to whom both mean the same: there is nothing to compare with, or to take back.
    """
    if entry is None:
        return None
    found = read_entry(entry)
    return None if isinstance(found, Undecodable) else found
