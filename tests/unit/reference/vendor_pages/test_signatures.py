"""The page of signature schemes says everything that the schemes know."""

import msgspec

from heliograph.gateway.registration import RULES
from heliograph.gateway.signatures import (
    SCHEMES,
    BasicScheme,
    HmacScheme,
    PublicKeyScheme,
    TokenScheme,
)
from heliograph.reference.vendor_pages.signatures import render


def test_every_scheme_and_every_field_is_on_the_page():
    page = render("notice")
    for name in SCHEMES:
        assert f"| `{name}` |" in page
    for kind in (HmacScheme, TokenScheme, BasicScheme, PublicKeyScheme):
        for field in msgspec.structs.fields(kind):
            assert f"| `{field.name}` |" in page


def test_every_question_is_on_the_page():
    page = render("notice")
    rules = [rule for rules in RULES.values() for rule in rules]
    assert len(rules) > 25
    for rule in rules:
        assert f"| `{rule.challenge}` | {rule.vendors} |" in page
        assert rule.source in page
