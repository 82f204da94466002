"""People, and the identifiers they are made of."""

from heliograph.engine.stages.seen import sources_of
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.names import not_found
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.persons import Named, require_named
from heliograph.operations.views import (
    IdentifierView,
    PersonView,
    identifier_view,
    person_view,
)
from heliograph.profiles.lookup import load_people
from heliograph.storage.store import Reader

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
    """Return a person by profile id (or a part of it), customer id, anonymous id or e-mail in any case.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        found = require_named(caller, reader, said, workspace)
        shown = person_of(caller, reader, found)
    if shown is None:
        raise not_found("profile", said)
    return shown


def person_of(caller: Caller, reader: Reader, found: Named) -> PersonView | None:
    """Return the person whom a name means, or None when the caller does not see them."""
    people = load_people(reader, found.profile_ids)
    person = next((people[id_] for id_ in found.profile_ids if id_ in people), None)
    if person is None or not caller.sees(person.workspace):
        return None
    members = [person.profile_id, *reader.profiles.members_of(person.profile_id)]
    return person_view(person, sources_of(reader, members), note=found.note)
