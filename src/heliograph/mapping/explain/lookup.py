"""What does a path lead to in one record, and if nowhere, why and what may have been meant?"""

import msgspec

from heliograph.mapping.document import selection
from heliograph.mapping.document.plan import Constant, Path
from heliograph.mapping.explain.explanation import FieldExplanation, Match, Reason
from heliograph.mapping.explain.near_misses import Miss, diagnose
from heliograph.mapping.explain.records import Payload, Record
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.work import Work
from heliograph.mapping.wording import shown


class Lookup:
    """Looks up the sources of one record's fields."""

    def __init__(self, payload: Payload, record: Record, *, advise: bool) -> None:
        self._payload = payload
        self._record = record
        self._advise = advise

    def value(self, source: Path | Constant, field: str, *, many: bool = False) -> FieldExplanation:
        """Return the field with the value selected, or with the reason why there is none.

        Args:
            source: where the value comes from.
            field: the name of the output field.
            many: whether the field takes a list, as attributes do.

        Raises:
            TooMuchWork: it costs more than is left for the payload.
        """
        if isinstance(source, Constant):
            return FieldExplanation(field=field, source=shown(source.value), value=source.value)
        nodes = self._record.nodes_of(source, self._payload)
        values = [value for _, value in nodes]
        work = self._payload.work
        if values and isinstance(values[0], str):
            work.spend(len(values[0]) >> 4)  # one text may stand in every record of a batch
        value = selection.attribute_value(source, values) if many else selection.first_value(values)
        found = FieldExplanation(
            field=field, source=source.text, matches=matches_of(source, nodes, work), value=value
        )
        if not nodes:
            place = self._record.place_of(source, self._payload)
            miss = self._miss(source)
            note = f"{place} leads nowhere." + (f" {miss.why}" if miss.why else "")
            missing = empty(found, "path_missing", note)
            return msgspec.structs.replace(missing, suggestion=miss.suggestion)
        if value is None:
            return empty(found, "null", "The value is null, which is the same as missing.")
        return found

    def suggestion(self, path: Path) -> str | None:
        """Return what a path that leads nowhere may have meant; None without advice."""
        return self._miss(path).suggestion

    def _miss(self, path: Path) -> Miss:
        if not self._advise:
            return Miss()
        payload = self._payload
        start = self._record.start_of(path, payload)
        return diagnose(path, start, payload.body, payload.work)


def empty(found: FieldExplanation, reason: Reason, note: str) -> FieldExplanation:
    """Return the field without its value, and why."""
    return msgspec.structs.replace(found, value=None, reason=reason, note=note)


def matches_of(path: Path, nodes: list[jsonpath.Node], work: Work) -> tuple[Match, ...]:
    """Return the places as explanations show them.

    Raises:
        TooMuchWork: their names are longer than what is left for the payload.
    """
    if path.origin != "body":
        return tuple(Match(path.text, value) for _, value in nodes)
    matches: list[Match] = []
    for location, value in nodes:
        text = jsonpath.normalized(location)
        work.spend(1 + (len(text) >> 4))
        matches.append(Match(text, value))
    return tuple(matches)
