"""Forgetting a group of readers that is gone for good."""

from heliograph.engine.settings import GROUP
from heliograph.errors import InputError
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.readers import readers_of
from heliograph.operations.names import not_found
from heliograph.operations.views import ReaderView


def forget_reader(caller: Caller, hub: Hub, name: str) -> ReaderView:
    """Forget a group with its cursors: retention goes on without it. Returns what it was.

    If it comes back it begins at the oldest event that the journal still has.

    Raises:
        InputError: `lookup.not_found`; `reader.needed` for the engine; `caller.refused`.
        StoreUnavailable: nothing was changed.
    """
    caller.require("act")
    caller.require_whole_hub("the list of readers")
    if name == GROUP:
        raise InputError(
            "reader.needed",
            "without the engine nothing is applied or delivered; it cannot be forgotten",
            status=409,
            where="name",
            found=name,
        )
    with hub.data.store.transaction() as tx:
        view = next((one for one in readers_of(hub, tx) if one.name == name), None)
        if view is None or not tx.readers.forget(name):
            raise not_found("reader group", name)
    return view
