"""What a body is read as, whatever its sender calls it, and what every unreadable one is answered."""

import gzip
import json
import sys
from pathlib import Path
from urllib.parse import unquote_plus

import msgspec
import pytest

from heliograph.errors import InputError
from heliograph.mapping.body.decode import MAX_NESTING, decode_body
from heliograph.model.json import Json

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"


def refuse(body: bytes, content_type: str | None = "application/json") -> InputError:
    with pytest.raises(InputError) as caught:
        decode_body(body, content_type)
    return caught.value


REFUSED = "refused"


def answer(body: bytes, content_type: str | None) -> Json:
    """Return the value, or `REFUSED` for the documented 400."""
    try:
        return decode_body(body, content_type)
    except InputError as error:
        return REFUSED if (error.status, error.code) == (400, "body.unreadable") else str(error)


def part(name: str, value: str, *extra: str) -> str:
    lines = [f'Content-Disposition: form-data; name="{name}"', *extra, "", value]
    return "--xyz\r\n" + "\r\n".join(lines) + "\r\n"


@pytest.mark.parametrize(
    "content_type", ["application/json", None, "", "text/plain;charset=UTF-8", FORM, MULTIPART]
)
def test_json_is_read_whatever_the_label_says(content_type: str | None) -> None:
    assert decode_body(b' {"a": [1, "x"]}\n', content_type) == {"a": [1, "x"]}


def test_of_repeated_keys_the_last_wins() -> None:
    assert decode_body(b'{"a":1,"a":2}', None) == {"a": 2}


def test_integers_above_two_to_the_53_stay_exact() -> None:
    assert decode_body(b'{"id":9007199254740993123456789}', None) == {
        "id": 9007199254740993123456789
    }


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"\ud83d", "�"),
        (rb"\udc00x", "�x"),
        (rb"\ud83d\ude00 \ude00", "😀 �"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d\n", "\\�\n"),
    ],
)
def test_half_a_surrogate_pair_becomes_the_replacement_character(raw: bytes, text: str) -> None:
    value = decode_body(b'{"a":"' + raw + b'"}', None)
    assert value == {"a": text}
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
def test_marked_and_wide_unicode_is_understood(codec: str) -> None:
    assert decode_body('{"name":"Zoë"}'.encode(codec), "application/json") == {"name": "Zoë"}


def test_a_named_charset_is_used_only_when_the_bytes_are_no_utf8() -> None:
    labelled = "application/json; charset=ISO-8859-1"
    assert decode_body('{"a":"é"}'.encode("latin-1"), labelled) == {"a": "é"}
    assert decode_body('{"a":"é"}'.encode(), labelled) == {"a": "é"}


@pytest.mark.parametrize("charset", ["zip", "hex", "unicode_escape", "idna", "no-such", "utf-8"])
def test_a_charset_that_is_no_text_encoding_is_not_followed(charset: str) -> None:
    error = refuse(b'{"a":"\xff"}', f"application/json; charset={charset}")
    assert error.code == "body.charset"
    assert (error.status, error.found) == (
        (400, "bytes that are not UTF-8") if charset == "utf-8" else (415, charset)
    )


def test_a_million_byte_order_marks_are_an_empty_body() -> None:
    assert refuse(b"\xef\xbb\xbf" * 300_000).found == "an empty body"


def test_half_a_surrogate_pair_is_mended_on_lines_and_inside_forms_too() -> None:
    assert decode_body(b'{"a":"\\ud83d"}\n{"a":1}\n', None) == [{"a": "\ufffd"}, {"a": 1}]
    assert decode_body(b"payload=%7B%22a%22:%22%5Cud83d%22%7D", None) == {
        "payload": {"a": "\ufffd"}
    }


def test_objects_on_lines_become_an_array() -> None:
    assert decode_body(b'{"a":1}\r\n\n{"a":2}\n', "application/x-ndjson") == [{"a": 1}, {"a": 2}]
    assert decode_body(b'{"a":1}\n{"a":2}', "application/json") == [{"a": 1}, {"a": 2}]
    assert decode_body(b' \n\r\n \t{} \r\n\t \n\n\n{"a":" "}\n \n', None) == [{}, {"a": " "}]


