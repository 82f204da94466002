"""Who deliveries are about, merges resolved at this moment, in the form that plans take."""

from collections.abc import Iterable

from heliograph.destinations.base import Person
from heliograph.profiles.lookup import load_people
from heliograph.storage.store import Reader


def people_of(reader: Reader, profile_ids: Iterable[str]) -> dict[str, Person]:
    """Return first profile id -> person; one of whom nothing is stored has nothing but the id."""
    wanted = list(profile_ids)
    known = load_people(reader, wanted)
    people: dict[str, Person] = {}
    made: dict[str, Person] = {}
    for profile_id in wanted:
        person = known.get(profile_id)
        if person is None:
            people[profile_id] = Person(profile_id=profile_id)
            continue
        if person.profile_id not in made:
            made[person.profile_id] = Person(
                profile_id=person.profile_id,
                customer_id=person.customer_id,
                anonymous_ids=person.anonymous_ids,
                traits=person.traits,
            )
        people[profile_id] = made[person.profile_id]
    return people
