import contextlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.times.patterns import DOCUMENTED
from heliograph.mapping.times.reader import (
    EARLIEST_MS,
    LATEST_MS,
    TimeReader,
    UnreadableTime,
)
from heliograph.mapping.times.zones import read_zone


def mapper_of_time(pattern: str | None, zone: str) -> Mapper:
    """Return a mapper whose one field that varies is the time."""
    formats = {} if pattern is None else {"formats": {"user_time": pattern}}
    mappings = {
        "customer_id": "$.who",
        "event_name": "Seen",
        "user_time": "$.at",
        "platform": "web",
        "app_version": "1",
        **formats,
    }
    document = {
        "partner_name": "p",
        "mapping_type": "events",
        "mappings": mappings,
        "batching": False,
        "payload_validations": {},
        "time_window": {"outside": "keep"},
    }
    return compile_mapper(document, timezone=zone)


def mapped_time(mapper: Mapper, value: Any) -> int | None:
    """Return the time that a mapper gives an event; None when it refuses it."""
    result = mapper.apply({"who": "ada", "at": value}, received_at_ms=0)
    return result.mapped[0].timestamp if result.mapped else None


def read(value: Any, pattern: str | None = None, zone: str = "UTC") -> int:
    """Return what the reader says, once a generated mapper has agreed."""
    reader = TimeReader(pattern=pattern, zone=read_zone(zone, where="test"))
    mapper = mapper_of_time(pattern, zone)
    try:
        expected: int | None = reader.read(value)
    except UnreadableTime:
        expected = None
    # Twice: the second time the minute is remembered.
    assert [mapped_time(mapper, value) for _ in range(2)] == [expected, expected]
    return reader.read(value)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


SAMPLES = {
    "yyyy-MM-dd": ("2024-10-25", "2024-10-25T00:00:00Z"),
    "yyyy/MM/dd": ("2024/10/25", "2024-10-25T00:00:00Z"),
    "dd/MM/yyyy": ("25/10/2024", "2024-10-25T00:00:00Z"),
    "dd-MM-yyyy": ("25-10-2024", "2024-10-25T00:00:00Z"),
    "yyyy-MM-dd HH:mm:ss": ("2024-10-25 14:30:00", "2024-10-25T14:30:00Z"),
    "dd-MM-yyyy HH:mm:ss": ("25-10-2024 14:30:00", "2024-10-25T14:30:00Z"),
    "dd/MM/yyyy HH:mm:ss": ("25/10/2024 14:30:00", "2024-10-25T14:30:00Z"),
    "yyyy/MM/dd HH:mm:ss": ("2024/10/25 14:30:00", "2024-10-25T14:30:00Z"),
    "yyyy-MM-dd'T'HH:mm:ssZ": ("2024-10-25T14:30:00+0530", "2024-10-25T14:30:00+05:30"),
    "yyyy-MM-dd HH:mm:ss.SSSSSS": ("2024-10-25 14:30:00.123456", "2024-10-25T14:30:00.123Z"),
    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'": (
        "2024-10-25T14:30:00.123456Z",
        "2024-10-25T14:30:00.123Z",
    ),
}


