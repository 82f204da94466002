"""What a plan had to leave out, cut or write otherwise, so that nothing vanishes on its way without a word.

The rule: what an event says (name, time, properties, traits, platform …) and what the requests say differ
only where a finding says so, by a code of `CODES` and the place in the event. No finding is what says the
same in the vendor's own notation: a time to the precision that the vendor documents, a phone number without
blanks, a list joined as the vendor joins it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from heliograph.destinations.base import PlanWarning
from heliograph.destinations.planning.flatten import Lost, columns_of, flatten_objects
from heliograph.errors import DestinationError
from heliograph.model.json import Json, JsonObject

CODES: Final[dict[str, str]] = {
    "blueprint.dropped": "The blueprint drops the event.",
    "blueprint.left_out": "The blueprint leaves an attribute out.",
    "blueprint.taken": "A rename or flattening of the blueprint takes the place of another value.",
    "count.attributes": "More attributes than the vendor takes of one event; the last are left out.",
    "count.edge": "More attributes of a data type than one of the vendor's pages allows; sent all the same.",
    "count.type": "More attributes of one data type than the vendor takes; the last are left out.",
    "field.unsupported": "A part of the event has no place in the vendor's requests.",
    "list.gaps": "Null in a list, or objects that lack a key: an empty text is there, so positions stay.",
    "list.joined": "A text in a list holds what the vendor joins lists with.",
    "list.long": "A list is longer than the vendor takes; its end is left out.",
    "list.mixed": "Elements of several types, sent as texts.",
    "list.null": "Null in a list is left out.",
    "name.changed": "Characters of a key that the vendor does not take are replaced.",
    "name.edge": "A name as long as some of the vendor's pages allow and others do not; sent all the same.",
    "name.empty": "An attribute without a name is left out.",
    "name.long": "A name is cut.",
    "name.reserved": "A name is the vendor's own; the attribute is left out.",
    "name.taken": "Two attributes come to one name; the second is left out.",
    "object.keys": "An object has more keys than the vendor takes; the last are left out.",
    "object.large": "An object is larger than the vendor takes; it is left out.",
    "payload.empty": "There is nothing to send.",
    "template.missing": "A path of the template leads nowhere; its key, or its place in a list, is left out.",
    "time.future": "The event's time lies ahead of its receipt; sent as of its receipt.",
    "type.unsupported": "The vendor has no counterpart of this type of event; nothing is sent.",
    "value.changed": "A standard attribute is sent in the vendor's form, which was inferred.",
    "value.edge": "A text as long as some of the vendor's pages allow and others do not; sent all the same.",
    "value.empty": "An empty object or list is left out.",
    "value.fraction": "The fraction of a second of a date is left out.",
    "value.long": "A text is cut, or an address left out, for its length.",
    "value.null": "Null is left out.",
    "value.odd": "Sent as it is, in a form that the vendor may not understand.",
    "value.text": "What is nested deeper than the vendor takes is sent as JSON text.",
    "value.unusable": "A value that the vendor could not use is left out.",
    "value.zone": "A date without a zone is sent as UTC.",
}
"""Every code of a finding, with its meaning."""


LOSSES: Final = frozenset(
    [
        *["blueprint.taken", "count.attributes", "count.type", "list.long", "name.long"],
        *["name.reserved", "name.taken", "object.keys", "object.large", "value.long"],
        "value.unusable",
    ]
)
"""Codes that mean that something of a sender is lost, and that nobody asked for it."""


class Findings:
    """Collects the warnings of one plan.

    Args:
        vendor: how the vendor is called in messages.
        fail: a broken limit is an error instead of a warning (setting `over_limit = "fail"`).
    """

    def __init__(self, vendor: str, *, fail: bool) -> None:
        self.vendor = vendor
        self.warnings: list[PlanWarning] = []
        self._fail = fail

    def warn(self, code: str, message: str, where: str) -> None:
        """Note something that no setting turns into an error."""
        self.warnings.append(PlanWarning(code=code, message=message, where=where))

    def null(self, where: str) -> None:
        """Note a null that is left out: it has no data type."""
        self.warn("value.null", "null is left out", where)

    def empty(self, where: str) -> None:
        """Note an empty object or list that is left out."""
        self.warn("value.empty", "an empty object or list is left out", where)

    def unsupported(self, fields: Iterable[str]) -> None:
        """Note parts of the event that have no place in the vendor's requests; nothing for none."""
        named = tuple(fields)
        if named:
            self.warnings.append(_unsupported(self.vendor, named))

    def flattened(self, values: JsonObject, separator: str, where: str) -> JsonObject:
        """Return the values with nested objects lifted to the top; what is lost by it is noted.

        Raises:
            DestinationError: two have one name, and the settings want that to fail.
        """
        lost: list[Lost] = []
        flat = flatten_objects(values, separator, lost)
        self._lost(lost, f"{where}.")
        return flat

    def columns(
        self,
        values: JsonObject,
        separator: str,
        where: str,
        *,
        cells: Callable[[list[Json], str], list[Json]],
    ) -> JsonObject:
        """Return the values flattened, and each list of objects as one list per key.

        Args:
            values: attributes by name.
            separator: stands between the names of an attribute and of what is in it.
            where: path of the values, for what is noted.
            cells: makes such a list (and its path) fit for the vendor; None stands for a missing entry.

        Raises:
            DestinationError: two have one name, and the settings want that to fail.
        """
        out: JsonObject = {}
        for name, value in self.flattened(values, separator, where).items():
            lost: list[Lost] = []
            by_key = columns_of(value, separator, lost) if isinstance(value, list) else None
            if by_key is None:
                out[name] = value
                continue
            self._lost(lost, f"{where}.{name}")
            if not by_key:
                self.empty(f"{where}.{name}")
            for key, column in by_key.items():
                path = f"{name}{separator}{key}"
                if path in values or path in out:
                    self._taken(path, f"{where}.")
                else:
                    out[path] = cells(column, f"{where}.{path}")
        return out

    def _lost(self, lost: list[Lost], where: str) -> None:
        for each in lost:
            if each.why == "taken":
                self._taken(each.path, where)
            elif each.why == "null":
                self.null(f"{where}{each.path}")
            else:
                self.empty(f"{where}{each.path}")

    def _taken(self, name: str, where: str) -> None:
        message = f"flattening makes a second {name!r}; it is left out"
        self.breach("name.taken", message, f"{where}{name}")

    def breach(self, code: str, message: str, where: str) -> None:
        """Note that something was left out or cut to keep a limit.

        Raises:
            DestinationError: `destination.invalid_event`: the settings want that to fail.
        """
        if self._fail:
            raise DestinationError(
                "destination.invalid_event",
                f"{self.vendor} would trim or refuse this: {message}",
                where=where,
                hint="Rename or drop it in the blueprint, or set over_limit to trim.",
            )
        self.warn(code, message, where)


@lru_cache(maxsize=64)
def _unsupported(vendor: str, fields: tuple[str, ...]) -> PlanWarning:
    named = ", ".join(fields)
    message = (
        f"{vendor} has no place for {named}; the blueprint can make attributes of what is wanted "
        f"(`$.{fields[0]}` as a source of `rename`)"
    )
    return PlanWarning(code="field.unsupported", message=message, where="$")
