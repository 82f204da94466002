"""The text of docs/reference/mapper.md, rendered from what the code does.

Tables come from the constants the mapper uses, results of examples from running them. `render` is pure,
so that a test can tell whether the committed page is up to date.
"""

from typing import Final

from heliograph.errors import CODES, ConfigError
from heliograph.mapping.document.chains import MAX_LEVELS
from heliograph.mapping.document.plan import PLATFORMS
from heliograph.mapping.document.problems import WARNINGS
from heliograph.mapping.document.readings import READINGS, Example
from heliograph.mapping.document.sources import MAX_STEPS
from heliograph.mapping.document.validations import TYPES
from heliograph.mapping.paths import jsonpath
from heliograph.mapping.paths.iregexp import MAX_PAYLOAD_PATTERN
from heliograph.mapping.paths.work import DEFAULT_WORK
from heliograph.mapping.run.limits import DEFAULT_ITEMS
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.model.json import Json, JsonObject
from heliograph.reference.mapper_page import bodies, expressions, variants
from heliograph.reference.mapper_page.identifiers import identifiers
from heliograph.reference.mapper_page.layout import dump, inline, results, table
from heliograph.reference.mapper_page.times import times

RECEIVED_AT_MS: Final = 1_704_067_200_000
"""When the examples are received: 2024-01-01T00:00:00Z."""

