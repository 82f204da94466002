"""What a plan had to leave out or cut, so that nothing vanishes at the vendor without a word."""

from heliograph.destinations.base import PlanWarning
from heliograph.destinations.flatten import flatten_objects
from heliograph.errors import DestinationError
from heliograph.model.json import JsonObject


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
            message = f"flattening makes a second {name!r}; it is left out"
            self.breach("name.taken", message, f"{where}.{name}")
        return flat

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