@pytest.mark.parametrize(
    "body",
    [
        *[b'{"a":1}{"a":2}', b"1\n2\n", b"[]\n[]", b'{"a":1}\n{"a":', b"{}\n1"],
        *[b"{}\n{}{}", b'{"a":\n1}\n{}', b"{}{}\n\n{}"],
    ],
)
def test_other_things_on_lines_are_refused(body: bytes) -> None:
    assert refuse(body, "application/x-ndjson").code == "body.unreadable"


LINE_TYPES = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "Application/X-JSONLines; charset=utf-8",
]


@pytest.mark.parametrize("content_type", LINE_TYPES)
@pytest.mark.parametrize(
    "body",
    [b'{"a":1}', b'{"a":1}\n', b'\n{"a":1}\r\n', b'\xef\xbb\xbf{"a":1}', gzip.compress(b'{"a":1}')],
)
def test_one_line_of_ndjson_is_a_batch_of_one(body: bytes, content_type: str) -> None:
    assert decode_body(body, content_type) == [{"a": 1}]


def test_one_line_with_half_a_surrogate_pair_is_a_batch_of_one() -> None:
    assert decode_body(b'{"a":"\\ud83d"}', "application/x-ndjson") == [{"a": "\ufffd"}]


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", FORM])
def test_one_object_under_another_label_is_no_batch(content_type: str | None) -> None:
    assert decode_body(b'{"a":1}\n', content_type) == {"a": 1}


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/json", None])
@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (b'{"a":3,}', "line 4 of NDJSON: malformed JSON: trailing comma in object at column 8"),
        (b'{"a":', "line 4 of NDJSON: JSON that ends too early"),
        (b'{"a":1e999}', "line 4 of NDJSON: a number too large to keep"),
        (b"7", "line 4 of NDJSON: a number in place of an object"),
        (b"oops", "line 4 of NDJSON: malformed JSON: invalid character at column 1"),
    ],
)
def test_the_bad_line_is_named_and_not_a_good_one(
    bad: bytes, found: str, content_type: str | None
) -> None:
    body = b'{"a":1}\n\n{"a":2}\n' + bad + b'\n{"a":5}\n'
    assert refuse(body, content_type).found == found


def test_the_only_line_may_be_the_bad_one() -> None:
    error = refuse(b'{"a":1}{"a":2}', "application/x-ndjson")
    assert error.found is not None
    assert error.found.startswith("line 1 of NDJSON: malformed JSON: trailing characters")


def test_a_line_too_deep_is_refused_as_such() -> None:
    deep = b'{"a":1}\n{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert "levels" in str(refuse(deep, "application/x-ndjson"))


def test_a_broken_object_over_several_lines_is_no_ndjson() -> None:
    error = refuse(b'{"a": 1}\n}', "application/json")
    assert error.found is not None
    assert error.found.endswith("at line 2, column 1")


