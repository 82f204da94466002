"""Names that lead nowhere are answered with what is odd about them, and with the one that was meant."""

import pytest

from heliograph.gateway.doors.partner_words import no_such_config, no_such_partner
from heliograph.gateway.refusals import no_such_page, no_such_source
from heliograph.model.documents.spelling import meant, oddity

NAMES = ["contact_form", "orders", "客户"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Contact_Form", "contact_form"),
        ("contact-form", "contact_form"),
        ("contactform", "contact_form"),
        ("contact_from", "contact_form"),
        ("ｏｒｄｅｒｓ", "orders"),
        ("order", "orders"),
        ("客户", "客户"),
    ],
)
def test_the_name_that_was_meant_is_offered(said: str, name: str):
    assert meant(said, NAMES) == f". Did you mean '{name}'?"


@pytest.mark.parametrize("said", ["", "x", "invoices", "!?", "客"])
def test_nothing_is_offered_for_another_name(said: str):
    assert meant(said, NAMES) == ""
    assert meant(said, []) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orders\u200b", "Character 7 of the name is invisible (U+200B, zero width space)"),
        (
            "\ufefforders",
            "Character 1 of the name is invisible (U+FEFF, zero width no-break space)",
        ),
        ("or\u00adders", "Character 3 of the name is invisible (U+00AD, soft hyphen)"),
        ("or\u202eders", "Character 3 of the name is invisible (U+202E, right-to-left override)"),
        ("or\nders", "Character 3 of the name is invisible (U+000A"),
        ("or\u00a0ders", "Character 3 of the name is an odd blank (U+00A0, no-break space)"),
        ("orders ", "There is a blank at the edge of the name"),
        (
            "shop：orders",
            "Character 5 of the name is no ':' but looks like it (U+FF1A, fullwidth colon)",
        ),
        ("orders？x", "Character 7 of the name is no '?' but looks like it (U+FF1F"),
    ],
)
def test_what_nobody_sees_is_named(text: str, said: str):
    assert oddity(text, "the name").startswith(f". {said}")


@pytest.mark.parametrize(
    "text", ["orders", "my orders", "客户", "Zoë", "заказы", "日本語テスト", ""]
)
def test_names_of_any_script_are_not_odd(text: str):
    assert oddity(text, "the name") == ""


def test_what_is_quoted_holds_nothing_that_a_terminal_obeys():
    assert "a\\x1b[31m" in no_such_partner("a\x1b[31m", []).message
    for refusal in (
        no_such_partner("a\u202e", []),
        no_such_config("p", "a\u202e", [], []),
        no_such_page("/a\u202e"),
        no_such_source("a\u202e"),
    ):
        assert refusal.message.isprintable()
        assert "U+202E" in refusal.message


@pytest.mark.parametrize("parameter", ["configname", "config_name", "ConfigName", "confgName"])
def test_a_misspelt_parameter_is_told_how_it_is_spelled(parameter: str):
    said = no_such_config("crm", None, NAMES, ["workspace", parameter]).message
    assert said.endswith(f". It has '{parameter}': the parameter is spelled configName")


def test_an_empty_parameter_and_a_missing_one_are_told_apart():
    assert no_such_config("crm", None, NAMES, ["configName"]).message.endswith("is empty")
    assert no_such_config("crm", None, NAMES, ["utm_source"]).message.endswith("partner 'crm'")


def test_partner_and_config_name_the_one_that_was_meant():
    assert "Did you mean 'orders'?" in no_such_config("crm", "Orders", NAMES, []).message
    assert "Did you mean 'crm'?" in no_such_partner("CRM", ["crm"]).message
    assert "Did you mean" not in no_such_source("order").message, "strangers learn no names"
