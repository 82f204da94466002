import pytest

from heliograph.cli.output import at, plain, print_table, short


def test_a_time_is_utc_to_the_millisecond():
    assert at(1_704_067_200_007) == "2024-01-01 00:00:00.007"
    assert at(None) == "-"


def test_a_long_value_is_cut():
    assert short({"a": "b"}) == '{"a": "b"}'
    assert short("x" * 70) == "x" * 59 + "…"


def test_control_characters_never_reach_the_terminal():
    assert plain("a\x1b[31mb\n") == "a·[31mb·"
    assert plain(None) == plain("") == "-"


def test_a_table_shows_markup_as_it_is(capsys: pytest.CaptureFixture[str]):
    print_table(["NAME", "N"], [("[bold]x[/]", 5)], empty="none")
    out = capsys.readouterr().out
    assert "[bold]x[/]" in out
    print_table(["NAME"], [], empty="none")
    assert capsys.readouterr().out == "none\n"