class TestForms:
    @pytest.mark.parametrize("content_type", [FORM, FORM + "; charset=utf-8", None, "text/plain"])
    def test_fields_are_texts_and_repeated_names_an_array(self, content_type: str | None) -> None:
        body = b"email=a%40b.c&tag=x&tag=y+z&tag=&empty="
        assert decode_body(body, content_type) == {
            "email": "a@b.c",
            "tag": ["x", "y z", ""],
            "empty": "",
        }

    def test_names_with_brackets_stay_flat(self) -> None:
        body = b"type=subscribe&data%5Bmerges%5D%5BEMAIL%5D=a%40b.c"
        assert decode_body(body, FORM) == {"type": "subscribe", "data[merges][EMAIL]": "a@b.c"}

    def test_the_json_of_a_form_with_one_field_is_read(self) -> None:
        assert decode_body(b"payload=%7B%22a%22%3A1%7D", FORM) == {"payload": {"a": 1}}
        assert decode_body(b"payload=%7Bno", FORM) == {"payload": "{no"}
        assert decode_body(b"payload=%7B%7D&x=1", FORM) == {"payload": "{}", "x": "1"}

    def test_bytes_that_are_no_utf8_are_refused_or_read_in_the_named_charset(self) -> None:
        assert refuse(b"a=%E9", FORM).code == "body.charset"
        assert decode_body(b"a=%E9", FORM + "; charset=iso-8859-1") == {"a": "é"}

    def test_more_fields_than_anybody_sends_are_refused(self) -> None:
        assert refuse(b"a=1&" * 5_001, FORM).found == "a form of more than 5,000 fields"

    @pytest.mark.parametrize("shift", range(4))
    @pytest.mark.parametrize(
        "unit", ["%41", "%C3%A9", "é%c3%A9+", "%", "%%4", "%4", "a%zz%F0%9F%98%80"]
    )
    def test_a_long_value_is_undone_like_a_short_one(self, unit: str, shift: int) -> None:
        """It is done piece by piece, and a piece may end anywhere in it."""
        text = "x" * shift + unit * 20_000
        expected = unquote_plus(text, errors="replace")
        assert decode_body(f"a={text}".encode(), FORM) == {"a": expected}

    def test_a_sentence_is_no_form(self) -> None:
        assert refuse(b"the answer = 42", "text/plain").code == "body.unreadable"
        assert refuse(b"hello", FORM).found == "a form without any name=value"