class TestDocumentedPatterns:
    def test_there_is_a_sample_of_each(self):
        assert set(SAMPLES) == set(DOCUMENTED)

    @pytest.mark.parametrize("pattern", DOCUMENTED)
    def test_the_sample_of_the_page_is_read(self, pattern: str):
        text, expected = SAMPLES[pattern]
        assert read(text, pattern) == ms(expected)

    @pytest.mark.parametrize("pattern", DOCUMENTED)
    def test_other_patterns_samples_are_refused(self, pattern: str):
        """Strict: only the pattern's own sample matches."""
        for other, (text, _) in SAMPLES.items():
            if other == pattern:
                continue
            with pytest.raises(UnreadableTime) as caught:
                read(text, pattern)
            assert pattern in str(caught.value)

    @pytest.mark.parametrize("date", ["dd/MM/yyyy", "dd-MM-yyyy", "yyyy/MM/dd", "yyyy-MM-dd"])
    @pytest.mark.parametrize("gap", [" ", "'T'", "T"])
    @pytest.mark.parametrize("fraction", ["", ".SSS", ".SSSSSS", ".SSSSSSSSS"])
    @pytest.mark.parametrize("zone", ["", "Z", "'Z'", " Z", "XXX"])
    def test_variants(self, date: str, gap: str, fraction: str, zone: str):
        text = date.replace("dd", "25").replace("MM", "10").replace("yyyy", "2024")
        text += "T" if "T" in gap else " "
        text += "14:30:00" + fraction.replace(".", ".123456789")[: len(fraction)]
        text += {"": "", "Z": "+0530", "'Z'": "Z", " Z": " -03:00", "XXX": "Z"}[zone]
        offset = {"Z": "+05:30", " Z": "-03:00"}.get(zone, "+00:00")
        milliseconds = ".123" if fraction else ""
        expected = ms(f"2024-10-25T14:30:00{milliseconds}{offset}")
        assert read(text, f"{date}{gap}HH:mm:ss{fraction}{zone}") == expected

    @pytest.mark.parametrize(
        ("zone", "minutes"), [("+0530", 330), ("+05:30", 330), ("-08", -480), ("Z", 0)]
    )
    def test_the_letter_z_accepts_offsets_and_a_literal_z(self, zone: str, minutes: int):
        expected = ms("2024-10-25T14:30:00Z") - minutes * 60_000
        assert read(f"2024-10-25T14:30:00{zone}", "yyyy-MM-dd'T'HH:mm:ssZ") == expected

    @pytest.mark.parametrize("zone", ["", "+0000", "z", "UTC"])
    def test_a_quoted_z_accepts_only_itself(self, zone: str):
        with pytest.raises(UnreadableTime):
            read(f"2024-10-25T14:30:00{zone}", "yyyy-MM-dd'T'HH:mm:ss'Z'")

    @pytest.mark.parametrize(
        "text",
        [
            "2024-10-25 14:30",
            "2024-10-25 14:30:00.1",
            "2024-10-25 14:30:00Z",
            "2024-10-25T14:30:00",
            "2024-1-5 14:30:00",
            "24-10-25 14:30:00",
            "2024-02-30 14:30:00",
            "2023-02-29 14:30:00",
            "2024-13-01 14:30:00",
            "2024-10-25 24:00:01",
            "2024-10-25 14:60:00",
            "2024-10-25 14:30:61",
            "0000-10-25 14:30:00",
            "٢٠٢٤-10-25 14:30:00",
            "2024-10-25\u00a014:30:00",
            "",
            "1704067200",
        ],
    )
    def test_strict(self, text: str):
        with pytest.raises(UnreadableTime):
            read(text, "yyyy-MM-dd HH:mm:ss")

    @pytest.mark.parametrize(
        ("pattern", "hint"),
        [
            ("MM/dd", "need no entry"),
            ("dd.yyyy", "need no entry"),
            ("yyyy-MM-dd mm", "need no entry"),
            ("yyyy-MM-dd dd", "need no entry"),
            ("yyyyMd", "need no entry"),
            ("yyyy-MM HH:mm", "need no entry"),
            ("yyyy-MM-dd hh:mm", "AM or PM"),
            ("yyyy-MM-dd HH:mm:ss 'Uhr", "quote"),
            ("%Y-%m-%d", "%Y"),
            ("YYYY-MM-DD", "yyyy"),
            ("yyyy-MM-dd hh:mm:ss", "HH"),
            ("yyyy-MM-dd HH:mm:ss ", "ISO 8601"),
            ("yyyy-MM-ddZ", "ISO 8601"),
            ("epoch", "need no entry"),
            ("", "need no entry"),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSSS", "need no entry"),
        ],
    )
    def test_other_patterns_do_not_compile(self, pattern: str, hint: str):
        with pytest.raises(ConfigError) as caught:
            TimeReader(pattern=pattern, zone=UTC)
        assert caught.value.code == "mapper.invalid"
        assert caught.value.found == pattern
        assert "dd/MM/yyyy" in str(caught.value.allowed)
        assert hint in str(caught.value.hint)


