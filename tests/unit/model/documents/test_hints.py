"""A document that is none is answered with what to do about it."""

import pytest

from heliograph.model.documents.user_files import Unreadable, read_document


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"a": 1,}', "Remove the comma before the closing bracket."),
        ("[1,\n]", "Remove the comma before the closing bracket."),
        ('{"a": 1 "b": 2}', "A comma is missing before it."),
        ("{'a': 1}", "JSON puts names and texts in straight double quotes."),
        ('{"a": 1', "The document ends too early: a bracket or a quote is not closed."),
        ("", "The file is empty: put the document in it, or remove it."),
        ("  \n", "The file is empty: put the document in it, or remove it."),
        ("\ufeff{}", "The file begins with a byte order mark: save it as UTF-8 without one."),
        ('{"a": 1} # b', "JSON has no comments; remove them."),
        ('{"a": // b\n1}', "JSON has no comments; remove them."),
        ('{"a"： 1}', "The character there is no ':' but looks like it (U+FF1A, fullwidth colon)."),
        ("{“a”: 1}", "The character there is no '\"' but looks like it (U+201C"),
        (
            '{"a":\u00a01}',
            "The character there is an odd blank (U+00A0, no-break space): type it anew.",
        ),
        (
            '{"a": 1}\u200b',
            "The character there is invisible (U+200B, zero width space): type it anew.",
        ),
        (
            '{"a": yes}',
            "Mend it there; commas, quotes and brackets are what is missing most often.",
        ),
    ],
)
def test_json(text: str, hint: str):
    with pytest.raises(Unreadable) as caught:
        read_document(text.encode(), toml=False, where="m.json")
    assert (caught.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a = b", "Mend it there: texts stand in double quotes"),
        ("[a", "Mend it there: texts stand in double quotes"),
        ('ok = 1\nid ＝ "x"', "Character 4 of that line is no '=' but looks like it (U+FF1D"),
        ("id = “x”", "Character 6 of that line is no '\"' but looks like it (U+201C"),
        ("id\u00a0= 1", "Character 3 of that line is an odd blank (U+00A0"),
        ("\u200bid = 1", "Character 1 of that line is invisible (U+200B"),
    ],
)
def test_toml(text: str, hint: str):
    with pytest.raises(Unreadable) as caught:
        read_document(text.encode(), toml=True, where="w.toml")
    assert (caught.value.hint or "").startswith(hint)
