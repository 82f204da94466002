import io
import json
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.telemetry.logs import configure_logging, get_logger
from heliograph.telemetry.safe_text import UNSAFE, json_text, lines_of, one_line

ANY_TEXT = st.text(st.characters() | st.sampled_from("\x1b\x9b\x07\r\n\u202e\u2066\u2028\ud800"))


def test_what_a_terminal_would_obey_is_shown():
    assert one_line("a\x1b[31mb\n\u202ec\x9b\U000e0041") == (
        "a\\x1b[31mb\\n\\u202ec\\x9b\\U000e0041"
    )
    assert lines_of("one\r\ntwo\x0b") == ["one", "two\\x0b"]


def test_text_of_any_script_stays_as_it_is():
    for text in ("Zoë", "шлях", "こんにちは　世界", "می‌خواهم", "👩‍🚀", "a b", "שלום", "…→·"):
        assert one_line(text) == text


@given(ANY_TEXT)
def test_nothing_that_steers_is_left(text: str):
    shown = one_line(text)
    assert not UNSAFE.search(shown)
    # Judged by Unicode's own categories as well: joiners are the only format characters that stay.
    steering = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    assert not steering
    assert {unicodedata.bidirectional(c) for c in shown}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )


@given(ANY_TEXT)
def test_json_says_the_same_without_them(text: str):
    encoded = json_text(json.dumps({text: [text]}, ensure_ascii=False, indent=1))
    assert not UNSAFE.search(encoded.replace("\n", ""))
    assert json.loads(encoded) == {text: [text]}


@pytest.mark.usefixtures("logging_as_it_was")
@given(text=ANY_TEXT)
def test_a_text_log_has_one_line_per_message_and_nothing_steers(text: str):
    stream = io.StringIO()
    configure_logging(stream=stream)
    get_logger("gateway").warning(
        text, path=text, more={"a": [text]}, raw=text.encode("utf-8", "replace")
    )
    logging.getLogger("library").warning("said %s", text)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert not UNSAFE.search("".join(lines))


@pytest.mark.usefixtures("logging_as_it_was")
def test_a_traceback_cannot_forge_a_line_of_the_log():
    stream = io.StringIO()
    configure_logging(stream=stream)
    try:
        raise ValueError("bad\x1b[2J\n2026-01-01T00:00:00Z [info     ] all is well")
    except ValueError:
        get_logger("gateway").exception("failed")
    first, *others = stream.getvalue().rstrip("\n").split("\n")
    assert "failed" in first
    assert all(line.startswith("    ") for line in others)
    assert not UNSAFE.search("".join(others))
