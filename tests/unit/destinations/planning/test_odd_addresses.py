"""An address with a character that nobody sees, or of another keyboard, is refused by naming it."""

import pytest

from heliograph.destinations.planning.http import check_url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://exa\u200bmple.test/x", "Character 12 of it is invisible (U+200B"),
        ("\ufeffhttps://example.test", "Character 1 of it is invisible (U+FEFF"),
        ("https：//example.test", "Character 6 of it is no ':' but looks like it (U+FF1A"),
        ("https://example.test:８０/", "Character 22 of it is no '8' but looks like it (U+FF18"),
        ("https://example.test/a\u00a0b", "Character 23 of it is an odd blank (U+00A0"),
        ("https://example.test/ ", "There is a blank at the edge of it"),
        ("https://exämple.test/", "Write other letters percent-encoded, in the host as xn--"),
        ("https://example.test/a b", "Write other letters percent-encoded"),
    ],
)
def test_what_is_odd_is_named_and_the_address_is_not_repeated(url: str, said: str):
    with pytest.raises(ValueError, match="printable ASCII") as caught:
        check_url(url)
    assert said in str(caught.value)
    assert "example" not in str(caught.value)
