"""A text is read in the charset it is declared in, or refused with its place; never replaced in silence."""

from typing import Any
from urllib.parse import quote

import pytest

from heliograph.errors import InputError
from heliograph.mapping.body.decode import decode_body
from heliograph.mapping.body.query import read_query
from heliograph.mapping.charsets import Charset, charset_label, find_charset

FORM = "application/x-www-form-urlencoded"
JURGEN = "Jürgen"


def multipart(*parts: tuple[str, bytes], **_: Any) -> bytes:
    lines = b"".join(
        b"--B\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts
    )
    return lines + b"--B--\r\n"


def part(name: str, type_: str | None = None) -> str:
    head = f'Content-Disposition: form-data; name="{name}"'
    return head if type_ is None else f"{head}\r\nContent-Type: {type_}"


LABELS = [
    ("utf8", "utf-8"),
    (" UTF-8 ", "utf-8"),
    ("latin1", "windows-1252"),
    ("iso-8859-1", "windows-1252"),
    ("us-ascii", "windows-1252"),
    ("cp1251", "windows-1251"),
    ("sjis", "shift_jis"),
    ("ms_kanji", "shift_jis"),
    ("gb2312", "gbk"),
    ("ks_c_5601-1987", "euc-kr"),
]
NO_CHARSETS = [
    *[
        "rot13",
        "rot_13",
        "zlib",
        "bz2",
        "base64",
        "hex",
        "uu",
        "quopri",
        "idna",
        "punycode",
        "undefined",
    ],
    *[
        "unicode_escape",
        "raw_unicode_escape",
        "mbcs",
        "oem",
        "utf-7",
        "utf_8_sig",
        "utf-32",
        "hz-gb-2312",
    ],
    *[
        "iso-2022-kr",
        "x-user-defined",
        "cp037",
        "binary",
        "palmos",
        "none",
        "../utf-8",
        "utf-8\x00",
    ],
]


@pytest.mark.parametrize(("label", "name"), LABELS)
def test_labels_are_read_as_browsers_read_them(label: str, name: str):
    assert find_charset(label) == Charset(name)


@pytest.mark.parametrize("label", NO_CHARSETS)
def test_what_is_no_charset_is_none(label: str):
    assert find_charset(label) is None
    for type_ in (f"{FORM}; charset={label}", f'{FORM}; charset="{label}"'):
        if charset_label(type_) is None:
            continue
        with pytest.raises(InputError) as caught:
            decode_body(b"n=a", type_)
        assert (caught.value.code, caught.value.status) == ("body.charset", 415)
        assert caught.value.where == "Content-Type"


@pytest.mark.parametrize(
    ("content_type", "label"),
    [
        ("text/plain; charset=utf-8", "utf-8"),
        ("text/plain;charset=UTF-8;x=y", "UTF-8"),
        ('text/plain; charset="windows-1252"', "windows-1252"),
        ("text/plain; charset='utf-8'", "utf-8"),
        ("text/plain; Charset = latin1", "latin1"),
        ("text/plain; x=charset", None),
        ("text/plain; charset=", None),
        ("text/plain", None),
    ],
)
def test_the_label_of_a_content_type(content_type: str, label: str | None):
    assert charset_label(content_type) == label


TEXTS = [
    ("windows-1252", "Jürgen €"),
    ("iso-8859-15", "Jürgen €"),
    ("windows-1251", "Юрий"),
    ("koi8-r", "Юрий"),
    ("iso-8859-7", "Γιώργος"),
    ("windows-1255", "דוד"),
    ("windows-874", "สมชาย"),
    ("shift_jis", "東京①"),
    ("euc-jp", "東京"),
    ("iso-2022-jp", "東京"),
    ("euc-kr", "서울똠"),
    ("gbk", "北京"),
    ("gb18030", "北京😀"),
    ("big5", "台北"),
    ("macintosh", "Jürgen"),
]
PYTHON = {"shift_jis": "cp932", "euc-kr": "cp949", "macintosh": "mac-roman", "windows-874": "cp874"}


@pytest.mark.parametrize("where", ["declared", "field", "mapper", "json", "part", "query"])
@pytest.mark.parametrize(("charset", "text"), TEXTS)
def test_a_text_arrives_as_it_was_written(charset: str, text: str, where: str):
    data = text.encode(PYTHON.get(charset, charset))
    escaped = f"n={quote(data)}".encode()
    known = find_charset(charset)
    match where:
        case "declared":
            found = decode_body(escaped, f"{FORM}; charset={charset}")
        case "field":
            found = decode_body(b"_charset_=" + charset.encode() + b"&" + escaped, FORM)
        case "mapper":
            found = decode_body(escaped, FORM, charset=known)
        case "json":
            if charset == "iso-2022-jp":
                return  # a JSON text in seven bits is UTF-8 as well
            found = decode_body(b'{"n":"' + data + b'"}', f"application/json; charset={charset}")
        case "part":
            body = multipart((part("n", f"text/plain; charset={charset}"), data))
            found = decode_body(body, "multipart/form-data; boundary=B")
        case _:
            if charset == "iso-2022-jp":
                return  # and so is a query string
            found = read_query(escaped, charset=known)
    assert isinstance(found, dict)
    assert found["n"] == text


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 7, 8])
def test_no_byte_of_the_windows_family_is_lost(number: int):
    charset = Charset(f"windows-125{number}")
    for byte in range(0x80, 0xA0):
        assert charset.decode(bytes([byte])) != "\ufffd"
    if number == 2:
        assert charset.decode(b"\x80\x81\x9d") == "€\x81\x9d"


