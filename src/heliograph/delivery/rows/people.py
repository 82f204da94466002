"""Who deliveries are about, merges resolved at this moment, in the form that plans take."""

from collections.abc import Iterable, Mapping

from heliograph.destinations.base import Person
from heliograph.profiles.fold import fold
from heliograph.profiles.lookup import Members, load_members
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.store import Reader


def people_of(
    reader: Reader, profile_ids: Iterable[str], *, at_hand: Mapping[str, Members] | None = None
) -> dict[str, Person]:
    """Return first profile id -> person; one of whom nothing is stored has nothing but the id.

    Args:
        reader: a view of the store.
        profile_ids: of the deliveries.
        at_hand: whom some of the ids belong to; they need not be read.
    """
    wanted = dict.fromkeys(profile_ids)
    known = dict(at_hand or {})
    absent = [profile_id for profile_id in wanted if profile_id not in known]
    if absent:
        known |= load_members(reader, absent)
    people: dict[str, Person] = {}
    made: dict[str, Person] = {}
    for profile_id in wanted:
        found = known.get(profile_id)
        if found is None:
            people[profile_id] = Person(profile_id=profile_id)
            continue
        canonical, records = found
        if canonical not in made:
            made[canonical] = _person(canonical, records)
        people[profile_id] = made[canonical]
    return people


def _person(canonical: str, records: tuple[ProfileRecord, ...]) -> Person:
    person = fold(canonical, records)
    return Person(
        profile_id=person.profile_id,
        customer_id=person.customer_id,
        anonymous_ids=person.anonymous_ids,
        traits=person.traits,
    )
