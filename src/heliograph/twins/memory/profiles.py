"""What the vendor would show about a person: attributes and a timeline of events, within bounded memory."""

from collections import OrderedDict, deque
from typing import Final

from heliograph.model.json import Json, JsonObject

KEPT_PROFILES: Final = 10_000
KEPT_EVENTS: Final = 500  # per profile, the newest


class Profile:
    """One person at the vendor; `kind` says by which identifier it is known."""

    def __init__(self, profile_id: str, kind: str) -> None:
        self.profile_id = profile_id
        self.kind = kind
        self.attributes: JsonObject = {}
        self.events: deque[JsonObject] = deque(maxlen=KEPT_EVENTS)
        self.event_count = 0
        self.merged_from: list[str] = []

    def add_event(self, event: JsonObject) -> None:
        """Put an event at the end of the timeline (in order of receipt)."""
        self.events.append(event)
        self.event_count += 1

    def shown(self) -> JsonObject:
        """Return the profile as JSON: identifier, kind, attributes, timeline in order of receipt."""
        timeline: list[Json] = list(self.events)
        merged: list[Json] = list(self.merged_from)
        return {
            "id": self.profile_id,
            "kind": self.kind,
            "attributes": self.attributes,
            "event_count": self.event_count,
            "events": timeline,
            "merged_from": merged,
        }


class ProfileBook:
    """The profiles of one twin; the least recently touched are forgotten beyond `keep`."""

    def __init__(self, keep: int = KEPT_PROFILES) -> None:
        self._keep = keep
        self._profiles: OrderedDict[tuple[str, str], Profile] = OrderedDict()

    def __len__(self) -> int:
        return len(self._profiles)

    def find(self, profile_id: str, kind: str | None = None) -> Profile | None:
        """Return the profile with this identifier; without a kind, the first kind made that has it."""
        if kind is not None:
            return self._profiles.get((kind, profile_id))
        return next((p for (_, known), p in self._profiles.items() if known == profile_id), None)

    def touch(self, profile_id: str, kind: str) -> Profile:
        """Return the profile, made if new."""
        place = (kind, profile_id)
        profile = self._profiles.get(place)
        if profile is None:
            profile = self._profiles[place] = Profile(profile_id, kind)
            if len(self._profiles) > self._keep:
                self._profiles.popitem(last=False)
        else:
            self._profiles.move_to_end(place)
        return profile

    def remove(self, profile_id: str, kind: str) -> Profile | None:
        """Forget a profile and return what it was."""
        return self._profiles.pop((kind, profile_id), None)

    def clear(self) -> None:
        """Forget everybody."""
        self._profiles.clear()