class TestOtherPatterns:
    @pytest.mark.parametrize(
        ("pattern", "text", "expected"),
        [
            ("dd.MM.yyyy", "25.10.2024", "2024-10-25T00:00Z"),
            ("d.M.yyyy", "5.1.2024", "2024-01-05T00:00Z"),
            ("d.M.yyyy", "25.10.2024", "2024-10-25T00:00Z"),
            ("dd.MM.yyyy HH:mm", "25.10.2024 14:30", "2024-10-25T14:30Z"),
            ("dd.MM.yyyy, HH:mm 'Uhr'", "25.10.2024, 14:30 Uhr", "2024-10-25T14:30Z"),
            ("MM/dd/yyyy", "10/25/2024", "2024-10-25T00:00Z"),
            ("MM/dd/yyyy", "02/01/2025", "2025-02-01T00:00Z"),
            ("M/d/yyyy h:mm:ss a", "10/5/2024 2:30:00 PM", "2024-10-05T14:30Z"),
            ("M/d/yy, h:mm a", "1/5/24, 12:05 AM", "2024-01-05T00:05Z"),
            ("hh:mm a MM-dd-yyyy", "12:05 p.m. 10-25-2024", "2024-10-25T12:05Z"),
            ("yyyyMMdd", "20241025", "2024-10-25T00:00Z"),
            ("yyMMdd", "241025", "2024-10-25T00:00Z"),
            ("ddMMyyyy", "25102024", "2024-10-25T00:00Z"),
            ("yyyyMMddHHmmssSSS", "20241025143000123", "2024-10-25T14:30:00.123Z"),
            ("yyyyDDD", "2024299", "2024-10-25T00:00Z"),
            ("dd MMM yyyy", "25 Oct 2024", "2024-10-25T00:00Z"),
            (
                "EEEE, d MMMM yyyy HH:mm z",
                "Friday, 25 October 2024 14:30 Europe/Berlin",
                "2024-10-25T12:30Z",
            ),
            ("dd/MMM/yyyy:HH:mm:ss Z", "25/Oct/2024:14:30:00 +0200", "2024-10-25T12:30Z"),
            ("yyyy_MM_dd HH.mm", "2024_10_25 14.30", "2024-10-25T14:30Z"),
            ("yyyy/MM", "2024/10", "2024-10-01T00:00Z"),
            ("yyyy-MM-dd HH:mm", "2024-10-25 24:00", "2024-10-26T00:00Z"),
        ],
    )
    def test_a_stated_pattern_reads_its_text(self, pattern: str, text: str, expected: str):
        assert read(text, pattern) == ms(expected)

    @pytest.mark.parametrize(
        ("pattern", "text"),
        [
            ("dd.MM.yyyy", "5.1.2024"),
            ("dd.MM.yyyy", "25/10/2024"),
            ("MM/dd/yyyy", "25/10/2024"),
            ("h:mm a dd.MM.yyyy", "14:30 PM 25.10.2024"),
            ("h:mm a dd.MM.yyyy", "0:30 AM 25.10.2024"),
            ("dd MMM yyyy", "25 Okt 2024"),
            ("yyyyDDD", "2023366"),
        ],
    )
    def test_and_nothing_else(self, pattern: str, text: str):
        with pytest.raises(UnreadableTime):
            read(text, pattern)

    @pytest.mark.parametrize(
        ("pattern", "number", "expected"),
        [
            ("ddMMyyyy", 25102024, "2024-10-25T00:00Z"),
            ("ddMMyyyy", 5102024, "2024-10-05T00:00Z"),
            ("yyMMdd", 241025, "2024-10-25T00:00Z"),
            ("yyyyMMdd", 20241025.0, "2024-10-25T00:00Z"),
            ("ddMMyyyy", 1729866600, "2024-10-25T14:30Z"),
            ("dd.MM.yyyy", 1729866600, "2024-10-25T14:30Z"),
        ],
    )
    def test_a_number_is_read_by_a_pattern_of_digits(
        self, pattern: str, number: float, expected: str
    ):
        assert read(number, pattern) == ms(expected)


_JAVA = {
    "yyyy": lambda at: f"{at:%Y}",
    "yy": lambda at: f"{at:%y}",
    "MM": lambda at: f"{at:%m}",
    "M": lambda at: str(at.month),
    "MMM": lambda at: f"{at:%b}",
    "MMMM": lambda at: f"{at:%B}",
    "dd": lambda at: f"{at:%d}",
    "d": lambda at: str(at.day),
    "DDD": lambda at: f"{at:%j}",
    "EEE": lambda at: f"{at:%a}",
    "EEEE": lambda at: f"{at:%A}",
    "HH": lambda at: f"{at:%H}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at:%I}",
    "h": lambda at: str(at.hour % 12 or 12),
    "a": lambda at: f"{at:%p}",
    "mm": lambda at: f"{at:%M}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at:%S}",
    "s": lambda at: str(at.second),
    "SSS": lambda at: f"{at.microsecond // 1000:03}",
}
"""What Java's `DateTimeFormatter` writes for each letter, in English."""


def written(pattern: str, at: datetime) -> str:
    """Return a time as the pattern writes it."""
    return re.sub(r"([A-Za-z])\1*", lambda found: _JAVA[found[0]](at), pattern)