class TestMultipart:
    BODY = (part("email", "a@b.c") + part("tag", "x") + part("tag", "ÿ") + "--xyz--\r\n").encode()

    @pytest.mark.parametrize(
        "content_type",
        [MULTIPART, 'multipart/form-data; boundary="xyz"', "multipart/form-data", None],
    )
    def test_text_fields_become_an_object(self, content_type: str | None) -> None:
        assert decode_body(self.BODY, content_type) == {"email": "a@b.c", "tag": ["x", "ÿ"]}

    def test_files_are_left_out(self) -> None:
        upload = (
            '--xyz\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n" + "x" * 2_000_000 + "\r\n"
        )
        assert decode_body((upload + part("a", "1") + "--xyz--").encode(), MULTIPART) == {"a": "1"}

    def test_a_part_that_says_it_is_json_is_read(self) -> None:
        one = part("payload", '{"a":[1]}', "Content-Type: application/json")
        two = part("broken", "{", "Content-Type: application/json")
        assert decode_body((one + two + "--xyz--").encode(), MULTIPART) == {
            "payload": {"a": [1]},
            "broken": "{",
        }

    def test_more_parts_than_anybody_sends_are_refused(self) -> None:
        body = (part("a", "1") * 5_001 + "--xyz--").encode()
        assert refuse(body, MULTIPART).found == "a form of more than 5,000 fields"

    def test_base64_parts_are_decoded(self) -> None:
        body = part("a", "aGVsbG8=", "Content-Transfer-Encoding: base64") + "--xyz--"
        assert decode_body(body.encode(), MULTIPART) == {"a": "hello"}

    @pytest.mark.parametrize(
        "body",
        [
            part("a", "1"),
            "--xyz\r\nContent-Disposition: form-data\r\n\r\n1\r\n--xyz--\r\n",
            "--xyz\r\nno header\r\n\r\n1\r\n--xyz--\r\n",
            "--",
            "--\r\n",
            "xyz",
        ],
    )
    def test_a_damaged_one_is_refused(self, body: str) -> None:
        error = refuse(body.encode(), MULTIPART)
        assert (error.status, error.code) == (400, "body.unreadable")
        assert error.found is not None
        assert "multipart" in error.found

    def test_a_damaged_one_leaves_no_line_in_the_logs(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        refuse(b"--xyz\r\n\x1f: x\r\n\r\n", MULTIPART)
        assert caplog.records == []


class TestCompressed:
    def test_gzip_is_recognised_under_any_label(self) -> None:
        assert decode_body(gzip.compress(b'{"a":1}'), FORM) == {"a": 1}

    def test_a_bomb_stops_at_the_limit(self) -> None:
        bomb = gzip.compress(b"[" + b" " * 5_000_000 + b"]")
        with pytest.raises(InputError) as caught:
            decode_body(bomb, None, limit=1_000_000)
        assert (caught.value.status, caught.value.code) == (413, "body.too_large")

    def test_gzip_within_gzip_is_not_followed(self) -> None:
        assert refuse(gzip.compress(gzip.compress(b"{}"))).code == "body.unreadable"


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "found", "hint"),
        [
            (b"", "an empty body", "JSON"),
            (b" \n", "an empty body", "JSON"),
            (b'{"a":', "JSON that ends too early", "cut off"),
            (b'{"a":1,}', "line 1, column 8", "comma"),
            (b"[1,\n 2,\n]", "line 3, column 1", "comma"),
            (b"{'a':1}", "line 1, column 2", "double quotes"),
            ("{“a”:1}".encode(), "line 1, column 2", "straight"),
            ('{"a"：1}'.encode(), "line 1, column 5", "full-width"),
            ('{"a":1，"b":2}'.encode(), "line 1, column", "full-width"),
            ("｛}".encode(), "line 1, column 1", "full-width"),
            ('{"a":\u00a01}'.encode(), "line 1, column 6", "odd blank"),
            ('{"a":1,\u3000"b":2}'.encode(), "line 1, column", "odd blank"),
            ('{"a":1}\u200b'.encode(), "line 1, column", "invisible"),
            (b'{"a":NaN}', "line 1, column 6", "null"),
            (b'{"a":-Infinity}', "line 1, column", "null"),
            (b'{"a":True}', "line 1, column 6", "true, false and null"),
            (b'{"a":1} // x', "line 1, column", "comments"),
            (b"<xml/>", "line 1, column 1", "XML"),
            (b'{"a":"x\ny"}', "line 1, column 8", "\\n"),
            (b'{"a":1e400}', "too large", "double"),
            (b"[" + b"9" * 5000 + b"]", "too large", "double"),
            (b'"text"', "a bare string", "object"),
            (b"12", "a bare number", "object"),
            (b"true", "a bare boolean", "object"),
            (b"null", "null", "object"),
            (b'{"a":"\xed\xa0\x80"}', "not UTF-8", "UTF-8"),
            (b"\xff\xfe{\x00", "malformed", "validator"),
            (b"\xff\xfe{\x00\x00\xd8", "not UTF-16-LE", "UTF-8"),
        ],
    )
    def test_say_what_was_found_and_what_to_do(self, body: bytes, found: str, hint: str) -> None:
        error = refuse(body)
        assert (error.status, error.code) == (400, "body.unreadable")
        assert error.message == "The provided payload is invalid"
        assert error.found is not None
        assert error.hint is not None
        if found != "malformed":
            assert found in error.found
            assert hint in error.hint

    def test_never_quote_the_body(self) -> None:
        assert "hunter2" not in str(refuse(b'{"password": hunter2}'))

    @pytest.mark.parametrize(
        "content_type", ["image/png", "application/pdf", "TEXT/XML; charset=utf-8", "video/mp4"]
    )
    def test_a_type_that_can_never_be_read_is_named(self, content_type: str) -> None:
        error = refuse(b"\x89PNG\r\n\x1a\n", content_type)
        assert (error.status, error.code) == (415, "body.media_type")
        assert error.found == content_type.lower().partition(";")[0]
        assert decode_body(b'{"a":1}', content_type) == {"a": 1}

    @pytest.mark.parametrize(
        "content_type", ["application/octet-stream", "text/plain", "x/y", "💥"]
    )
    def test_any_other_type_is_a_bad_body(self, content_type: str) -> None:
        assert refuse(b"\x00\x01\x02\x03\x04", content_type).status == 400


