"""What a plan had to leave out or cut, so that nothing vanishes at the vendor without a word."""

from collections.abc import Callable

from heliograph.destinations.base import PlanWarning
from heliograph.destinations.planning.flatten import columns_of, flatten_objects
from heliograph.errors import DestinationError
from heliograph.model.json import Json, JsonObject


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
        """Note something that is sent all the same."""
        self.warnings.append(PlanWarning(code=code, message=message, where=where))

    def flattened(self, values: JsonObject, separator: str, where: str) -> JsonObject:
        """Return the values with nested objects lifted to the top; names that collide are noted.

        Raises:
            DestinationError: two have one name, and the settings want that to fail.
        """
        taken: list[str] = []
        flat = flatten_objects(values, separator, taken)
        for name in taken:
            self._taken(name, where)
        return flat

    def columns(
        self,
        values: JsonObject,
        separator: str,
        where: str,
        *,
        cells: Callable[[list[Json]], list[Json]] = list,
    ) -> JsonObject:
        """Return the values flattened, and each list of objects as one list per key.

        Args:
            values: attributes by name.
            separator: stands between the names of an attribute and of what is in it.
            where: path of the values, for what is noted.
            cells: makes the entries of such a list fit for the vendor; None stands for a missing one.

        Raises:
            DestinationError: two have one name, and the settings want that to fail.
        """
        out: JsonObject = {}
        for name, value in self.flattened(values, separator, where).items():
            by_key = columns_of(value) if isinstance(value, list) else None
            if by_key is None:
                out[name] = value
                continue
            for key, column in by_key.items():
                path = f"{name}{separator}{key}"
                if path in values or path in out:
                    self._taken(path, where)
                else:
                    out[path] = cells(column)
        return out

    def _taken(self, name: str, where: str) -> None:
        message = f"flattening makes a second {name!r}; it is left out"
        self.breach("name.taken", message, f"{where}.{name}")

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
