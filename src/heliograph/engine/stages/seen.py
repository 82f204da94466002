"""When each source first and last told something about each person.

One blob per first profile id, so that merging and un-merging persons costs nothing here: a person's are
those of all its identifiers (`sources_of`). What was seen stays seen: a correction that gives an event to
somebody else, or takes it back, does not take a time back; only a rebuild forgets it.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from heliograph.engine.batch import Batch
from heliograph.engine.stages.identity import Identified
from heliograph.engine.stages.stage import Changes
from heliograph.profiles.draft import happened
from heliograph.storage.stages.states import State
from heliograph.storage.store import Reader, Transaction

VERSION: Final = 1
"""Layout: JSON, source id -> [first, last]."""
MOST_SOURCES: Final = 500
"""Per identifier; beyond, the source that was last heard longest ago is forgotten."""
Times = dict[str, tuple[int, int]]
"""Source id -> (first, last), UTC epoch milliseconds of event time."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Times).decode


class Seen(Changes):
    """Profile id -> times, of those that changed."""

    times: dict[str, Times]


class SourceSeen(msgspec.Struct, frozen=True, kw_only=True):
    """When a source told something about a person, UTC epoch milliseconds of event time."""

    source_id: str
    first_seen: int
    last_seen: int


class SeenStage:
    """First and last time of each person and source."""

    name = "seen"

    def load(self, reader: Reader, batch: Batch) -> dict[str, Times]:
        """Return what is known of the people of the batch; one query."""
        wanted = {one.profile_id for one in batch.of(Identified).people.effective}
        return _times(reader, wanted) if wanted else {}

    def apply(self, state: dict[str, Times], batch: Batch) -> Seen:
        """Widen the times by those of the events."""
        changed: dict[str, Times] = {}
        for one in batch.of(Identified).people.effective:
            source, at = one.event.source_id, happened(one.event)
            times = changed.get(one.profile_id)
            if times is None:
                times = changed[one.profile_id] = dict(state.get(one.profile_id, {}))
            first, last = times.get(source, (at, at))
            times[source] = (min(first, at), max(last, at))
        return Seen(times={profile_id: _bounded(times) for profile_id, times in changed.items()})

    def write(self, tx: Transaction, changes: Seen) -> None:
        """Write the blobs."""
        tx.states.put_many(
            self.name,
            {profile_id: State(VERSION, _encode(t)) for profile_id, t in changes.times.items()},
        )


def sources_of(reader: Reader, profile_ids: Iterable[str]) -> list[SourceSeen]:
    """Return which sources told something about a person, the one heard last first.

    Args:
        reader: a view of the store.
        profile_ids: of all identifiers of the person.
    """
    joined: Times = {}
    for times in _times(reader, profile_ids).values():
        for source, (first, last) in times.items():
            known = joined.get(source, (first, last))
            joined[source] = (min(first, known[0]), max(last, known[1]))
    found = [
        SourceSeen(source_id=source, first_seen=first, last_seen=last)
        for source, (first, last) in joined.items()
    ]
    return sorted(found, key=lambda one: (-one.last_seen, one.source_id))


def _times(reader: Reader, profile_ids: Iterable[str]) -> dict[str, Times]:
    found: Mapping[str, State] = reader.states.get_many(SeenStage.name, profile_ids)
    return {profile_id: _decode(state.value) for profile_id, state in found.items()}


def _bounded(times: Times) -> Times:
    if len(times) <= MOST_SOURCES:
        return times
    latest = sorted(times, key=lambda source: times[source][1])[-MOST_SOURCES:]
    return {source: times[source] for source in latest}
