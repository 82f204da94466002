"""Remaps: what was asked, how far they came, what they changed."""

from typing import Any

import msgspec

from heliograph.model.remap import Remap
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.names import full_id, not_found, parts_of
from heliograph.operations.page import Listed, Page, cursor
from heliograph.operations.views import RemapView
from heliograph.remap.wish import standing
from heliograph.storage.store import Reader

_NOUN = "remap"
_MOST = 10_000
"""Remaps are started by people: there are few."""


def list_remaps(
    caller: Caller, hub: Hub, page: Page, *, workspace: str | None = None
) -> Listed[RemapView]:
    """Return remaps, the last started first.

    Raises:
        InputError: `caller.refused`, `page.invalid`.
        StoreUnavailable: the store cannot be read.
    """
    caller.require("look")
    key = page.key(_NOUN)
    with hub.data.store.read() as reader:
        found = reader.remaps.find(workspace=caller.within(workspace), limit=_MOST)
    if key:
        ids = [remap.remap_id for remap in found]
        found = found[ids.index(str(key[0])) + 1 :] if key[0] in ids else []
    shown = [remap_view(hub, remap) for remap in found[: page.limit]]
    more = len(found) > page.limit
    return Listed(items=shown, next=cursor(_NOUN, shown[-1].remap_id) if more else None)


def show_remap(caller: Caller, hub: Hub, said: str) -> RemapView:
    """Return a remap; `said` is its id, or a part of it.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("look")
    with hub.data.store.read() as reader:
        found = reader.remaps.get(said) or reader.remaps.get(id_of(caller, reader, said))
    if found is None or not caller.sees(found.workspace):
        raise not_found(_NOUN, said)
    return remap_view(hub, found)


def id_of(caller: Caller, reader: Reader, said: str) -> str:
    """Return the id of the remap that a part of it means.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`.
    """
    seen = reader.remaps.find(workspace=caller.workspace, limit=_MOST)
    ids = [remap.remap_id for remap in seen]
    return said if said in ids else full_id(_NOUN, said, parts_of(ids))


def remap_view(hub: Hub, remap: Remap) -> RemapView:
    """Return the view of a remap, with how it stands in this data folder now."""
    fields: dict[str, Any] = {**msgspec.structs.asdict(remap), "state": standing(hub.folder, remap)}
    return RemapView(**fields)
