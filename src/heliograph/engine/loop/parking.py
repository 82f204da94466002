"""Events that wait for a configuration of their workspace; see `storage.reading.parked`."""

from collections.abc import Collection, Sequence

import msgspec

from heliograph.engine.applying.apply import BatchEffect
from heliograph.engine.routing.routes import RouteBook
from heliograph.storage.events.journal import Entry
from heliograph.storage.reading.parked import ParkedPlace
from heliograph.storage.reading.readers import Gap
from heliograph.storage.store import Reader, Store, Transaction
from heliograph.telemetry.logs import get_logger

log = get_logger("engine.parking")
HINT = "heliograph apply DIR, with the folder that has the configuration of this workspace"


class ParkedPage(msgspec.Struct, frozen=True, kw_only=True):
    """Parked events of one workspace in one partition that may be applied now."""

    partition: int
    workspace: str
    positions: list[int]
    last: bool
    """Whether nothing is left behind it."""


class Parking:
    """Which workspaces have events parked in the partitions in hand. One thread uses it at a time."""

    def __init__(self, routes: RouteBook) -> None:
        self._routes = routes
        self._waiting: dict[int, set[str]] = {}
        self._said: set[str] = set()

    @property
    def waits(self) -> bool:
        """Whether anything is parked."""
        return bool(self._waiting)

    def load(self, reader: Reader, partitions: Collection[int]) -> None:
        """Read what is parked in the partitions in hand."""
        self._waiting = reader.parked.waiting(partitions)

    def parks(self, partition: int, workspace: str) -> bool:
        """Tell whether an event must be parked: no configuration, or others of its own wait before it."""
        return workspace in self._waiting.get(partition, ()) or not self._routes.knows(workspace)

    def put(self, places: Sequence[ParkedPlace]) -> None:
        """Note what was parked, and say so once for each workspace."""
        for place in places:
            self._waiting.setdefault(place.partition, set()).add(place.workspace)
            if place.workspace not in self._said:
                self._said.add(place.workspace)
                log.error("events wait for a configuration", workspace=place.workspace, hint=HINT)

    def page(self, store: Store, partitions: Collection[int], limit: int) -> ParkedPage | None:
        """Return the next parked events that may be applied now, or None."""
        for partition in partitions:
            for workspace in sorted(self._waiting.get(partition, ())):
                if not self._routes.knows(workspace):
                    continue
                with store.read() as reader:
                    positions = reader.parked.page(partition, workspace, limit=limit)
                return ParkedPage(
                    partition=partition,
                    workspace=workspace,
                    positions=positions,
                    last=len(positions) < limit,
                )
        return None

    def taken(
        self, tx: Transaction, entries: Sequence[Entry], workspace: str | None, effect: BatchEffect
    ) -> BatchEffect:
        """Take entries of a workspace that are applied in this transaction out of what is parked."""
        if workspace is not None:
            until = {entry.partition: entry.position for entry in entries}
            for partition, position in until.items():
                tx.parked.take(partition, workspace, until=position)
        return effect

    def miss(
        self, tx: Transaction, page: ParkedPage, gone: Sequence[int], now_ms: int
    ) -> BatchEffect:
        """Note positions of a page that are gone from the journal, and take the page out."""
        for position in gone:
            tx.readers.note_gap(
                Gap(
                    group="engine",
                    partition=page.partition,
                    first=position,
                    last=position,
                    found_at=now_ms,
                )
            )
        tx.parked.take(page.partition, page.workspace, until=page.positions[-1])
        return BatchEffect()

    def left(self, page: ParkedPage) -> None:
        """Note that a page was applied."""
        if page.last:
            workspaces = self._waiting[page.partition]
            workspaces.discard(page.workspace)
            if not workspaces:
                del self._waiting[page.partition]
            log.info("parked events applied", workspace=page.workspace, partition=page.partition)
