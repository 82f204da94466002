"""Who reads the journal and how far, and what keeps events from being read or removed."""

from typing import Final

from heliograph.engine.settings import GROUP
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.moments import moment
from heliograph.operations.names import not_found
from heliograph.operations.views import GapView, ReaderView
from heliograph.storage.reading.readers import Gap
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
                missed=sum(gap.events for gap in gaps),
                holds_back=held,
            )
        )
    return views


def list_gaps(caller: Caller, hub: Hub, group: str | None = None) -> list[GapView]:
    """Return what a group has missed, or every group, by group, partition and position.

    Raises:
        StoreUnavailable: the store cannot be read.
        InputError: `lookup.not_found`; `caller.refused`: the caller is bound to a workspace.
    """
    caller.require("look")
    caller.require_whole_hub("the list of readers")
    with hub.data.store.read() as reader:
        return gaps_of(reader, group)


def gaps_of(reader: Reader, group: str | None) -> list[GapView]:
    """Return what a group has missed, or every group.

    Raises:
        InputError: `lookup.not_found`.
    """
    names = [one.name for one in reader.readers.all()]
    if group is not None and group not in names:
        raise not_found("reader group", group)
    return [
        gap_view(gap)
        for name in names
        if group in (None, name)
        for gap in reader.readers.gaps(name)
    ]


def gap_view(gap: Gap) -> GapView:
    """Return the view of a gap."""
    said = gap.acknowledged
    return GapView(
        group=gap.group,
        partition=gap.partition,
        first=gap.first,
        last=gap.last,
        events=gap.events,
        found_at=gap.found_at,
        acknowledged_at=said.at if said else None,
        acknowledged_by=said.who if said else None,
        reason=said.reason if said else None,
    )


def unread_events(reader: Reader) -> list[str]:
    """Return, in words, which events wait for a configuration or will never be read."""
    found = [
        f"{number:,} event{'' if number == 1 else 's'} of workspace {workspace} wait, for this store has "
        "never had a configuration of it: they are kept in the journal and are applied and delivered, in "
        "their order, after `heliograph apply DIR`"
        for workspace, number in reader.parked.counts().items()
    ]
    for group in reader.readers.all():
        missed = sum(gap.events for gap in open_gaps(reader, group.name))
        if missed:
            found.append(
                f"{_gone(missed, group.name)}; it went on behind them: the store is an older copy than the "
                "journal, somebody trimmed the journal, or a rebuild came after retention. See `heliograph "
                f"readers gaps {group.name}`; what cannot be mended is left as it is with `heliograph "
                f"readers acknowledge {group.name} --events {missed} --reason TEXT`"
            )
    return found


def open_gaps(reader: Reader, group: str) -> list[Gap]:
    """Return the gaps of a group that nobody has acknowledged."""
    return [gap for gap in reader.readers.gaps(group) if gap.acknowledged is None]


def acknowledged_gaps(reader: Reader) -> list[str]:
    """Return, in words, what was missed and acknowledged: nobody must do anything about it."""
    found: list[str] = []
    for group in reader.readers.all():
        gaps = reader.readers.gaps(group.name)
        said = [gap.acknowledged for gap in gaps if gap.acknowledged is not None]
        if said:
            last = max(said, key=lambda one: one.at)
            missed = sum(gap.events for gap in gaps if gap.acknowledged is not None)
            found.append(
                f"{_gone(missed, group.name)}; acknowledged{' last' if len(set(said)) > 1 else ''} by "
                f"{last.who}, {moment(last.at)}: {last.reason}"
            )
    return found


def _gone(events: int, group: str) -> str:
    what = "1 event was" if events == 1 else f"{events:,} events were"
    return (
        f"{what} gone from the journal before `{group}` had read {'it' if events == 1 else 'them'}"
    )


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
