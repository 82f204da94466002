"""A profile record while it is being changed."""

from typing import Final

from heliograph.model.event import Event
from heliograph.profiles.attributes import winner
from heliograph.profiles.identity import Identifier
from heliograph.storage.profiles import AttributeValue, ProfileRecord

MOST_MS: Final = (1 << 53) - 1
PLAUSIBLE_AHEAD_MS: Final = 86_400_000
"""A day: clocks of other zones are off by as much."""


def happened(event: Event) -> int:
    """Return when an event happened, for whatever compares events: never after it was received.

    A phone whose clock is years ahead would otherwise have the last word about a person for years. Cut to
    what every store and JSON reader can hold (53 bits).
    """
    at = event.timestamp
    if at > event.received_at:
        at = event.received_at
    return at if -MOST_MS <= at <= MOST_MS else max(-MOST_MS, min(at, MOST_MS))


class Draft:
    """What one identifier has gathered, open to more; `record()` gives what is stored."""

    __slots__ = (
        *("attributes", "events", "first_seen", "identifier", "last_seen", "sorted", "workspace"),
    )

    def __init__(self, workspace: str, identifier: Identifier, at: int) -> None:
        self.workspace = workspace
        self.identifier = identifier
        self.first_seen = at
        self.last_seen = at
        self.events = 0
        self.attributes: dict[str, AttributeValue] = {}
        self.sorted = True
        """Whether they are in the order in which they are stored."""

    @classmethod
    def of(cls, record: ProfileRecord) -> "Draft":
        """Return the draft of a stored record."""
        identifier = Identifier(profile_id=record.profile_id, kind=record.kind, value=record.value)
        draft = cls(record.workspace, identifier, record.first_seen)
        draft.last_seen = record.last_seen
        draft.events = record.events
        draft.attributes = dict(record.attributes)
        return draft

    def add(self, event: Event, *, known: bool) -> None:
        """Count an event and take in what it says; `known`: it has a customer id."""
        self.events += 1
        self.join(event, known=known)

    def join(self, event: Event, *, known: bool) -> None:
        """Take in what an event says without counting it; doing so again changes nothing."""
        at = self.see(event)
        if event.type == "group":
            return  # a group's traits describe the group
        if event.timestamp - event.received_at > PLAUSIBLE_AHEAD_MS:
            at = 0  # nobody knows when it was: what it says wins over nothing
        attributes, event_id, source_id = self.attributes, event.event_id, event.source_id
        for name, value in event.traits.items():
            if value is None:
                continue  # null means "not given", never "delete"
            new = AttributeValue(
                value=value, at=at, event_id=event_id, source_id=source_id, known=known
            )
            old = attributes.get(name)
            if old is None:
                self.sorted = False
            attributes[name] = new if old is None else winner(old, new)

    def see(self, event: Event) -> int:
        """Take in when an event happened, and return that."""
        at = happened(event)
        if at < self.first_seen:
            self.first_seen = at
        if at > self.last_seen:
            self.last_seen = at
        return at

    def record(self) -> ProfileRecord:
        """Return what is stored."""
        return ProfileRecord(
            profile_id=self.identifier.profile_id,
            workspace=self.workspace,
            kind=self.identifier.kind,
            value=self.identifier.value,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            events=self.events,
            attributes=self.attributes.copy()
            if self.sorted
            else dict(sorted(self.attributes.items())),
        )
