"""A vendor's question, and the answer to it."""

import hmac
from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from heliograph.gateway.signatures import Failed, Scheme
from heliograph.gateway.signatures.schemes import PLAIN
from heliograph.model.json import Json, JsonObject
from heliograph.model.secret import Secret


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a question."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    log: str = ""
    """What the operator has to do yet; a line of the log says it."""


class Question:
    """A request as far as it may be a question; what is not asked for is not read."""

    def __init__(
        self,
        *,
        scheme: Scheme,
        secrets: Sequence[Secret],
        method: str,
        url: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        self.scheme = scheme
        self.secrets = [secret for secret in secrets if secret]
        self.method = method
        self.url = url
        """As the vendor was given it, without the query string."""
        self.query = query
        """As sent, nothing masked."""
        self.headers = headers
        """Lower-case names."""
        self.body = body

    @cached_property
    def json(self) -> Json:
        """The body as JSON, None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def object(self) -> JsonObject:
        """The body as a JSON object, empty when it is none."""
        return self.json if isinstance(self.json, dict) else {}


def as_json(value: object) -> Reply:
    """Return an answer in JSON."""
    return Reply(body=msgspec.json.encode(value), content_type="application/json")


def plain(text: Json) -> str | None:
    """Return a challenge that may be sent back as it is, else None."""
    return text if isinstance(text, str) and PLAIN.fullmatch(text) else None


def wrong_token(question: Question, sent: str, name: str) -> Failed | None:
    """Return why a question with this token is not answered, None when it is the source's `verify_token`."""
    token = question.scheme.verify_token
    if not token:
        return Failed(part="secret", message="No verify_token is configured for this source.")
    if hmac.compare_digest(token.reveal().encode(), sent.encode()):
        return None
    return Failed(
        part="signature", message=f"The parameter {name} is not the verify_token of this source."
    )
