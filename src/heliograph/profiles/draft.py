"""A profile record while it is being changed."""

from typing import Final

from heliograph.model.event import Event
from heliograph.profiles.attributes import winner
from heliograph.profiles.identity import Identifier
from heliograph.storage.profiles import AttributeValue, ProfileRecord

MOST_MS: Final = (1 << 53) - 1


def happened(event: Event) -> int:
    """Return when an event happened, for whatever compares events: never after it was received.

    A phone whose clock is years ahead would otherwise have the last word about a person for years. Cut to
    what every store and JSON reader can hold (53 bits).
    """
    return max(-MOST_MS, min(event.timestamp, event.received_at, MOST_MS))


class Draft:
    """What one identifier has gathered, open to more; `record()` gives what is stored."""

    __slots__ = ("attributes", "events", "first_seen", "identifier", "last_seen", "workspace")

    def __init__(self, workspace: str, identifier: Identifier, at: int) -> None:
        self.workspace = workspace
        self.identifier = identifier
        self.first_seen = at
        self.last_seen = at
        self.events = 0
        self.attributes: dict[str, AttributeValue] = {}

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
        self.see(event)
        if event.type == "group":
            return  # a group's traits describe the group
        attributes = self.attributes
        for name, value in event.traits.items():
            if value is None:
                continue  # null means "not given", never "delete"
            new = AttributeValue(
                value=value,
                at=happened(event),
                event_id=event.event_id,
                source_id=event.source_id,
                known=known,
            )
            old = attributes.get(name)
            attributes[name] = new if old is None else winner(old, new)

    def see(self, event: Event) -> None:
        """Take in when an event happened."""
        at = happened(event)
        if at < self.first_seen:
            self.first_seen = at
        if at > self.last_seen:
            self.last_seen = at

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
            attributes=dict(sorted(self.attributes.items())),
        )
