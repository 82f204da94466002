"""A mapper document, read: what each output field is made of. Plain values, no behaviour.

`mapping.document.reader` makes a `Plan` from JSON, `mapping.explain.reference` says what it means for one
payload, `mapping.run.codegen` makes the same fast.
"""

from typing import Final, Literal

import msgspec

from heliograph.mapping.paths.jsonpath import Query
from heliograph.mapping.times.reader import TimeReader
from heliograph.model.json import Json
from heliograph.model.nobody import Blocklist

MapperKind = Literal["events", "users"]

Origin = Literal["body", "headers", "query", "received_at"]
"""Where a path starts: `$`, `$headers`, `$query`, `$receivedAt`."""

PLATFORMS: Final = ("web", "android", "ios", "api")

MERGE: Final = "#MERGE"
CREATE_ALL: Final = "create_all"


class Constant(msgspec.Struct, frozen=True):
    """A literal: the same value in every record."""

    value: Json


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


class Merge(msgspec.Struct, frozen=True):
    """`#MERGE`: date and time found apart, joined by `joiner`."""

    date: Path
    time: Path
    joiner: str


class Attribute(msgspec.Struct, frozen=True):
    """One key of `attr` or `user_attributes`."""

    name: str
    value: Path | Constant


class Attributes(msgspec.Struct, frozen=True):
    """`attr` or `user_attributes`: named values, and the object whose keys are all copied."""

    named: tuple[Attribute, ...] = ()
    create_all: Path | None = None


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


class MapperWarning(msgspec.Struct, frozen=True):
    """Something in a mapper document that works, but perhaps not as meant."""

    code: str
    """A key of `mapping.document.problems.WARNINGS`."""
    message: str
    where: str
    """JSON path in the mapper document."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A valid mapper document."""

    partner: str
    kind: MapperKind
    chain: Chain
    customer_id: Path | None
    anonymous_id: Path | None
    event: Path | Constant | None
    time: Path | Merge | None
    reader: TimeReader
    platform: Path | Constant | None
    app_version: Path | Constant | None
    properties: Attributes
    traits: Attributes
    validations: tuple[Validation, ...]
    update_existing_only: bool
    blocked: Blocklist
    """Identifiers that stand for nobody."""
    warnings: tuple[MapperWarning, ...]
