import os
import sys
from pathlib import Path

import click
import pytest

from heliograph.cli.terminal.output import (
    at,
    counted,
    items_of,
    paint,
    plain,
    print_line,
    print_listed,
    print_table,
    program,
    short,
    tell,
)
from heliograph.operations.page import Listed


def test_a_time_is_utc_to_the_millisecond():
    assert at(1_704_067_200_007) == "2024-01-01 00:00:00.007"
    assert at(None) == "-"


def test_a_long_value_is_cut():
    assert short({"a": "b"}) == '{"a": "b"}'
    assert short("x" * 70) == "x" * 59 + "…"


def test_control_characters_never_reach_the_terminal():
    assert plain("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
    assert plain(None) == plain("") == "-"


def test_a_table_shows_markup_as_it_is(capsys: pytest.CaptureFixture[str]):
    print_table(["NAME", "N"], [("[bold]x[/]", 5)], empty="none")
    out = capsys.readouterr().out
    assert "[bold]x[/]" in out
    print_table(["NAME"], [], empty="none")
    assert capsys.readouterr().out == "none\n"


def test_a_line_in_a_pipe_stays_whole_and_clean(capsys: pytest.CaptureFixture[str]):
    print_line("body " + "x" * 200 + "\x1b[2J", indent=2, head="request 1 ")
    assert capsys.readouterr().out == "  request 1 body " + "x" * 200 + "\\x1b[2J\n"


def test_a_line_on_a_terminal_goes_on_further_in(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_line("a sentence that is longer than a line of this terminal", indent=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "  a sentence that is longer than a line",
        "      of this terminal",
    ]


COLUMNS = ["DELIVERY", "DESTINATION", "STATE", "REQUESTS", "DUE OR ENDED (UTC)", "EVENT", "REASON"]
ROW = (
    "dlv_01m8hpr6y8000000000000abcd",
    "acme/webengage",
    "waiting",
    3,
    "2026-02-20 16:16:50.123",
    "evt_01m8hpr6y8000000000000abcd-0",
    "no answer within 10 s; " * 6,
)


@pytest.mark.parametrize("width", [80, 120])
def test_ids_and_times_of_a_list_are_whole_on_a_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_listed(Listed(items=[ROW]), COLUMNS, lambda row: row, empty="none", as_json=False)
    said = click.unstyle(capsys.readouterr().out)
    for cell in (*COLUMNS, *(str(cell) for cell in ROW[:6])):
        assert cell in said
    assert max(len(line) for line in said.splitlines()) <= width
    assert said.rstrip().endswith("…")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_table_breaks_an_id(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_table(COLUMNS, [ROW], empty="none", note="a note")
    said = click.unstyle(capsys.readouterr().out)
    for cell in (str(cell) for cell in ROW[:6]):
        assert cell in said
    assert max(len(line) for line in said.splitlines()) <= width
    assert said.splitlines()[-1] == "a note"


def test_a_column_of_sentences_gives_up_room_and_loses_no_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    sentence = " ".join(f"word{n}" for n in range(30))
    print_table(["DELIVERY", "REASON", "N"], [(ROW[0], sentence, 7)], empty="")
    lines = click.unstyle(capsys.readouterr().out).splitlines()
    assert max(len(line) for line in lines) <= 80
    assert lines[1].startswith(f"{ROW[0]}  word0 word1")
    assert " ".join(lines[1:]).split() == [ROW[0], *_within(sentence.split(), "7", lines[1])]


def _within(words: list[str], cell: str, line: str) -> list[str]:
    """Return the words with a further cell put behind those of the first line."""
    first = sum(word in line.split() for word in words)
    return [*words[:first], cell, *words[first:]]


def test_a_message_on_a_terminal_breaks_no_id(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    long = f"evt_{'x' * 50}-0"
    tell(paint("problem: ", fg="yellow"), f"see {long} and what is behind it, if there is anything")
    print_line(f"waits: behind {long}", indent=2)
    said = click.unstyle(capsys.readouterr().out)
    assert said.count(long) == 2
    assert said.startswith("problem: see\n    evt_x")


def test_a_list_in_a_pipe_has_one_line_per_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "80")
    row = (*ROW[:6], "no answer")
    print_listed(Listed(items=[row]), COLUMNS, lambda row: row, empty="none", as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_list_in_a_message_is_shown_item_by_item():
    assert items_of("one problem") == ["one problem"]
    assert items_of("2 problems.\n- $.a: no\n- $.b: no") == ["2 problems.", "$.a: no", "$.b: no"]


def test_nouns_are_counted():
    assert [counted(n, "event") for n in (0, 1, 1200)] == ["0 events", "1 event", "1,200 events"]


def test_the_program_is_named_as_it_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.fspath(tmp_path / "empty"))
    monkeypatch.setattr(sys, "argv", [os.fspath(tmp_path / ".venv/bin/heliograph"), "demo"])
    assert program() == ".venv/bin/heliograph"
    monkeypatch.setattr(sys, "argv", ["/elsewhere/__main__.py"])
    assert program() == "heliograph"
