"""The page of signature schemes says everything that the schemes know."""

import msgspec

from heliograph.gateway.signatures import SCHEMES, BasicScheme, EcdsaScheme, HmacScheme, TokenScheme
from heliograph.reference.signatures import render


def test_every_scheme_and_every_field_is_on_the_page():
    page = render("notice")
    for name in SCHEMES:
        assert f"| `{name}` |" in page
    for kind in (HmacScheme, TokenScheme, BasicScheme, EcdsaScheme):
        for field in msgspec.structs.fields(kind):
            assert f"| `{field.name}` |" in page


def test_every_question_of_a_scheme_is_on_the_page():
    page = render("notice")
    asked = {each.challenge for each in SCHEMES.values() if isinstance(each, HmacScheme)} - {"none"}
    assert asked
    assert all(f"| `{name}` |" in page for name in asked)
