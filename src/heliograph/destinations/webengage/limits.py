"""What WebEngage takes: rates, lengths, counts, and how attributes are brought under them.

Source: Datafly Signal, "WebEngage" (limits), and WebEngage, "REST API: tracking events", "tracking users"
(copies of mid-2026).
"""

import math
from typing import Final

from heliograph.destinations.base import Capabilities, Limit
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.webengage.settings import WebEngageSettings
from heliograph.model.json import Json, JsonObject

NAME_MAX: Final = 50
"""Characters of an event's or attribute's name."""
VALUE_MAX: Final = 1000
"""Characters of a string value."""
PER_TYPE_MAX: Final = 25
"""Attributes of one data type per event."""
ID_MAX: Final = 100
"""Characters of userId and anonymousId."""
RESERVED: Final = "we_"
_SOURCE: Final = "WebEngage, REST API getting started (copy of 2026-06-02)"


def capabilities(settings: WebEngageSettings) -> Capabilities:
    """Return WebEngage's documented budget; it is the same for every account by default."""
    del settings
    return Capabilities(
        limits=(
            Limit(bucket="events", amount=5000, per_s=60, source=_SOURCE),
            Limit(bucket="users", amount=5000, per_s=60, source=_SOURCE),
        ),
        idempotent_for_s=4 * 3600,
    )


class Attributes:
    """Collects attributes that keep the limits; what had to be done for that goes to `findings`.

    Args:
        findings: of the plan.
        where: JSON path of the attributes in the event.
    """

    def __init__(self, findings: Findings, where: str) -> None:
        self._findings = findings
        self._where = where
        self._counts: dict[str, int] = {}
        self.values: JsonObject = {}

    def add(self, name: str, value: Json) -> None:
        """Take an attribute; null, and what JSON writes as null, is left out: it has no data type.

        Raises:
            DestinationError: it breaks a limit and the settings say `fail`.
        """
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return
        where = f"{self._where}.{name}"
        if not name:
            self._findings.breach("name.empty", "an attribute without a name is left out", where)
            return
        if name.lower().startswith(RESERVED):
            self._findings.breach(
                "name.reserved", f"names that start with {RESERVED} are WebEngage's own", where
            )
            return
        short = self.fit_name(name, where)
        if short in self.values:
            self._findings.breach(
                "name.taken", f"{short!r} is there already; this one is left out", where
            )
            return
        kind = _type_of(value)
        if self._counts.get(kind, 0) >= PER_TYPE_MAX:
            self._findings.breach(
                "count.type", f"more than {PER_TYPE_MAX} attributes of type {kind}", where
            )
            return
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self.values[short] = self.fit_text(value, where)

    def fit_name(self, name: str, where: str) -> str:
        """Return the name, cut to 50 characters; exactly 50 warns, as one page says "less than 50".

        Raises:
            DestinationError: it is longer and the settings say `fail`.
        """
        if len(name) > NAME_MAX:
            self._findings.breach("name.long", f"{len(name)} characters, cut to {NAME_MAX}", where)
        elif len(name) == NAME_MAX:
            self._findings.warn(
                "name.edge", f"exactly {NAME_MAX} characters; some pages say less", where
            )
        return name[:NAME_MAX]

    def fit_text(self, value: Json, where: str) -> Json:
        """Return the value, a string cut to 1,000 characters.

        Raises:
            DestinationError: it is longer and the settings say `fail`.
        """
        if not isinstance(value, str) or len(value) < VALUE_MAX:
            return value
        if len(value) == VALUE_MAX:
            self._findings.warn(
                "value.edge", f"exactly {VALUE_MAX} characters; some pages say less", where
            )
            return value
        self._findings.breach("value.long", f"{len(value)} characters, cut to {VALUE_MAX}", where)
        return value[:VALUE_MAX]


def _type_of(value: Json) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    if isinstance(value, str):
        return "String"
    return "JSON Array" if isinstance(value, list) else "JSON Object"