class TestEveryValueOfEachLetter:
    @pytest.mark.parametrize(
        "pattern",
        [
            *["d.M.yyyy", "M/d/yyyy", "M/d/yy", "yyyy-M-d", "d-M-yy", "MM/dd/yyyy", "dd.MM.yyyy"],
            *["d MMM yyyy", "MMMM d, yyyy", "EEE, d MMM yyyy", "EEEE d MMMM yyyy", "yyyy-DDD"],
            *["yyyyMMdd", "ddMMyyyy", "yyMMdd"],
        ],
    )
    def test_every_day_of_a_leap_year(self, pattern: str):
        reader = TimeReader(pattern=pattern, zone=UTC)
        for day in range(366):
            at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day)
            assert reader.read(written(pattern, at)) == ms(at.isoformat())

    @pytest.mark.parametrize("month", range(1, 13))
    @pytest.mark.parametrize("pattern", ["d.M.yyyy", "M/d/yyyy", "M/d/yy h:mm a"])
    def test_the_generated_mapper_agrees_on_every_month(self, pattern: str, month: int):
        at = datetime(2024, month, 5, tzinfo=UTC)
        assert read(written(pattern, at), pattern) == ms(at.isoformat())

    @pytest.mark.parametrize(
        "pattern",
        [
            *["M/d/yy h:mm a", "d.M.yyyy H:mm", "yyyy-MM-dd hh:mm a", "yyyy-MM-dd HH:mm"],
            *["M/d/yyyy H:m", "dd MMM yyyy h:m a"],
        ],
    )
    def test_every_minute_of_a_day(self, pattern: str):
        reader = TimeReader(pattern=pattern, zone=UTC)
        for minute in range(1440):
            at = datetime(2024, 3, 9, tzinfo=UTC) + timedelta(minutes=minute)
            assert reader.read(written(pattern, at)) == ms(at.isoformat())

    @pytest.mark.parametrize("pattern", ["M/d/yyyy H:m:s", "yyyy-MM-dd HH:mm:ss.SSS"])
    def test_every_second_of_a_minute(self, pattern: str):
        reader = TimeReader(pattern=pattern, zone=UTC)
        for second in range(60):
            at = datetime(2024, 9, 3, 7, 8, second, tzinfo=UTC)
            assert reader.read(written(pattern, at)) == ms(at.isoformat())

    @pytest.mark.parametrize("text", ["5.0.2024", "5.13.2024", "5.99.2024", "0.5.2024"])
    def test_and_no_other(self, text: str):
        with pytest.raises(UnreadableTime):
            read(text, "d.M.yyyy")


