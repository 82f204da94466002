"""What passes between the HTTP shell and a vendor's rules: a call, a problem, a verdict."""

from typing import Protocol

import msgspec

from heliograph.model.json import Json, JsonObject
from heliograph.twins.limits import Limits
from heliograph.twins.memory.profiles import ProfileBook


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request as received; header names lower-case, the body with its encoding undone."""

    method: str
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""


class Problem(msgspec.Struct, frozen=True):
    """Why a request is refused; `kind` and `attribute` are fields of MoEngage's envelope."""

    status: int
    message: str
    kind: str = ""
    attribute: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP response; a body of None is an empty one."""

    status: int
    body: Json = None
    """As JSON, unless `xml` is given."""
    xml: str = ""
    """Sent in place of the body, as application/xml."""
    headers: dict[str, str] = {}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, and what the twin makes of the request."""

    answer: Answer
    endpoint: str = ""
    """The documented call: `event`, `users` …; empty for a path that is none."""
    items: int = 0
    """Events and profile updates taken; 0 when refused."""
    duplicates: int = 0
    """How many of `items` were recognised as repeated and changed nothing."""
    keys: tuple[str, ...] = ()
    """Idempotency keys the request carries."""
    losses: tuple[str, ...] = ()
    """What the vendor takes and then quietly drops, truncates or ignores."""


class Vendor(Protocol):
    """One vendor's API: its rules, its answers, and the profiles it would show."""

    name: str
    limits: Limits
    profiles: ProfileBook

    def handle(self, call: Call, now_ms: int) -> Verdict:
        """Judge a request and apply it; never raises for anything a caller can send."""
        ...

    def failure(self, status: int) -> Answer:
        """Return the documented body of an error that the request itself did not cause."""
        ...


def read_object(body: bytes) -> JsonObject | None:
    """Return the JSON object in `body`, or None when it is not valid UTF-8, JSON, or an object."""
    value = read_json(body)
    return value if isinstance(value, dict) else None


def read_json(body: bytes) -> Json | msgspec.UnsetType:
    """Return the JSON value in `body`, or UNSET when it is not valid UTF-8 or JSON."""
    try:
        value: Json = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET
    return value
