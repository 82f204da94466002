"""What WebEngage takes: rates, lengths, counts, and how attributes are brought under them.

Source: Datafly Signal, "WebEngage" (limits), and WebEngage, "REST API: tracking events", "tracking users"
(copies of mid-2026).
"""

import math
from typing import Final

from heliograph.destinations.base import Capabilities, Limit
from heliograph.destinations.planning.findings import Findings
from heliograph.destinations.planning.times import iso_offset, read_date_text
from heliograph.destinations.webengage.settings import WebEngageSettings
from heliograph.model.json import Json, JsonObject

NAME_MAX: Final = 50
"""Characters of an event's or attribute's name."""
VALUE_MAX: Final = 1000
"""Characters of a string value."""
PER_TYPE_MAX: Final = 25
"""Attributes of one data type per event. The page on users says the same of a user's attributes; WebEngage's
own tool (webengage-migration 0.2.0) keeps it for events only, and sends more of a user."""
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
        counted: no more than 25 of a data type; else more are sent with a warning.
    """

    def __init__(self, findings: Findings, where: str, *, counted: bool) -> None:
        self._findings = findings
        self._where = where
        self._counted = counted
        self._counts: dict[str, int] = {}
        self.values: JsonObject = {}

    def add(self, name: str, value: Json) -> None:
        """Take an attribute; null, and what JSON writes as null, is left out: it has no data type.

        Raises:
            DestinationError: it breaks a limit and the settings say `fail`.
        """
        where = f"{self._where}.{name}"
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            self._findings.null(where)
            return
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
        date = as_date(value, where, self._findings) if isinstance(value, str) else None
        kind = "Date" if date else _type_of(value)
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count > PER_TYPE_MAX:
            message = f"more than {PER_TYPE_MAX} attributes of type {kind}"
            if self._counted:
                self._findings.breach("count.type", message, where)
                return
            if count == PER_TYPE_MAX + 1:
                self._findings.warn("count.edge", message, where)
        self.values[short] = date or self.fit_text(value, where)

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


def as_date(text: str, where: str, findings: Findings) -> str | None:
    """Return a date as WebEngage's own type of it, `yyyy-MM-ddTHH:mm:ss±hhmm`, None for any other text.

    Other forms would be kept as texts, which no segment can compare.
    """
    found = read_date_text(text)
    if found is None:
        return None
    if not found.has_zone:
        findings.warn("value.zone", "a date without a zone; sent as UTC", where)
    if found.has_fraction:
        findings.warn("value.fraction", "the fraction of a second is left out", where)
    return iso_offset(found.when)


def _type_of(value: Json) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    if isinstance(value, str):
        return "String"
    return "JSON Array" if isinstance(value, list) else "JSON Object"
