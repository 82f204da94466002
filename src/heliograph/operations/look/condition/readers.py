"""Who reads the journal and how far, and what keeps events from being read or removed."""

from typing import Final

from heliograph.engine.settings import GROUP
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.views import ReaderView
from heliograph.storage.store import Reader

GONE_MS: Final = 86_400_000
"""A group that was not seen for so long is said to hold back retention."""


def list_readers(caller: Caller, hub: Hub) -> list[ReaderView]:
    """Return the registered groups, by name.

    Raises:
        StoreUnavailable: journal or store cannot be read.
        InputError: `caller.refused`; the caller is bound to a workspace.
    """
    caller.require("look")
    caller.require_whole_hub("the list of readers")
    with hub.data.store.read() as reader:
        return readers_of(hub, reader)


def readers_of(hub: Hub, reader: Reader) -> list[ReaderView]:
    """Return the registered groups, by name."""
    heads = hub.data.journal.heads()
    groups = reader.readers.all()
    places = {group.name: reader.cursors.positions(group.name) for group in groups}
    views: list[ReaderView] = []
    for group in groups:
        mine = places[group.name]
        others = [positions for name, positions in places.items() if name != group.name]
        behind = held = 0
        for partition, bounds in enumerate(heads):
            at = max(mine.get(partition, 0), bounds.first - 1)
            behind += bounds.last - at
            slowest = min((one.get(partition, 0) for one in others), default=at)
            held += max(0, slowest - at)
        gaps = reader.readers.gaps(group.name)
        views.append(
            ReaderView(
                name=group.name,
                registered_at=group.registered_at,
                seen_at=group.seen_at,
                behind=behind,
                missed=sum(gap.last - gap.first + 1 for gap in gaps),
                holds_back=held,
            )
        )
    return views


def unread_events(reader: Reader) -> list[str]:
    """Return, in words, which events wait for a configuration or will never be read."""
    found = [
        f"{number:,} event{'' if number == 1 else 's'} of workspace {workspace} wait, for this store has "
        "never had a configuration of it: they are kept in the journal and are applied and delivered, in "
        "their order, after `heliograph apply DIR`"
        for workspace, number in reader.parked.counts().items()
    ]
    for group in reader.readers.all():
        gaps = reader.readers.gaps(group.name)
        if gaps:
            missed = sum(gap.last - gap.first + 1 for gap in gaps)
            found.append(
                f"{missed:,} events were gone from the journal before `{group.name}` had read them; it "
                "went on behind them: the store is an older copy than the journal, or somebody trimmed it"
            )
    return found


def gone_readers(hub: Hub, reader: Reader) -> list[str]:
    """Return, in words, which groups hold back retention and were not seen for long."""
    return [
        f"the reader group `{view.name}` was not seen for {days:,.0f} days, and the journal keeps "
        f"{view.holds_back:,} events for it; start it again, or, if it is gone for good, "
        f"`heliograph readers forget {view.name}`"
        for view in readers_of(hub, reader)
        if view.name != GROUP
        and view.holds_back
        and (days := (hub.clock.now_ms() - view.seen_at) / GONE_MS) > 1
    ]
