"""People, and the identifiers they are made of."""

from heliograph.engine.stages.seen import sources_of
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.names import not_found, profile_ids
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.views import (
    IdentifierView,
    PersonView,
    identifier_view,
    person_view,
)
from heliograph.profiles.lookup import load_people

_NOUN = "identifier"


def list_identifiers(
    caller: Caller, hub: Hub, page: Page, *, workspace: str | None = None
) -> Listed[IdentifierView]:
    """Return what each identifier has gathered, ordered by profile id.

    Raises:
        InputError: `caller.refused`, `page.invalid`.
        StoreUnavailable: the store cannot be read.
    """
    caller.require("look")
    key = page.key(_NOUN)
    with hub.data.store.read() as reader:
        found = reader.profiles.find(
            workspace=caller.within(workspace),
            after=str(key[0]) if key else None,
            limit=page.limit + 1,
        )
        canonical = reader.profiles.canonical_of([record.profile_id for record in found])
    more = len(found) > page.limit
    shown = [
        identifier_view(record, canonical.get(record.profile_id, record.profile_id))
        for record in found[: page.limit]
    ]
    return Listed(items=shown, next=cursor(_NOUN, shown[-1].profile_id) if more else None)


def show_person(caller: Caller, hub: Hub, said: str, *, workspace: str | None = None) -> PersonView:
    """Return a person by profile id (or its beginning), customer id or anonymous id.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        ids = profile_ids(caller, reader, said, workspace)
        people = load_people(reader, ids)
        person = next((people[id_] for id_ in ids if id_ in people), None)
        if person is None or not caller.sees(person.workspace):
            raise not_found("profile", said)
        members = [person.profile_id, *reader.profiles.members_of(person.profile_id)]
        return person_view(person, sources_of(reader, members))
