"""How things are named: ids that sort by time, and ids that follow from others.

An id is `<noun>_<26 characters>`: 10 characters of epoch milliseconds and 16 of randomness or of a
counter, in lower-case Crockford base32, so ids of one process sort in the order they were made.

- request: `req_…`, made by the gateway at the moment of the append.
- event: from the sender's message id if it gave one, else `evt_<the request's 26 characters>-<item index>`:
  a pure function of (request_id, item_index), and sorted by time as well. A later generation of an
  event is `<id of generation 1>~<generation>`.
- derived event: of the same form, from its time and a hash of what it was derived from.
- delivery: `dlv_…`, a function of (event_id, pipeline, destination): the event's time, if its id tells one,
  and a hash. It is the idempotency key of every attempt.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Protocol

from heliograph.model.clock import Clock

PARTITIONS: Final = 16
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIMED: Final = re.compile(f"evt_([{_ALPHABET}]{{10}})[{_ALPHABET}]{{16}}-")
_REQUEST: Final = re.compile(
    f"(?:req|evt)_([{_ALPHABET}]{{10}})[{_ALPHABET}]{{16}}(?![{_ALPHABET}])"
)
_GENERATION: Final = re.compile(r"~([2-9]|[1-9][0-9]+)\Z")
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


def _base32(value: int, pairs: int) -> str:
    """Return the low `pairs` x 10 bits of `value`, two characters a pair."""
    return "".join([_PAIRS[(value >> shift) & 1023] for shift in range(10 * (pairs - 1), -10, -10)])


class IdSource(Protocol):
    """Makes new ids; the wiring gives the random one, tests a counting one."""

    def new(self, noun: str) -> str:
        """Return a fresh id `<noun>_<26 characters>` that sorts after all earlier ones."""
        ...


class TimeOrderedIds:
    """Ids of this process: strictly rising, unique between processes by 48 random bits.

    Within one millisecond a counter rises, so two ids never tie and never run backwards, even when
    the wall clock does. Not thread-safe: each thread takes its own.

    Args:
        clock: its wall clock is in the ids.
        after: earlier ids, of processes before this one; the new ones sort after all of them, though the
            wall clock was set back in between.
    """

    def __init__(self, clock: Clock, *, after: Iterable[str] = ()) -> None:
        self._clock = clock
        known = [ms for each in after if (ms := time_of(each)) is not None]
        self._begin(max(known) + 1 if known else 0)
        self._random = _base32(int.from_bytes(os.urandom(6), "big") & ((1 << 50) - 1), 5)

    def _begin(self, ms: int) -> None:
        self._ms = ms
        self._counter = 0
        self._prefix = _base32(ms, 5)

    def new(self, noun: str) -> str:
        """Return `<noun>_<26 characters>`: 10 of time, 10 of this process, 6 of a counter."""
        now = self._clock.now_ms()
        if now > self._ms:
            self._begin(now)
        else:
            self._counter += 1
            if self._counter == 1 << 30:
                self._begin(self._ms + 1)
        counter = self._counter
        high = _PAIRS[(counter >> 20) & 1023]
        low = _PAIRS[(counter >> 10) & 1023] + _PAIRS[counter & 1023]
        return f"{noun}_{self._prefix}{high}{low}{self._random}"


def time_of(id_: str) -> int | None:
    """Return the time in a request's id or that of an event made from one, None for any other id."""
    found = _REQUEST.match(id_)
    if found is None:
        return None
    return sum(_ALPHABET.index(letter) << 5 * place for place, letter in enumerate(found[1][::-1]))


def event_id_of(request_id: str, item_index: int) -> str:
    """Return the id of the event made from item `item_index` (from 0) of a request."""
    return f"evt_{request_id[4:]}-{item_index}"


def message_event_id(workspace: str, source_id: str, message_id: str, item_index: int) -> str:
    """Return the id of an event whose sender named its message; the same for every repetition of it.

    Two of a source share one when a message `m-1` comes beside an item 1 of a message `m`: the second is
    taken for a repetition. Another form would make strangers of stored events and of their repetitions.

    Args:
        workspace: of the source.
        source_id: message ids are unique within a source only.
        message_id: as the sender gave it.
        item_index: place of the item in the message, from 0; the first one bears the message's id.
    """
    event_id = f"{workspace}/{source_id}/{message_id}"
    if item_index:
        return f"{event_id}-{item_index}"
    # What looks like a later generation must not be taken for one.
    return f"{event_id}~1" if _GENERATION.search(event_id) else event_id


_LONGEST_MESSAGE_ID: Final = 200


