"""A mapper document, read: what each output field is made of. Plain values, next to no behaviour.

`mapping.document.reader` makes a `Plan` from JSON, `mapping.explain.reference` says what it means for one
payload, `mapping.run.codegen` makes the same fast.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from heliograph.mapping.charsets import Charset
from heliograph.mapping.paths.jsonpath import Query
from heliograph.mapping.times.reader import TimeReader
from heliograph.mapping.times.window import TimeWindow
from heliograph.model.json import Json
from heliograph.model.nobody import Blocklist

MapperKind = Literal["events", "users", "groups"]
"""What a record becomes: an event, an update of a profile, or (in a variant) membership of a group."""

Origin = Literal["body", "headers", "query", "received_at"]
"""Where a path starts: `$`, `$headers`, `$query`, `$receivedAt`."""

PLATFORMS: Final = ("web", "android", "ios", "api")

MERGE: Final = "#MERGE"
CREATE_ALL: Final = "create_all"


class Constant(msgspec.Struct, frozen=True):
    """A literal: the same value in every record."""

    value: Json
    meant: bool = False
    """Whether `$literal` says that it is one, so that no doubt is left."""


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """A path as written, and the query on the document it starts from."""

    text: str
    origin: Origin
    query: Query
    level: int = 0
    """How many wildcards of the record's chain it goes through (0: the same for every record)."""
    side: int = 0
    """Which of several arrays walked side by side (reading A3) its first wildcard belongs to."""
    start: int = 0
    """Steps of `query.head` taken by the chain."""


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """A value made of others: an object with one `$` key in the document."""

    text: str
    """As written, short JSON."""


class First(Expression, frozen=True, kw_only=True):
    """`$first`: the first value that is neither missing, null nor a blank text."""

    of: "tuple[Source, ...]"
    blocked: Blocklist | None = None
    """In an identifier: what stands for nobody, and is passed over too."""


class ValueMap(Expression, frozen=True, kw_only=True):
    """`$map`: a value for a value, compared as text."""

    of: "Source"
    values: dict[str, Json]
    """To what, by the text of the value; null: the field is missing. Lower-case with `ignore_case`."""
    default: "Source | None"
    """For a value that is not listed, or missing; None: it stays as it is."""
    ignore_case: bool


class Template(Expression, frozen=True, kw_only=True):
    """`$template`: texts and values joined into one text."""

    parts: "tuple[str | Path | Expression, ...]"


HashName = Literal["sha256", "sha1", "md5"]
Normalising = Literal["none", "email", "phone"]


class Hash(Expression, frozen=True, kw_only=True):
    """`$hash`: the hex digest of a text."""

    of: "Source"
    algorithm: HashName
    normalise: Normalising


CastType = Literal["number", "integer", "text", "boolean", "time"]


class Cast(Expression, frozen=True, kw_only=True):
    """`$cast`: a value of another type."""

    of: "Source"
    to: CastType
    reader: TimeReader | None
    """Reads a time; None for another type."""
    as_ms: bool
    """Whether a time becomes epoch milliseconds, as `user_time` takes it, and not ISO 8601 in UTC."""


class Split(Expression, frozen=True, kw_only=True):
    """`$split`: the pieces of a text, or one of them."""

    of: "Source"
    by: str
    take: int | None
    """Which piece, from the end when negative; None: all of them as a list."""
    limit: int | None
    """Pieces at most: the last one keeps the rest."""


TextChange = Literal["lower", "upper", "trim", "title"]


class TextOf(Expression, frozen=True, kw_only=True):
    """`$lower`, `$upper`, `$trim`, `$title`."""

    of: "Source"
    how: TextChange


class JsonText(Expression, frozen=True, kw_only=True):
    """`$json`: what a path selects in a text that holds JSON."""

    of: "Source"
    query: Query


class Unblocked(Expression, frozen=True, kw_only=True):
    """A value inside an identifier, missing when it stands for nobody; no document says it."""

    of: "Source"
    blocked: Blocklist


Value: TypeAlias = Path | Expression
"""What depends on the payload."""
Source: TypeAlias = Path | Constant | Expression


def operands_of(source: Expression) -> "tuple[Source, ...]":
    """Return the sources that an expression is made of, in the order in which they are written."""
    match source:
        case First():
            return source.of
        case Template():
            return tuple(part for part in source.parts if not isinstance(part, str))
        case ValueMap():
            return (source.of,) if source.default is None else (source.of, source.default)
        case Hash() | Cast() | Split() | TextOf() | JsonText() | Unblocked():
            return (source.of,)
        case _:
            return ()