_TOP: Final = (
    (
        "partner_name",
        "yes",
        "lower-case letters, digits, `-`, `_`, `.`",
        "part of the webhook's URL",
    ),
    ("mapping_type", "yes*", '`"events"` or `"users"`', "events and profiles, or profiles alone"),
    ("mappings", "yes*", "an object", "see the next table; *not beside `variants`"),
    ("variants", "", "a list", "ours: [one of several](#variants) `mappings` for each record"),
    ("batching", "", "true or false (default)", "one record per element of an array"),
    ("payload_validations", "", "path → type name", "checked in every record"),
    (
        "message_id",
        "",
        "path, expression",
        "ours: the sender's id of a record, the same when it is sent again; such a record counts once",
    ),
    ("timezone", "", "IANA name", "ours: the zone of times without one; default the workspace's"),
    ("time_window", "", "an object", "ours: which times are plausible, see Time"),
    ("charset", "", "label", "ours: of texts that declare none, see Charsets"),
)
_FIELDS: Final = (
    (
        "customer_id",
        "yes*",
        "yes",
        "path, expression",
        "who; *not beside `anon_id` in an events mapper",
    ),
    ("anon_id", "", "", "path, expression", "the visitor before they are known"),
    ("event_name", "yes", "–", "path, expression or literal", "what happened"),
    ("user_time", "yes", "", "path, expression, `#MERGE` or `$receivedAt`", "when it happened"),
    ("platform", "yes", "–", "path, expression or literal", ", ".join(PLATFORMS)),
    ("app_version", "", "–", "path, expression or literal", "default `1.0.0`"),
    ("attr", "", "–", "name → path, expression or literal", "attributes of the event"),
    ("user_attributes", "", "", "name → path, expression or literal", "attributes of the profile"),
    (
        "create_all",
        "",
        "",
        "path or expression of an object",
        "inside the two above: copies all its keys",
    ),
    (
        "group_id",
        "–",
        "–",
        "path, expression or literal",
        "only of `groups`, see [variants](#variants)",
    ),
    ("update_existing_only", "", "", "true or false", "skip customers we do not know"),
    ("#MERGE", "", "", '`{"user_time": {"date", "time"}}`', "date and time that come apart"),
    ("formats", "", "", '`{"user_time": pattern}`', "how the time is written"),
)
_SPELLINGS: Final = (
    *(
        "$.a.[0]",
        "$.a-b",
        '$."a b"',
        "$.items.0.id",
        "$.items[].id",
        "$.items[last]",
        "$.a.",
        '$["a]',
    ),
    *("$.x[(@.length-1)]", "$.x[?(@.a = 'b')]", "$.x[?(@.a in ['b', 'c'])]", "$.a[?@.x and @.y]"),
    *("$.a?.b", "$.a ?? $.b", "$.price * 2"),
)
_MAYBE_LITERALS: Final = (
    *("$event.type", "$$.a", " $.a", "{{ $.a }}", "${a.b}", "$header.x-topic"),
    *(".a.b", "@.x", "#/a/b", "items[*].id", "$email", "a.b", "v1.2", "shop.com", "$5 off"),
)
_VALUES: Final[tuple[Json, ...]] = (
    *(None, "", "  text ", "guest", 7, 2**53 + 1, 12.0, 1.5, True),
    *({"a": 1}, [1]),
)


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    parts = [
        f"# The mapper document\n\n{notice}\n{_INTRODUCTION}",
        _fields(),
        bodies.render(),
        _paths(),
        expressions.render(),
        variants.render(),
        _values(),
        times(),
        _readings(),
        _errors(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_INTRODUCTION: Final = """
A mapper turns a webhook's payload into events and profile updates. The document is the JSON of Connected
Sources, unchanged; [expressions](#expressions), which stand wherever a path may, and [variants](#variants)
are ours. A version is immutable: a changed document needs a new config name, and the old URL goes on with
the old one. Try one with
`heliograph mapper run --mapper M.json --payload P.json`, and ask why a field is empty with
`heliograph mapper explain`.
"""


def _fields() -> str:
    top = table(("key", "required", "value", "meaning"), [(f"`{k}`", *rest) for k, *rest in _TOP])
    fields = table(
        ("key of `mappings`", "events", "users", "value", "meaning"),
        [(f"`{k}`", *rest) for k, *rest in _FIELDS],
    )
    return (
        f"## Fields\n\n{top}\n\n{fields}\n\n"
        "A dash means: not used, checked all the same, with a warning. A key nobody knows is an error when "
        "it resembles a known one, and a warning otherwise. "
        f"Type names of `payload_validations`: {', '.join(f'`{name}`' for name in TYPES)}."
    )


def _paths() -> str:
    rows: list[tuple[str, ...]] = []
    for text in _SPELLINGS:
        try:
            jsonpath.compile(text)
        except ConfigError as error:
            rows.append((f"`{text}`", _code(str(error.hint).split(" (")[0])))
    doubts = [(f"`{text}`", *_graded(text)) for text in _MAYBE_LITERALS]
    return f"""
## Paths

Paths are JSONPath as in RFC 9535, in full: names, indexes, `[*]`, slices, filters, functions, `..`. A path
has at most {MAX_STEPS} steps, and a batch walks at most {MAX_LEVELS} arrays inside each other. Patterns of
`match()` and `search()` are I-Regexp (RFC 9485: no `\\d`, no look-around, no lazy repetition) and are matched
in linear time, so that no pattern can hold the gateway up. A literal that could never match is an error of
the document. A pattern taken from the payload may have {MAX_PAYLOAD_PATTERN} characters and few large
repetitions; any other, and what is no I-Regexp, matches nothing.

A request may hold {DEFAULT_ITEMS:,} items (`max_batch_items` of `workspace.toml`); one that holds more is
answered 413 before anything is mapped. Following paths may look at {DEFAULT_WORK:,} values of one request
(`max_mapping_work`): each child of a wildcard, slice or filter and each place that `..` visits counts.
No honest payload comes near it; one that passes it is refused as a whole, and the refusal names the field and
its path. It is a count and no time, so the same payload gets the same answer on any machine.

Beside the payload there are

| path | value |
|---|---|
| `$headers.x-topic`, `$headers['X-Topic']` | a request header, whatever the case of its name |
| `$query.topic`, `$query['topic']` | a parameter of the query string |
| `$headers`, `$query` | all of them as one object, e.g. for `create_all` |
| `$receivedAt` | when the request was received, in epoch milliseconds; usable as `user_time` |

Paths in the spelling of another dialect are refused with the standard one, or with why there is none:

{table(("written", "answer"), rows)}

What does not start as a path does is a literal where literals may stand. It is refused where it can only be
meant as a path, and the document compiles with the warning `mapper.literal_like_path` where it may be; both
say the standard spelling:

{table(("written", "`customer_id`", "`event_name`", "attribute", "standard spelling"), doubts)}
"""


def _graded(text: str) -> tuple[str, ...]:
    """Return what becomes of a text in each place, and the standard spelling that the answers say."""
    places: tuple[JsonObject, ...] = (
        {"customer_id": text},
        {"event_name": text},
        {"attr": {"x": text}},
    )
    grades: list[str] = []
    said = ""
    for mappings in places:
        try:
            mapper = compile_mapper(Example(mappings=mappings, payload=None).document())
        except ConfigError as error:
            grades.append("refused")
            said = said or str(error.hint)
        else:
            grades.append("warning" if mapper.warnings else "literal")
            said = said or " ".join(each.message for each in mapper.warnings)
    spelling = said.partition("The standard spelling is ")[2].partition(" (")[0]
    return (*grades, f"`{spelling}`" if spelling and grades[-1] != "literal" else "")


def _values() -> str:
    columns: tuple[tuple[str, JsonObject], ...] = (
        ("customer_id", {"customer_id": "$.v"}),
        ("event_name", {"event_name": "$.v"}),
        ("app_version", {"app_version": "$.v"}),
        ("attr", {"attr": {"v": "$.v"}}),
    )
    rows: list[tuple[str, ...]] = []
    for value in _VALUES:
        cells = [_outcome(name, mappings, value) for name, mappings in columns]
        rows.append((inline(value), *cells))
    return f"""
## Values

What becomes of a value, by the field it is mapped to:

{table(("value", *(f"`{name}`" for name, _ in columns)), rows)}

{identifiers()}

### Attributes

Attributes keep any JSON value as it is: of two equal keys in an object the last one counts, integers are
exact at any size the body may hold, and texts are not normalised. Results share parts of the payload.
"""


def _readings() -> str:
    parts = [
        "## Decisions\n\nConnected Sources leaves questions open. These are our answers, each with an "
        "example; what an example does not say is `customer_id` `$.id`, `event_name` `Seen`, "
        "`user_time` `$receivedAt`, `platform` `web`."
    ]
    parts += [
        f"### A{reading.number}. {reading.question}\n\n{reading.answer}\n\n{_run(reading.example)}"
        for reading in READINGS
    ]
    return "\n\n".join(parts)


def _errors() -> str:
    codes = [
        (f"`{code}`", meaning)
        for code, meaning in CODES.items()
        if code.startswith(("mapper.", "jsonpath."))
    ]
    messages = [
        ("Required field 'Request.data.customer_id' is missing in the payload", "A8, A14, A19"),
        ("Required field 'Request.data.actions.action' is missing in the payload", "`event_name`"),
        (
            "Required field 'Request.data.actions.user_time' is missing in the payload",
            "`user_time`",
        ),
        ("Required field 'Request.data.actions.platform' is missing in the payload", "`platform`"),
        (
            "Required field 'Request.data.actions.app_version' is missing in the payload",
            "`app_version`",
        ),
        ("Required field '<path>' is missing in the payload", "`payload_validations`"),
        ("The provided payload is invalid", "another structure or type than expected"),
    ]
    return f"""
## Errors and warnings

{table(("code", "meaning"), codes)}

Messages of a refused record, as Connected Sources words them; `path` says where in the payload:

{table(("message", "about"), messages)}

Warnings of a document that compiles:

{table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in WARNINGS.items()])}
"""


def _run(example: Example) -> str:
    result = compile_mapper(example.document()).apply(
        example.payload, received_at_ms=RECEIVED_AT_MS
    )
    shown: JsonObject = dict(example.mappings)
    given: JsonObject = {"mapping_type": example.kind, "batching": example.batching}
    given["mappings"] = shown
    if example.validations:
        given["payload_validations"] = example.validations
    lines = [f"mapper   {dump(given)}", f"payload  {dump(example.payload)}"]
    lines += results(result)
    if result.update_existing_only:
        lines.append("flag     update_existing_only")
    return "```text\n" + "\n".join(lines) + "\n```"


def _outcome(name: str, mappings: JsonObject, value: Json) -> str:
    example = Example(mappings=mappings, payload={"id": "c-1", "v": value})
    result = compile_mapper(example.document()).apply(
        example.payload, received_at_ms=RECEIVED_AT_MS
    )
    if result.rejected:
        return result.rejected[0].code.removeprefix("mapper.")
    item = result.mapped[0]
    if name == "attr":
        return inline(item.properties["v"]) if item.properties else "left out"
    texts = {
        "customer_id": item.customer_id,
        "event_name": item.event,
        "app_version": item.app_version,
    }
    return inline(texts[name])


def _code(hint: str) -> str:
    words, _, path = hint.partition(" is ")
    return f"{words} is `{path}`" if path and words == "The standard spelling" else hint