def test_where_the_standards_tables_differ_from_pythons():
    assert Charset("gbk").decode(b"\x80") == "€"
    assert Charset("euc-jp").decode(b"\xa1\xc1") == "\uff5e"
    assert Charset("koi8-u").decode(b"\xae\xbe") == "ўЎ"
    with pytest.raises(UnicodeDecodeError):
        Charset("shift_jis").decode(b"\xa0")


@pytest.mark.parametrize(
    ("body", "type_", "where"),
    [
        (b"id=c-1&n=J%FCrgen", FORM, "form field 'n'"),
        (b"id=c-1&n=J\xfcrgen", FORM, "form field 'n'"),
        (b"id=c-1&n=J\xfcrgen", None, "form field 'n'"),
        (b"n=J%FCrgen", f"{FORM}; charset=utf-8", "form field 'n'"),
        (b"n=%82", f"{FORM}; charset=shift_jis", "form field 'n'"),
        (b"J%FC=1&b=2", FORM, "the name of a form field"),
        (multipart((part("n"), b"J\xfcrgen")), "multipart/form-data; boundary=B", "form field 'n'"),
        (multipart((part("n", "application/json"), b'{"a":"J\xfc"}')), None, "form field 'n'"),
        (b'{"n":"J\x82"}', "application/json; charset=shift_jis", "body"),
    ],
)
def test_what_is_in_no_declared_charset_is_refused_by_its_place(
    body: bytes, type_: str | None, where: str
):
    with pytest.raises(InputError) as caught:
        decode_body(body, type_)
    assert (caught.value.code, caught.value.status) == ("body.charset", 400)
    assert caught.value.where == where


def test_what_a_part_declares_wins_over_the_form_and_that_over_the_mapper():
    body = multipart(
        (part("_charset_"), b"koi8-r"),
        (part("a"), "Юрий".encode("koi8-r")),
        (part("b", "text/plain; charset=windows-1251"), "Юрий".encode("cp1251")),
        (part("c", "application/json; charset=windows-1251"), '{"x":"Юрий"}'.encode("cp1251")),
    )
    found = decode_body(body, "multipart/form-data; boundary=B", charset=Charset("windows-1252"))
    assert found == {"_charset_": "koi8-r", "a": "Юрий", "b": "Юрий", "c": {"x": "Юрий"}}


def test_a_part_that_is_not_as_it_declares_is_read_by_the_mappers_charset_alone():
    body = multipart(
        (part("_charset_"), b"koi8-r"), (part("a", "text/plain; charset=utf-8"), b"J\xfcrgen")
    )
    type_ = "multipart/form-data; boundary=B"
    with pytest.raises(InputError) as caught:
        decode_body(body, type_)
    assert (caught.value.code, caught.value.where) == ("body.charset", "form field 'a'")
    found = decode_body(body, type_, charset=Charset("windows-1252"))
    assert found == {"_charset_": "koi8-r", "a": JURGEN}


def test_the_mappers_charset_reads_what_is_not_as_it_is_declared():
    mapper = Charset("windows-1252")
    assert decode_body(b"n=J%FCrgen", f"{FORM}; charset=utf-8", charset=mapper) == {"n": JURGEN}
    assert decode_body(b"n=J%C3%BCrgen", f"{FORM}; charset=utf-8", charset=mapper) == {"n": JURGEN}
    assert decode_body(b'{"n":"J\xfcrgen"}', "application/json", charset=mapper) == {"n": JURGEN}
    assert decode_body('{"n":"Jürgen"}'.encode(), "application/json", charset=mapper) == {
        "n": JURGEN
    }
    lines = b'{"n":"J\xfcrgen"}\n{"n":"b"}\n'
    assert decode_body(lines, "application/x-ndjson; charset=latin1") == [{"n": JURGEN}, {"n": "b"}]


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ['{"n":"Jürgen"}', "n=Jürgen&m=1"])
def test_a_byte_order_mark_tells_the_encoding(codec: str, text: str):
    body = text.encode(codec)
    type_ = FORM if text.startswith("n") else "application/json"
    found = decode_body(body, type_)
    assert isinstance(found, dict)
    assert found["n"] == JURGEN


def test_a_form_that_says_utf_16_is_utf_8():
    assert decode_body(b"n=J%C3%BCrgen", f"{FORM}; charset=utf-16") == {"n": JURGEN}


def test_a_name_in_brackets_is_always_a_list():
    assert decode_body(b"tag[]=a", FORM) == {"tag[]": ["a"]}
    assert decode_body(b"tag%5B%5D=a&tag[]=b&x=1", FORM) == {"tag[]": ["a", "b"], "x": "1"}
    assert decode_body(b"a[b][]=1&a[b]=2", FORM) == {"a[b][]": ["1"], "a[b]": "2"}
    assert decode_body(b'data[]={"a":1}', FORM) == {"data[]": [{"a": 1}]}
    body = multipart((part("tag[]"), b"a"))
    assert decode_body(body, "multipart/form-data; boundary=B") == {"tag[]": ["a"]}


def test_a_query_parameter_keeps_all_its_values():
    assert read_query(b"a=1&b=x+y&a=2&c[]=3&d") == {
        "a": ["1", "2"],
        "b": "x y",
        "c[]": ["3"],
        "d": "",
    }
    assert read_query("ö=Jürgen&n=J%C3%BCrgen".encode()) == {"ö": JURGEN, "n": JURGEN}
    with pytest.raises(InputError) as caught:
        read_query(b"n=J%FCrgen")
    assert (caught.value.code, caught.value.where) == ("body.charset", "query parameter 'n'")
    assert read_query(b"n=J%FCrgen", charset=Charset("windows-1252")) == {"n": JURGEN}