class TestWithoutPattern:
    def test_every_form_seen_in_real_payloads(self, shared_data: Path):
        """All kinds of the collected samples are read, but for the one that is ambiguous."""
        kinds = json.loads((shared_data / "time-formats-seen.json").read_text())
        assert len(kinds) == 21
        for kind, seen in kinds.items():
            for text in seen["examples"]:
                for value in {text} | ({float(text)} if "epoch" in kind else set()):
                    if kind == "slashes":
                        with pytest.raises(UnreadableTime, match="give the pattern in formats"):
                            read(value)
                    else:
                        assert ms("2015-01-01T00:00Z") < read(value) < ms("2027-01-01T00:00Z")

    def test_a_mapper_without_formats_reads_them_all(self, shared_data: Path):
        document = {"partner_name": "p", "mapping_type": "events", "batching": False}
        mappings = {
            "customer_id": "$.id",
            "event_name": "Seen",
            "user_time": "$.at",
            "platform": "web",
        }
        document["mappings"] = mappings
        mapper = compile_mapper(document)
        kinds = json.loads((shared_data / "time-formats-seen.json").read_text())
        for kind, seen in kinds.items():
            for text in seen["examples"]:
                result = mapper.apply({"id": "c-1", "at": text}, received_at_ms=0)
                if kind == "slashes":
                    (item,) = result.rejected
                    assert item.code == "mapper.invalid_time"
                    assert repr(text) in item.message
                    assert "day and month cannot be told apart" in item.message
                else:
                    assert [item.timestamp for item in result.mapped] == [read(text)]

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2024-10-25T14:30:00Z", "2024-10-25T14:30:00Z"),
            ("2024-10-25t14:30:00z", "2024-10-25T14:30:00Z"),
            ("2024-10-25T14:30Z", "2024-10-25T14:30:00Z"),
            ("2024-10-25T14:30:00.5Z", "2024-10-25T14:30:00.500Z"),
            ("2024-10-25T14:30:00,1239Z", "2024-10-25T14:30:00.123Z"),
            ("2024-10-25T14:30:00.123456789Z", "2024-10-25T14:30:00.123Z"),
            ("2024-10-25T14:30:00+05:30", "2024-10-25T14:30:00+05:30"),
            ("2024-10-25T14:30:00-0800", "2024-10-25T14:30:00-08:00"),
            ("2024-10-25T14:30:00+02", "2024-10-25T14:30:00+02:00"),
            ("2024-10-25 14:30:00", "2024-10-25T14:30:00Z"),
            ("2024-10-25 14:30:00 UTC", "2024-10-25T14:30:00Z"),
            ("2024-10-25 14:30:00 -0500", "2024-10-25T14:30:00-05:00"),
            ("2024-10-25 14:30:00.000+0000", "2024-10-25T14:30:00Z"),
            ("2024-10-25", "2024-10-25T00:00:00Z"),
            ("2024/10/25 14:30:00", "2024-10-25T14:30:00Z"),
            ("20241025T143000Z", "2024-10-25T14:30:00Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("Fri, 25 Oct 2024 14:30:00 +0000", "2024-10-25T14:30:00Z"),
            ("Fri, 25 Oct 2024 14:30:00 GMT", "2024-10-25T14:30:00Z"),
            ("25 Oct 2024 14:30 -0700", "2024-10-25T14:30:00-07:00"),
            ("Friday, 25-Oct-2024 14:30:00 GMT", "2024-10-25T14:30:00Z"),
            (
                "Fri Oct 25 2024 14:30:00 GMT+0200 (Central European Summer Time)",
                "2024-10-25T14:30:00+02:00",
            ),
            ("Oct 25, 2024 14:30:00", "2024-10-25T14:30:00Z"),
            ("October 25, 2024", "2024-10-25T00:00:00Z"),
            ("  2024-10-25T14:30:00Z\n", "2024-10-25T14:30:00Z"),
            ("2024-10", "2024-10-01T00:00:00Z"),
            ("2024-299", "2024-10-25T00:00:00Z"),
            ("2024-366", "2024-12-31T00:00:00Z"),
            ("2024-W43", "2024-10-21T00:00:00Z"),
            ("2024-W43-5", "2024-10-25T00:00:00Z"),
            ("2024W435", "2024-10-25T00:00:00Z"),
            ("2020-W53-7T10:00Z", "2021-01-03T10:00:00Z"),
            ("2024-10-25T24:00:00Z", "2024-10-26T00:00:00Z"),
            ("2024-12-31T24:00", "2025-01-01T00:00:00Z"),
            ("20241025143000Z", "2024-10-25T14:30:00Z"),
            ("20241025143000.5+0200", "2024-10-25T12:30:00.500Z"),
            ("202410251430Z", "2024-10-25T14:30:00Z"),
            ("2024-10-25 14:30:00 EST", "2024-10-25T19:30:00Z"),
            ("2024-10-25T14:30:00 EDT", "2024-10-25T18:30:00Z"),
            ("Fri, 25 Oct 2024 14:30:00 PDT", "2024-10-25T21:30:00Z"),
            ("2024-10-25T14:30:00+02:00[Europe/Berlin]", "2024-10-25T12:30:00Z"),
            ("2024-10-25T14:30:00[Asia/Kolkata]", "2024-10-25T09:00:00Z"),
            ("2024-10-25 14:30:00 Europe/Berlin", "2024-10-25T12:30:00Z"),
            ("2024-10-27 02:30:00 Europe/Berlin", "2024-10-27T00:30:00Z"),
            ("2024-03-31 02:30:00 Europe/Berlin", "2024-03-31T01:30:00Z"),
            ("2024-10-25 14:30 GMT+2", None),
            ("2024-10-25 14:30 GMT+02:00", "2024-10-25T12:30:00Z"),
            ("2024-10-25 14:30:00 Mars/Olympus", None),
            ("2024-10-25 14:30:00 CET", None),
            ("2024-10-25T24:00:01Z", None),
        ],
    )
    def test_forms(self, text: str, expected: str | None):
        if expected is None:
            with pytest.raises(UnreadableTime):
                read(text)
        else:
            assert read(text) == ms(expected)

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("02/01/2025 10:20", "cannot be told apart: give the pattern in formats, "
             "dd/MM/yyyy HH:mm if the day stands first, MM/dd/yyyy HH:mm if the month does"),
            ("02-01-2025", "dd-MM-yyyy if the day stands first, MM-dd-yyyy if the month does"),
            ("02/01/2025 9:20 PM", "formats, dd/MM/yyyy h:mm a if the day stands first"),
            ("2/1/2025, 9:20:00 PM", "formats, d/M/yyyy, h:mm:ss a if the day stands first"),
            ("25/10/2024", "the day stands first: give the pattern in formats, e.g. dd/MM/yyyy)"),
            ("25-10-2024 14:30:00", "first: give the pattern in formats, e.g. dd-MM-yyyy HH:mm:ss)"),
            ("25/10/2024T14:30:00+0100", "in formats, e.g. dd/MM/yyyy'T'HH:mm:ssZ)"),
            ("10/25/2024", "the month stands first: give the pattern in formats, e.g. MM/dd/yyyy)"),
            ("10-25-2024 14:30", "first: give the pattern in formats, e.g. MM-dd-yyyy HH:mm)"),
            ("10.25.2024", "the month stands first: give the pattern in formats, e.g. MM.dd.yyyy)"),
            ("25.10.2024", "the day stands first: give the pattern in formats, e.g. dd.MM.yyyy)"),
            ("1/2/25", "d/M/yy if the day stands first, M/d/yy if the month does"),
            ("1-2-2025", "d-M-yyyy if the day stands first, M-d-yyyy if the month does"),
            ("25/25/2024", "neither 25 nor 25 is a month"),
            ("00/00/2024", "neither 00 nor 00 is a month"),
        ],
    )  # fmt: skip
    def test_a_date_that_starts_with_day_or_month_says_what_would_help(self, text: str, why: str):
        with pytest.raises(UnreadableTime) as caught:
            read(text)
        assert why in str(caught.value)

    @pytest.mark.parametrize(
        "text",
        [
            *["25.10.24", "25/10/2024", "25-10-2024 14:30:00", "25/10/2024T14:30:00+0100"],
            *["10/25/2024, 2:30 PM", "10/25/24 14:30", "13.1.2025 9:05"],
        ],
    )
    def test_the_pattern_that_is_advised_reads_the_text(self, text: str):
        with pytest.raises(UnreadableTime) as caught:
            read(text)
        advised = re.split(r"[;)]", str(caught.value).partition("e.g. ")[2])[0]
        assert read(text, advised) > 0

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("20241025", "2024-10-25T00:00:00Z"),
            ("20241025143000", "2024-10-25T14:30:00Z"),
            ("19000101", "1900-01-01T00:00:00Z"),
            ("20991231235959", "2099-12-31T23:59:59Z"),
            (" 20240229\n", "2024-02-29T00:00:00Z"),
        ],
    )
    def test_digits_that_form_a_date_are_a_date(self, text: str, expected: str):
        assert read(text) == ms(expected)

    def test_digits_that_form_a_date_are_in_the_mappers_zone(self):
        assert read("20241025", zone="Asia/Kolkata") == ms("2024-10-25T00:00:00+05:30")
        assert read("20241025143000", zone="Asia/Kolkata") == ms("2024-10-25T14:30:00+05:30")

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("20241325", 20_241_325_000),
            ("20240230", 20_240_230_000),
            ("18991231", 18_991_231_000),
            ("21000101", 21_000_101_000),
            ("20241025250000", 20_241_025_250_000),
            ("+20241025", 20_241_025_000),
            ("241025143000", 241_025_143_000),
            ("1024", 1_024_000),
            ("2024000", 2_024_000_000),
            ("2023366", 2_023_366_000),
            (45590, 45_590_000),
        ],
    )
    def test_other_digits_are_epoch_times(self, value: Any, expected: int):
        assert read(value) == expected

    @pytest.mark.parametrize("as_", [str, int, float], ids=["text", "integer", "float"])
    @pytest.mark.parametrize(
        ("digits", "expected"),
        [
            ("2024", "2024-01-01T00:00Z"),
            ("202410", "2024-10-01T00:00Z"),
            ("2024299", "2024-10-25T00:00Z"),
            ("20241025", "2024-10-25T00:00Z"),
            ("2024102514", "2024-10-25T14:00Z"),
            ("202410251430", "2024-10-25T14:30Z"),
            ("20241025143000", "2024-10-25T14:30Z"),
            ("20241025240000", "2024-10-26T00:00Z"),
            ("202410251430001", "2024-10-25T14:30:00.100Z"),
            ("2024102514300012", "2024-10-25T14:30:00.120Z"),
            ("20241025143000123", "2024-10-25T14:30:00.123Z"),
            ("202410251430001234", "2024-10-25T14:30:00.123Z"),
            ("2024102514300012345", "2024-10-25T14:30:00.123Z"),
            ("20241025143000123456", "2024-10-25T14:30:00.123Z"),
            ("20241025143000123456789", "2024-10-25T14:30:00.123Z"),
        ],
    )
    def test_digits_are_a_date_at_every_length(self, digits: str, expected: str, as_: Any):
        if as_ is float and len(digits) > 15:
            return  # a float has no more digits
        value = as_(digits)
        assert TimeReader(pattern=None, zone=UTC).read(value) == ms(expected)
        assert mapped_time(mapper_of_time(None, "UTC"), value) == ms(expected)

    @pytest.mark.parametrize(
        "value", ["20241025143000.123", "20241025143000.123456", 20241025143000.25]
    )
    def test_digits_of_a_second_may_have_a_fraction(self, value: Any):
        assert ms("2024-10-25T14:30Z") < read(value) < ms("2024-10-25T14:30:01Z")

    @pytest.mark.parametrize(
        ("digits", "epoch_ms", "date"),
        [
            ("2033051804", 2_033_051_804_000, "2033-05-18T04:00Z"),
            ("2033051804000000", 2_033_051_804_000, "2033-05-18T04:00Z"),
            ("2033051804000000000", 2_033_051_804_000, "2033-05-18T04:00Z"),
        ],
    )
    def test_an_epoch_time_that_looks_like_a_date_is_one_once_it_is_past(
        self, digits: str, epoch_ms: int, date: str
    ):
        reader = TimeReader(pattern=None, zone=UTC)
        for value in (digits, int(digits)):
            assert reader.read(value, epoch_ms) == epoch_ms
            assert reader.read(value, epoch_ms - 1) == ms(date)

    @pytest.mark.parametrize("digits", ["201012", "201212", "200101"])
    def test_six_digits_that_may_be_two_dates_are_refused(self, digits: str):
        for value in (digits, int(digits)):
            with pytest.raises(UnreadableTime, match="two-digit year"):
                read(value)
        assert read(digits, "yyyyMM") == ms(f"{digits[:4]}-{digits[4:]}-01T00:00Z")

    def test_every_day_of_a_century_is_read_at_every_length(self):
        reader = TimeReader(pattern=None, zone=UTC)
        moment = datetime(1999, 12, 30, 23, 59, 58, tzinfo=UTC)
        while moment.year < 2100:
            expected = {8: moment.replace(hour=0, minute=0, second=0)}
            expected |= {12: moment.replace(second=0), 14: moment}
            for length, wanted in expected.items():
                digits = moment.strftime("%Y%m%d%H%M%S")[:length]
                assert reader.read(int(digits)) == int(wanted.timestamp()) * 1000
            moment += timedelta(hours=521, minutes=7, seconds=13)

    @pytest.mark.parametrize(
        "text",
        [
            "", " ", "now", "yesterday", "-", "+", ".5", "1e9", "0x10", "2024-W53-1", "2024-13",
            "2024-366x", "2023-366",
            "2024-10-25T", "T14:30", "14:30:00", "2024-10-25T25:00:00Z", "2024-02-30", "2024-10/25",
            "2024-10-25T14:30:00+25:00", "2024-10-25T14:30:00+05:99", "2024-10-25T14:30:00 CET",
            "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0000-01-01",
            "Fri, 99 Oct 2024 14:30:00 GMT", "Fri, 25 Foo 2024 14:30:00 GMT", "\ud800", "٢٠٢٤-١٠-٢٥",
            "9" * 40, "9" * 5000, "-" + "9" * 30, "NaN", "inf", "1" * 12 + "." + "1" * 5000,
        ],
    )  # fmt: skip
    def test_what_is_no_time(self, text: str):
        with pytest.raises(UnreadableTime) as caught:
            read(text)
        assert "Accepted: epoch seconds" in str(caught.value)
        assert len(str(caught.value)) < 800

    @pytest.mark.parametrize("value", [None, True, False, [], {}, [1704067200], {"seconds": 1}])
    def test_other_types_are_no_time(self, value: Any):
        with pytest.raises(UnreadableTime, match=r"is (a|null)"):
            read(value)