def bounded_message_id(text: str) -> str:
    """Return a sender's id of a message as it is kept: what is longer than 200 characters as its hash."""
    if len(text) <= _LONGEST_MESSAGE_ID:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_SEVERAL: Final = "\n"
_SCOPE: Final = "#"


def several_message_ids(config: str, ids: Sequence[str]) -> str | None:
    """Return what is kept as the message id of a request whose items have ids of their own.

    Two mappers of a source may each make something of one message, so an id is one of its mapper.

    Args:
        config: the mapper's name.
        ids: of the items in their order, from the first one; empty for one that has none.
    """
    if not any(ids):
        return None
    scoped = (f"{config}{_SCOPE}{' '.join(id_.split(_SEVERAL))}" if id_ else "" for id_ in ids)
    return _SEVERAL + _SEVERAL.join(scoped)


class MessageNames:
    """What the events of one request are called, by the message id it is kept with.

    Further results of an item are numbered after the last item, so nothing says whose they are: they have the
    name of all ids together.
    """

    def __init__(self, message_id: str) -> None:
        self._names: list[str] | None = None
        self._whole = message_id
        if message_id.startswith(_SEVERAL):
            self._names = message_id[len(_SEVERAL) :].split(_SEVERAL)
            self._whole = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()

    def of(self, index: int) -> tuple[str, int]:
        """Return the name of a result and its place under that name; an empty name for one without an id."""
        if self._names is None:
            return self._whole, index
        if index < len(self._names):
            return self._names[index], 0
        return self._whole, index - len(self._names)

    def all(self) -> list[str]:
        """Return every name that a result may have, each once; an empty one where an item has no id."""
        return list(dict.fromkeys([*(self._names or ()), self._whole]))

    def event_id(self, request_id: str, workspace: str, source_id: str, index: int) -> str:
        """Return the id of generation 1 of the event made from a result."""
        name, place = self.of(index)
        if not name:
            return event_id_of(request_id, index)
        return message_event_id(workspace, source_id, name, place)

    def message_id(self, index: int) -> str | None:
        """Return the message id as the event of a result has it: as its sender gave it."""
        name, place = self.of(index)
        if self._names is not None:
            name = name.partition(_SCOPE)[2] or name
        return (f"{name}-{place}" if place else name) or None

    def shown(self) -> str:
        """Return the ids as a person reads them."""
        if self._names is None:
            return self._whole
        return ", ".join(name.partition(_SCOPE)[2] for name in self._names if name)


@lru_cache(maxsize=2)
def names_of(message_id: str) -> MessageNames:
    """Return what the events of a request with this message id are called.

    Whoever goes through the events of a request asks for each with the same one. Joined ids of thousands of
    items are megabytes, so that only the last two are kept.
    """
    return MessageNames(message_id)


def message_id_of_mapper(config: str, id_: str) -> str:
    """Return the name of an event whose item has this id for a mapper."""
    return f"{config}{_SCOPE}{id_}"


def derived_event_id(stage: str, kind: str, key: str, at_ms: int) -> str:
    """Return the id of an event that a stage derived: the same whenever it is derived again.

    Args:
        stage: that derived it.
        kind: of event, so that a stage can derive several at one time.
        key: whom it is about, e.g. a first profile id.
        at_ms: event time, UTC epoch milliseconds, by which the id sorts.
    """
    named = f"{stage}\x00{kind}\x00{key}\x00{at_ms}".encode()
    digest = int.from_bytes(hashlib.blake2b(named, digest_size=10).digest(), "big")
    return f"evt_{_base32(max(at_ms, 0), 5)}{_base32(digest, 8)}-0"


def generation_id(first_id: str, generation: int) -> str:
    """Return the id of a generation of the event whose first generation has `first_id`."""
    return first_id if generation == 1 else f"{first_id}~{generation}"


def first_generation_id(event_id: str) -> str:
    """Return the id of the first generation of an event; of a first one its own."""
    return event_id if "~" not in event_id else _GENERATION.sub("", event_id)


def delivery_id_of(event_id: str, pipeline: str, destination: str) -> str:
    """Return the id of the delivery of an event through a pipeline to a destination.

    Deliveries of events whose ids tell their time sort by it, so that a store writes new ones side by side
    and not all over its index; 20 or 30 characters of hash keep apart what happens in one millisecond.
    """
    timed = _TIMED.match(event_id)
    time = timed[1] if timed else ""
    digest = hashlib.blake2b(
        f"{event_id}\x00{pipeline}\x00{destination}".encode(), digest_size=10 if timed else 15
    ).hexdigest()
    return f"dlv_{time}{digest}"


def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """Return the journal partition of a key: crc32 of its UTF-8 bytes modulo `partitions`."""
    return zlib.crc32(key.encode("utf-8", "surrogatepass")) % partitions
