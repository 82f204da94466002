"""The part about expressions: how each is written, and what it makes of example payloads."""

from typing import Final

from heliograph.mapping.document.expressions.grammar import MAX_DEPTH, MAX_OPERANDS
from heliograph.mapping.document.expressions.options import FORMS
from heliograph.mapping.document.readings import Example
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.mapping.values.json_texts import MAX_LEVELS
from heliograph.model.json import Json, JsonObject
from heliograph.reference.mapper_page.layout import inline, table

_MEANINGS: Final[dict[str, str]] = {
    "$first": "the first value that is neither missing, null nor a blank text; of a path that may select "
    "several, each match is tried in turn. A literal may stand last, `$receivedAt` in a time",
    "$map": 'a value for a value. They are compared as text (`1`, `1.0` and `"1"` are the same, `true` and '
    '`"true"` too), with `"ignore_case": true` whatever their case and outer blanks. To `null` means: '
    "missing. What is not listed stays as it is, or becomes `default`, which also stands in for a value that "
    "is missing",
    "$template": "a text with paths in braces, `{{` and `}}` for a brace; when one is missing, all is. "
    'Other parts have a name: `{"text": "{who}", "with": {"who": {"$upper": "$.name"}}}`',
    "$hash": "lower-case hex of `sha256` (default), `sha1` or `md5`. `normalise` is `none` (default), "
    "`email` (trimmed, small letters) or `phone` (digits alone, no zeros in front). Nothing left to hash is "
    "missing",
    "$cast": "`number` (as JSON writes it: `12,5`, `1,234.50` and `$5` are none), `integer` (no fraction, "
    "exact to the last digit; a JSON number with a point or exponent below 2^53 only), `text`, `boolean` "
    "(also `yes`, `no`, `on`, `off`, `1`, `0`) or `time` (ISO 8601 in UTC; `format` is a "
    "pattern as in `formats`). What cannot be cast is missing",
    "$split": "one of the pieces between `by`: `take` counts from 0, or from the end (`-1`); without it a "
    "list. `limit` is how many pieces at most, the last one keeps the rest",
    "$lower": "small letters",
    "$upper": "capitals",
    "$trim": "without blanks at both ends",
    "$title": "separators (blanks and `_ - . / :`) as one blank, each word begun with a capital; words in "
    "capitals throughout get small letters first",
    "$json": f"what `path` (default `$`) selects in a text that holds JSON, of at most {MAX_LEVELS} levels; "
    "an object or array that is one already is taken as it is",
    "$literal": "the value as it is, also a text that starts like a path, or an object",
}
_EXAMPLES: Final[tuple[tuple[Json, JsonObject], ...]] = (
    (
        {"$first": ["$.email", "$.contact.email", "none"]},
        {"email": "", "contact": {"email": "a@ex.com"}},
    ),
    ({"$first": ["$..email"]}, {"a": {"email": None}, "b": {"email": "a@ex.com"}}),
    ({"$map": {"of": "$.status", "values": {"1": "paid", "9": None}}}, {"status": 1}),
    ({"$map": {"of": "$.status", "values": {"1": "paid", "9": None}}}, {"status": 9}),
    ({"$map": {"of": "$.status", "values": {"1": "paid"}, "default": "open"}}, {}),
    (
        {"$map": {"of": "$.items[*].kind", "values": {"a": "A"}}},
        {"items": [{"kind": "a"}, {"kind": "b"}]},
    ),
    ({"$template": "{$.first} {$.last}"}, {"first": "Ada", "last": "King"}),
    ({"$template": "{$.first} {$.last}"}, {"first": "Ada"}),
    ({"$hash": {"of": "$.email", "with": "md5", "normalise": "email"}}, {"email": " A@Ex.com "}),
    ({"$cast": {"of": "$.total", "to": "number"}}, {"total": "12.50"}),
    ({"$cast": {"of": "$.total", "to": "number"}}, {"total": "12,50"}),
    ({"$cast": {"of": "$.day", "to": "time", "format": "dd/MM/yyyy"}}, {"day": "25/10/2024"}),
    ({"$split": {"of": "$.name", "by": " ", "take": 1, "limit": 2}}, {"name": "Ada Lovelace King"}),
    ({"$title": "$.topic"}, {"topic": "orders/create"}),
    ({"$json": {"of": "$.Message", "path": "$.order.id"}}, {"Message": '{"order": {"id": 7}}'}),
    ({"$lower": {"$first": ["$.a", "$.b"]}}, {"b": "X"}),
    ({"$literal": "$.5 off"}, {}),
)


def render() -> str:
    """Return the part."""
    forms = [(f"`{form}`", _MEANINGS[name]) for name, form in FORMS.items()]
    results = [
        (inline(written), inline(payload), _result(written, payload))
        for written, payload in _EXAMPLES
    ]
    return f"""
## Expressions

An object with one `$` key stands for a value made of others. It may stand wherever a path or a literal may,
also in `create_all` and in both parts of `#MERGE`, and inside another one, {MAX_DEPTH} deep; `$.a` is any
path, expression or literal. A `$first` has at most {MAX_OPERANDS} values.

{table(("written", "gives"), forms)}

{table(("expression", "payload", "attribute"), results)}

- What is missing, null, or cannot be made is missing: an attribute is left out, a required field refuses the
  record, and `heliograph mapper explain` says which step came to nothing, and why.
- Of a list, `$map`, `$hash`, `$cast`, `$split` and the changes of text take each element; one that comes to
  nothing is null, so that the others keep their places.
- `customer_id`, `anon_id` and `user_time` take no expression that may end in a literal: it would make
  strangers one person.
- Inside `customer_id`, `anon_id` and `group_id` each value of a `$template`, and what `$hash` hashes, is
  judged as an identifier is: blank or [standing for nobody](#identifiers-that-stand-for-nobody) (`null`, `0`,
  `{{{{user.email}}}}`) it is missing, and so is all of it: `{{$.shop}}-{{$.customer}}` never is `s1-null`.
  `$first` passes over such a value there, as over a missing one: of `"null"` and `b` it takes `b`.
- A time that `$cast` reads for `user_time` needs no `formats`, and is not read a second time.
- Reading a text as JSON, and working on a value that all records of a batch share, counts as work.
"""


def _result(written: Json, payload: JsonObject) -> str:
    example = Example(mappings={"attr": {"x": written}}, payload={"id": "c-1", **payload})
    result = compile_mapper(example.document()).apply(example.payload, received_at_ms=0)
    properties = result.mapped[0].properties
    return inline(properties["x"]) if "x" in properties else "left out"
