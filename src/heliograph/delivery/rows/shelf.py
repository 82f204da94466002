"""The texts of blueprints that deliveries in hand refer to, read once each."""

from collections.abc import Iterable

from heliograph.model.delivery import Delivery
from heliograph.model.documents.blueprint_reference import read_reference
from heliograph.model.json import JsonObject
from heliograph.storage.store import Reader


class Shelf:
    """Filled by the ledger's thread before the lanes look; a text never changes under its reference."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], JsonObject | None] = {}

    def fill(self, reader: Reader, deliveries: Iterable[Delivery]) -> None:
        """Read the texts that these deliveries refer to and that are not here yet."""
        for delivery in deliveries:
            reference = delivery.blueprint
            if reference is None or (delivery.destination, reference) in self._texts:
                continue
            workspace = delivery.destination.partition("/")[0]
            self._texts[delivery.destination, reference] = _text(reader, workspace, reference)

    def text(self, destination: str, reference: str) -> JsonObject | None:
        """Return the text under a reference, None when none is kept."""
        return self._texts.get((destination, reference))


def _text(reader: Reader, workspace: str, reference: str) -> JsonObject | None:
    pinned = read_reference(reference)
    if pinned.digest is not None:
        return reader.configuration.preset(reference)
    if pinned.version is None:
        return None
    document = reader.configuration.get(workspace, "blueprint", pinned.name, pinned.version)
    # One that cannot be read is none: as an empty text it would send everything unmapped.
    return None if document is None or document.fault is not None else document.body