class TestNumbers:
    @pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
    def test_the_same_instant_in_each_unit(self, unit: int):
        assert read(1_704_067_200 * unit) == 1_704_067_200_000
        assert read(str(1_704_067_200 * unit)) == 1_704_067_200_000
        assert read(float(1_704_067_200 * unit)) == 1_704_067_200_000

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (99_999_999_999, 99_999_999_999_000),
            (100_000_000_000, 100_000_000_000),
            (99_999_999_999_999, 99_999_999_999_999),
            (100_000_000_000_000, 100_000_000_000),
            (99_999_999_999_999_999, 99_999_999_999_999),
            (100_000_000_000_000_000, 100_000_000_000),
            (-1, -1000),
            (-0.5, -500),
            ("-1.5", -1500),
            ("+5", 5000),
            ("5.", 5000),
            (1534109600.089, 1534109600089),
            (1700000000.999, 1700000000999),
            (1e9, 1_000_000_000_000),
        ],
    )
    def test_edges(self, value: Any, expected: int):
        assert read(value) == expected

    @pytest.mark.parametrize(
        "value",
        [
            float("nan"), float("inf"), float("-inf"), 1e300, -1e300, 10**21, -(10**21), 10**19 * 99,
            pytest.param(10**5000, id="5001-digits"), -99_999_999_999,
        ],
    )  # fmt: skip
    def test_numbers_outside_the_calendar(self, value: Any):
        with pytest.raises(UnreadableTime, match="out of range"):
            read(value)

    def test_the_range_is_that_of_years_1_to_9999(self):
        assert ms("0001-01-01T00:00:00Z") == EARLIEST_MS
        assert ms("9999-12-31T23:59:59Z") + 999 == LATEST_MS
        assert read("9999-12-31T23:59:59.999Z") == LATEST_MS
        assert read("0001-01-01T00:00:00Z") == EARLIEST_MS


