"""What profile records gather from events that took effect. Pure."""

from collections.abc import Iterable, Mapping

from heliograph.profiles.decide import Touch
from heliograph.profiles.draft import Draft, happened
from heliograph.storage.profiles import ProfileRecord


def gather(records: Mapping[str, ProfileRecord], touches: Iterable[Touch]) -> list[ProfileRecord]:
    """Return the changed records, in the order in which they were first touched.

    Args:
        records: by first profile id, those that exist of the ones touched.
        touches: as `decide` made them.
    """
    drafts: dict[str, Draft] = {}
    for touch in touches:
        identifier = touch.identifier
        draft = drafts.get(identifier.profile_id)
        if draft is None:
            record = records.get(identifier.profile_id)
            draft = drafts[identifier.profile_id] = (
                Draft(touch.event.workspace, identifier, happened(touch.event))
                if record is None
                else Draft.of(record)
            )
        if touch.counted:
            draft.add(touch.event, known=identifier.kind == "customer")
        else:
            draft.see(touch.event)
    return [draft.record() for draft in drafts.values()]