class TestNesting:
    def test_the_allowed_depth_is_exact(self) -> None:
        deepest = b"[" * MAX_NESTING + b"]" * MAX_NESTING
        assert decode_body(deepest, None) is not None
        for body in (b"[" + deepest + b"]", b'{"a":' + deepest + b"}", b"[" * 500_000):
            error = refuse(body)
            assert error.code == "body.unreadable"
        assert f"{MAX_NESTING} levels" in (refuse(b"[" + deepest + b"]").found or "")

    @pytest.mark.parametrize("pattern", ["[", "{", "[{", "[[{", "{{[", "[{{{["])
    def test_objects_and_arrays_count_alike_in_any_mixture(self, pattern: str) -> None:
        for depth, ok in ((MAX_NESTING - 1, True), (MAX_NESTING, True), (MAX_NESTING + 1, False)):
            body = b"1"
            for level in range(depth):
                opens = pattern[level % len(pattern)]
                body = b"[" + body + b"]" if opens == "[" else b'{"a":' + body + b"}"
            if ok:
                decode_body(body, None)
            else:
                assert f"{MAX_NESTING} levels" in (refuse(body).found or "")

    def test_brackets_in_texts_hide_no_level(self) -> None:
        body = b"1"
        for _ in range(MAX_NESTING):
            body = b'["]",' + body + b',"["]'
        assert decode_body(body, None)
        assert f"{MAX_NESTING} levels" in (refuse(b'["",' + body + b"]").found or "")

    def test_many_brackets_are_not_many_levels(self) -> None:
        wide = [{"a": {"b": ["{" * 300, "]"]}} for _ in range(300)]
        assert decode_body(json.dumps(wide).encode(), None) == wide

    def test_what_is_allowed_can_be_written_again_from_a_deep_stack(self) -> None:
        value = decode_body(b'{"a":' * (MAX_NESTING - 1) + b"[]" + b"}" * (MAX_NESTING - 1), None)

        def at_depth(frames: int) -> bytes:
            return at_depth(frames - 1) if frames else msgspec.json.encode(value)

        assert at_depth(sys.getrecursionlimit() // 2)

    @pytest.mark.parametrize("levels", [MAX_NESTING - 1, MAX_NESTING])
    def test_json_inside_a_form_is_no_way_around(self, levels: int) -> None:
        """Its brackets are escaped, and the form's object is one level itself."""
        body = b"payload=" + b"%5B" * levels + b"%5D" * levels
        if levels < MAX_NESTING:
            assert isinstance(decode_body(body, None), dict)
        else:
            assert "levels" in str(refuse(body))


def test_the_json_test_suite_has_a_defined_answer_for_every_file(shared_data: Path) -> None:
    """y_ objects and arrays are read as Python reads them, n_ refused, i_ either, never another error."""
    files = sorted((shared_data / "bad-input" / "json-test-suite").glob("*.json"))
    assert len(files) > 300
    for file in files:
        body = file.read_bytes()
        for content_type in ("application/json", None, FORM, "text/plain"):
            value = answer(body, content_type)
            if file.name.startswith("n_"):
                # Only the label can make a form of what is no JSON.
                is_form = content_type == FORM and b"=" in body
                assert value == REFUSED or is_form, file.name
            if file.name.startswith("y_"):
                expected = json.loads(body)
                is_whole = isinstance(expected, dict | list)
                assert value == (expected if is_whole else REFUSED), file.name


def test_naughty_strings_pass_unchanged(shared_data: Path) -> None:
    strings = json.loads((shared_data / "bad-input" / "blns.json").read_text(encoding="utf-8"))
    assert len(strings) > 400
    for ascii_only in (True, False):
        body = json.dumps({"values": strings}, ensure_ascii=ascii_only).encode()
        assert decode_body(body, "application/json") == {"values": strings}
    for text in strings:
        assert answer(text.encode(), None) == REFUSED or "=" in text or text in ("{}", "[]")