class TestZones:
    def test_a_time_that_occurs_twice_is_its_first_occurrence(self):
        expected = ms("2024-10-27T02:30:00+02:00")
        assert read("2024-10-27 02:30:00", zone="Europe/Berlin") == expected
        assert read("2024-10-27 02:30:00", "yyyy-MM-dd HH:mm:ss", "Europe/Berlin") == expected

    def test_a_time_that_never_occurs_moves_forward_by_the_gap(self):
        """02:30 on the night when clocks jump from 02:00 to 03:00 is 03:30 summer time."""
        expected = ms("2024-03-31T03:30:00+02:00")
        assert read("2024-03-31 02:30:00", zone="Europe/Berlin") == expected
        assert read("31/03/2024 02:30:00", "dd/MM/yyyy HH:mm:ss", "Europe/Berlin") == expected

    def test_midnight_of_a_date_is_the_zones(self):
        assert read("2024-10-25", zone="Asia/Kolkata") == ms("2024-10-25T00:00:00+05:30")

    def test_a_written_zone_wins(self):
        assert read("2024-10-25T14:30:00Z", zone="Asia/Kolkata") == ms("2024-10-25T14:30:00Z")

    def test_every_hour_of_two_years_agrees_with_the_zone_database(self):
        berlin = ZoneInfo("Europe/Berlin")
        mapper = mapper_of_time("yyyy-MM-dd HH:mm:ss", "Europe/Berlin")
        local = datetime(2023, 1, 1)  # noqa: DTZ001 (a wall clock)
        for _ in range(2 * 366 * 24):
            local += timedelta(hours=1)
            expected = int(local.replace(tzinfo=berlin).timestamp() * 1000)
            assert mapped_time(mapper, str(local)) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "2024-10-25T14:30:00.123Z",
            "2024-10-25 14:30:59.999Z",
            "2024-10-25T14:30:00.123",
            "2024-10-25T14:30:60Z",
            "2024-10-25T24:00:00Z",
            "2024-10-25T14:61:00Z",
            "2024-13-25T14:30:00.123Z",
            "2024-10-25T14:30:00.12aZ",
            "2024-10-25T14:30:00.\u0661\u0662\u0663Z",
            "2024-10-25T14:3",
            "",
        ],
    )
    def test_texts_near_the_short_way_are_read_as_by_the_long_one(self, text: str):
        for zone in ("UTC", "Asia/Kolkata"):
            with contextlib.suppress(UnreadableTime):
                read(text, zone=zone)  # compares both ways

    @pytest.mark.parametrize(
        "name", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "Europe", "a\0b"]
    )
    def test_unknown_zones_are_refused(self, name: str):
        with pytest.raises(ConfigError, match="time zone") as caught:
            read_zone(name, where="$.timezone")
        assert caught.value.where == "$.timezone"

    @pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
    def test_utc(self, zone: str):
        assert read_zone(zone, where="x") is UTC

    def test_the_ends_of_the_calendar_in_a_zone_are_refused_not_broken(self):
        for text in ("0001-01-01", "9999-12-31 23:59:59"):
            for zone in ("Asia/Kolkata", "America/New_York"):
                try:
                    assert EARLIEST_MS <= read(text, zone=zone) <= LATEST_MS
                except UnreadableTime as error:
                    assert "out of range" in str(error)  # noqa: PT017 (either answer is right)


