"""Which deliveries the events that took effect become."""

import msgspec

from heliograph.engine.batch import Batch
from heliograph.engine.routing.route import route
from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.stages.identity import Identified
from heliograph.engine.stages.stage import Changes
from heliograph.model.delivery import NewDelivery
from heliograph.storage.store import Reader, Transaction


class Routed(Changes):
    """New deliveries, in the order of their events."""

    deliveries: list[NewDelivery]
    now_ms: int
    seqs: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """Delivery id -> seq of those that were not there before; known when they are written."""


class RouteStage:
    """Events × pipelines; see `engine.routing.route`. The book is brought up to date before each batch."""

    name = "route"

    def __init__(self, routes: RouteBook) -> None:
        self._routes = routes

    def load(self, reader: Reader, batch: Batch) -> None:
        """Nothing is needed."""
        del reader, batch

    def apply(self, state: None, batch: Batch) -> Routed:
        """Route."""
        del state
        encoded = {(one.partition, one.position): one.record.value for one in batch.entries}
        deliveries: list[NewDelivery] = []
        for one in batch.of(Identified).people.effective:
            event = one.event
            if event.remap is not None and not event.resend:
                continue  # nothing is sent again unless asked
            deliveries += route(
                event,
                self._routes.of(event.workspace),
                key=one.canonical,
                profile_id=one.profile_id,
                partition=one.partition,
                position=one.position,
                encoded=encoded[one.partition, one.position],
            )
        return Routed(deliveries=deliveries, now_ms=batch.now_ms)

    def write(self, tx: Transaction, changes: Routed) -> None:
        """Enqueue, behind held deliveries that the identity stage opened."""
        changes.seqs = tx.deliveries.enqueue(changes.deliveries, now_ms=changes.now_ms)
