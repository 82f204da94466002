"""What of a delivery's event its requests cannot say: the findings of its plan, made again.

A plan is pure, so it is made again when somebody looks, for deliveries of any state, and costs nothing when
they are sent. It is made with the settings of today and the blueprint that the delivery keeps; secrets are
not known to whoever looks, and no finding depends on one.
"""

from functools import cached_property
from typing import Final

from heliograph.delivery.rows.people import people_of
from heliograph.delivery.rows.shelf import Shelf
from heliograph.delivery.target.target import Target, resolve_targets
from heliograph.destinations import registry
from heliograph.destinations.base import PlanContext
from heliograph.destinations.preflight import plan_event
from heliograph.errors import ConfigError, DestinationError
from heliograph.model.delivery import Delivery
from heliograph.model.documents.catalog import build_catalog, secret_references
from heliograph.operations.delivery_views import FindingView
from heliograph.storage.events.stored_events import Undecodable, read_stored
from heliograph.storage.store import Reader

_STAND_IN: Final = "c2VjcmV0"
"""In place of every secret; it is base64 too, which signing secrets have to be."""


class Told:
    """Findings of deliveries in one view of the store; reads the configuration once.

    Args:
        reader: the view.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shelf = Shelf()

    def of(self, delivery: Delivery) -> list[FindingView] | None:
        """Return the findings; None when no plan can be made, whose reason the delivery's state tells."""
        target = self._targets.get(delivery.destination)
        event = read_stored(delivery.event, delivery.event_id)
        if target is None or isinstance(target, ConfigError) or isinstance(event, Undecodable):
            return None
        self._shelf.fill(self._reader, [delivery])
        person = people_of(self._reader, [delivery.profile_id])[delivery.profile_id]
        context = PlanContext(delivery_id=delivery.delivery_id, person=person)
        try:
            blueprint = target.blueprint(delivery.blueprint)
            plan = plan_event(target.destination, target.settings, blueprint, event, context)
        except (ConfigError, DestinationError):
            return None
        return [
            FindingView(code=each.code, where=each.where, message=each.message)
            for each in plan.warnings
        ]

    @cached_property
    def _targets(self) -> dict[str, Target | ConfigError]:
        documents = self._reader.configuration.all()
        names = [name for each in documents for _, name in secret_references(each.body)]
        catalog = build_catalog(documents, dict.fromkeys(names, _STAND_IN))
        return resolve_targets(catalog, registry.get, self._shelf)