def test_python_reads_its_own_forms_the_same():
    for moment in (
        datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 1000, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
        datetime(1, 1, 2, tzinfo=UTC),
    ):
        expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        assert read(moment.isoformat()) == expected
        assert read(str(moment)) == expected


class TestOffsets:
    """Texts with an offset, read by position where they can be."""

    @pytest.mark.parametrize(
        "pattern", [None, "yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mm:ss'Z'"]
    )
    @pytest.mark.parametrize(
        "date", ["2024-10-25", "0001-01-01", "0002-01-01", "9998-12-31", "9999-12-31"]
    )
    @pytest.mark.parametrize(
        "zone",
        [
            "Z",
            "",
            "z",
            "+05:30",
            "-0400",
            "+14:45",
            "+15:00",
            "-18:00",
            "+19:00",
            "+05",
            "+05:20",
            "+5:30",
        ],
    )
    def test_the_generated_mapper_agrees_with_the_reader(self, pattern, date, zone):
        with contextlib.suppress(UnreadableTime):
            read(f"{date}T23:59:59{zone}", pattern)

    def test_an_offset_is_taken_off(self):
        assert read("2026-06-01T12:30:45-04:00") == ms("2026-06-01T16:30:45Z")
        assert read("2026-06-01T12:30:45+0530", "yyyy-MM-dd'T'HH:mm:ssZ") == ms(
            "2026-06-01T07:00:45Z"
        )

    def test_a_quoted_z_takes_no_offset(self):
        with pytest.raises(UnreadableTime):
            read("2026-06-01T12:30:45+00:00", "yyyy-MM-dd'T'HH:mm:ss'Z'")

    def test_more_minutes_than_are_remembered_stay_right(self):
        mapper = mapper_of_time(None, "UTC")
        start = datetime(2024, 1, 1, tzinfo=UTC)
        for minutes in range(0, 10_000, 2):
            moment = start + timedelta(minutes=minutes)
            assert mapped_time(mapper, moment.isoformat()) == int(moment.timestamp() * 1000)
