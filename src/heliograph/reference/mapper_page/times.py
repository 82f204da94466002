"""The part of docs/reference/mapper.md about times; its tables are read as the mapper reads."""

from datetime import UTC, datetime, timedelta
from typing import Final

from heliograph.mapping import compile_mapper
from heliograph.mapping.explain.explanation import WARNING
from heliograph.mapping.result import Mapped
from heliograph.mapping.times.patterns import DOCUMENTED
from heliograph.mapping.times.reader import ACCEPTED, TimeReader, UnreadableTime
from heliograph.mapping.times.zones import read_zone
from heliograph.model.json import Json, JsonObject
from heliograph.reference.mapper_page.layout import table

_TIMES: Final = (
    *("2024-10-25T14:30:00Z", "2024-10-25T14:30:00.123456+05:30", "2024-10-25T14:30:00+0530"),
    *("2024-10-25T14:30:00", "2024-10-25 14:30:00", "2024-10-25 14:30:00 UTC", "2024-10-25"),
    *("2024/10/25 14:30:00", "20241025T143000Z", "20241025143000Z", "2024-10", "2024-299"),
    *("2024-W43-5", "2024-10-25T24:00:00Z", "2024-10-25T14:30:00+02:00[Europe/Berlin]"),
    *("2024-10-25 14:30:00 Europe/Berlin", "2024-10-25 14:30:00 EDT"),
    *("Fri, 25 Oct 2024 14:30:00 +0000", "Fri Oct 25 2024 14:30:00 GMT+0200 (CEST)", "1729866600"),
    *(
        "1729866600.25",
        "1729866600000",
        "1729866600000000",
        "2024",
        "202410",
        "2024299",
        "20241025",
    ),
    *("2024102514", "202410251430", "20241025143000", "20241025143000123"),
    *("201012", "02/01/2025 10:20", "25-10-2024", "10/25/2024", "25.10.2024", "25.10.24"),
    *("2024-10-25 14:30:00 CET", "next week"),
)
_OTHERS: Final = (
    ("dd.MM.yyyy HH:mm", "25.10.2024 14:30"),
    ("d.M.yy", "25.10.24"),
    ("MM/dd/yyyy", "10/25/2024"),
    ("M/d/yyyy h:mm:ss a", "10/25/2024 2:30:00 PM"),
    ("dd/MMM/yyyy:HH:mm:ss Z", "25/Oct/2024:14:30:00 +0200"),
    ("ddMMyyyy", "25102024"),
)
_RECEIVED: Final = "2026-06-01"
_DOUBTFUL: Final = (
    *("2026-06-01", "2026-06-02", "2026-06-03", "2034-02-20", "2611-05-29", "1999-12-31"),
    *(0, -1, 45590, 20241025, 20241025143000, 2024102514),
)
_MAPPER: Final[JsonObject] = {
    "partner_name": "page",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.who",
        "event_name": "Seen",
        "user_time": "$.at",
        "platform": "web",
    },
    "batching": False,
}


def times() -> str:
    """Return the section as Markdown."""
    moment = datetime(2024, 10, 25, 14, 30, 0, 123456, tzinfo=UTC)
    patterns: list[tuple[str, ...]] = []
    for pattern in DOCUMENTED:
        text = _write(moment, pattern)
        patterns.append((f"`{pattern}`", f"`{text}`", _read(text, pattern)))
    forms = [(f"`{text}`", _read(text, None)) for text in _TIMES]
    berlin = [
        (f"`{text}`", f"{_read(text, None, 'Europe/Berlin')}", why)
        for text, why in (
            ("2024-10-27 02:30:00", "occurs twice: the first one"),
            ("2024-03-31 02:30:00", "never occurs: moved forward by the gap"),
        )
    ]
    others = [(f"`{pattern}`", f"`{text}`", _read(text, pattern)) for pattern, text in _OTHERS]
    judged = [(f"`{value}`", _judged(value)) for value in _DOUBTFUL]
    return f"""
## Time

With a pattern in `formats` a text must match it to the digit:

{table(("pattern", "text", "UTC"), patterns)}

A pattern is written in Java's letters, each part once, in any order, with the marks between them as they are
in the text: `yyyy` or `yy` (2000 to 2099), `MM` (`M`: one or two digits; `MMM`, `MMMM`: English names) or
`DDD`, `dd` or `d`, `EEE`, `HH` or `H` (`hh` or `h` with `a`), `mm`, `ss`, one to nine `S`, and `Z`, `'Z'`,
`XXX` or `z`; other words in quotes. Fractions are cut to milliseconds. So are read, for instance,

{table(("pattern", "text", "UTC"), others)}

Without a pattern: {ACCEPTED}.

{table(("text", "UTC"), forms)}

When clocks change, e.g. in Europe/Berlin:

{table(("text", "UTC", ""), berlin)}

### Which times are plausible

An event happened between 2000 and a day after its receipt. What lies before 2000 or after 2099 nobody means,
such as a spreadsheet's serial number read as seconds: it is refused (`mapper.invalid_time`). What lies in
between but ahead of its receipt is kept, with a warning of `explain`, `mapper run` and the plan of each
delivery (`time.implausible`), and wins over no other value of an attribute. A mapper may say otherwise beside
`mappings`: `"time_window": {{"earliest": "1990-01-01", "ahead_hours": 48, "outside": "refuse"}}`, or `"keep"`
for everything outside of the window. For events received on {_RECEIVED}, without any of it:

{table(("`user_time`", ""), judged)}
"""


def _judged(value: Json) -> str:
    mapper = compile_mapper(_MAPPER)
    (item,) = mapper.explain({"who": "c-1", "at": value}, received_at_ms=_read_ms(_RECEIVED)).items
    (field,) = [each for each in item.fields if each.field == "timestamp"]
    if isinstance(item.outcome, Mapped):
        kept = field.note is not None and field.note.startswith(WARNING)
        return "kept with a warning" if kept else "taken"
    return "refused"


def _read_ms(text: str) -> int:
    return TimeReader(pattern=None, zone=UTC).read(text)


def _read(text: str, pattern: str | None, zone: str = "UTC") -> str:
    reader = TimeReader(pattern=pattern, zone=read_zone(zone, where="the page"))
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=reader.read(text))
    except UnreadableTime as error:
        why = str(error).partition(" could not be read")[2].partition(". Accepted")[0].strip(" ()")
        return f"refused{': ' + why if why else ''}"
    return f"`{moment.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z`"


def _write(moment: datetime, pattern: str) -> str:
    text = pattern.replace("'Z'", "\0").replace("'T'", "\1").replace("Z", "+0530")
    for letters, directive in (
        *(("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S")),
        *(("SSSSSS", "%f"), ("\0", "Z"), ("\1", "T")),
    ):
        text = text.replace(letters, directive)
    return moment.strftime(text)