def leaves_of(source: "Source | None") -> Iterator[Path]:
    """Yield the paths of a source, however deep inside expressions."""
    if isinstance(source, Path):
        yield source
    elif isinstance(source, Expression):
        for operand in operands_of(source):
            yield from leaves_of(operand)


def literals_of(source: "Source | None") -> Iterator[Json]:
    """Yield the literals that a source may come to as they are."""
    match source:
        case Constant():
            yield source.value
        case First():
            for each in source.of:
                yield from literals_of(each)
        case ValueMap():
            yield from source.values.values()
            yield from literals_of(source.default)
        case _:
            return


def with_paths(source: Value, change: Callable[[Path], Path]) -> Value:
    """Return the source with each of its paths changed."""

    def changed(each: "Source") -> "Source":
        return each if isinstance(each, Constant) else with_paths(each, change)

    return change(source) if isinstance(source, Path) else with_operands(source, changed)


def with_operands(source: Expression, changed: "Callable[[Source], Source]") -> Expression:
    """Return the expression with each of the sources changed that it is made of."""
    match source:
        case First():
            return msgspec.structs.replace(source, of=tuple(map(changed, source.of)))
        case Template():
            parts = [p if isinstance(p, str) else changed(p) for p in source.parts]
            return msgspec.structs.replace(source, parts=tuple(parts))
        case ValueMap():
            default = None if source.default is None else changed(source.default)
            return msgspec.structs.replace(source, of=changed(source.of), default=default)
        case Hash() | Cast() | Split() | TextOf() | JsonText() | Unblocked():
            return msgspec.structs.replace(source, of=changed(source.of))
        case _:
            raise TypeError(type(source))


class Merge(msgspec.Struct, frozen=True):
    """`#MERGE`: date and time found apart, joined by `joiner`."""

    date: Value
    time: Value
    joiner: str


class Attribute(msgspec.Struct, frozen=True):
    """One key of `attr` or `user_attributes`."""

    name: str
    value: Source


class Attributes(msgspec.Struct, frozen=True):
    """`attr` or `user_attributes`: named values, and the object whose keys are all copied."""

    named: tuple[Attribute, ...] = ()
    create_all: Value | None = None


class Validation(msgspec.Struct, frozen=True):
    """One entry of `payload_validations`."""

    path: Path
    type: str


class Chain(msgspec.Struct, frozen=True):
    """How a payload is cut into records: the paths of the arrays that are walked.

    `arrays[0]` is walked from the body's root, each further one from the elements of the one before.
    `beside` are arrays from the root walked in step with `arrays[0]` (reading A3). No arrays: one record.
    """

    arrays: tuple[tuple[str | int, ...], ...] = ()
    beside: tuple[tuple[str | int, ...], ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One path of a variant's `when`, and what must stand there."""

    path: Path
    present: bool | None = None
    """Whether there must be a value, or must be none; None when it must be one of `texts`."""
    texts: frozenset[str] = frozenset()
    """Values, compared as text."""
    or_missing: bool = False
    """Whether it may be missing as well: null stands among the values."""


class MapperWarning(msgspec.Struct, frozen=True):
    """Something in a mapper document that works, but perhaps not as meant."""

    code: str
    """A key of `mapping.document.problems.WARNINGS`."""
    message: str
    where: str
    """JSON path in the mapper document."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A valid mapper document, or one of its variants."""

    partner: str
    kind: MapperKind
    chain: Chain
    customer_id: Value | None
    anonymous_id: Value | None
    event: Source | None
    time: Value | Merge | None
    reader: TimeReader
    window: TimeWindow
    platform: Source | None
    app_version: Source | None
    properties: Attributes
    traits: Attributes
    validations: tuple[Validation, ...]
    update_existing_only: bool
    charset: Charset | None
    """Of texts that declare none; None: UTF-8."""
    blocked: Blocklist
    """Identifiers that stand for nobody."""
    warnings: tuple[MapperWarning, ...]
    group_id: Source | None = None
    """Of what kind `groups` makes."""
    message_id: Value | None = None
    """The sender's id of a record, the same whenever it is sent again; of the document, not of a variant."""
    variants: "tuple[Variant, ...]" = ()
    """When there are some, each record goes through these, and the fields above mean nothing."""

    def blocks(self) -> "tuple[Plan, ...]":
        """Return what holds the fields: the plan of each variant, or the plan itself."""
        return tuple(variant.plan for variant in self.variants) or (self,)


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One of several ways to read a record: the first whose conditions hold is taken."""

    at: str
    """Its place in the document, `$` for the `mappings` beside the variants, which are the last resort."""
    label: str
    """Which one it is, for messages: `variant 2 ($.type is order or refund)`."""
    when: tuple[Condition, ...]
    also: bool
    """Whether the search goes on after it."""
    plan: Plan
