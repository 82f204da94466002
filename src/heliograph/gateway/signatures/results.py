"""What verification says, and what it looks at."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from heliograph.errors import InputError
from heliograph.mapping.body.content_encoding import GZIP_MAGIC
from heliograph.mapping.body.decode import decode_body
from heliograph.mapping.body.query import gathered
from heliograph.mapping.charsets import Charset
from heliograph.model.json import Json

Part = Literal["secret", "header", "timestamp", "signature"]
MAX_FORM_FIELDS: Final = 1_000
"""Fields of a form whose sender is not known yet."""

FORM: Final = "application/x-www-form-urlencoded"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """The request is genuine."""

    secret: int
    """Index of the secret that matched: one that never does can be retired."""
    signed_at_ms: int | None = None
    """When the vendor signed it, UTC epoch milliseconds; None when its scheme has no time."""
    message_id: str | None = None
    """The vendor's id of this message, the same on its retries; None when its scheme has none."""


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The request is not accepted. Safe to show to its sender."""

    part: Part
    """`secret` is the operator's fault, the others the sender's."""
    message: str
    """What failed and what to check; never the expected value."""


Verification: TypeAlias = Verified | Failed


class Call:
    """The request as far as it is signed; what is not asked for is not read."""

    def __init__(
        self,
        *,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        now_ms: int,
        query_string: str | None = None,
        charset: Charset | None = None,
    ) -> None:
        self.method = method
        self.url = url
        """As the vendor was given it: scheme, host, path and query string."""
        self.headers = headers
        """Lower-case names."""
        self.body = body
        self.now_ms = now_ms
        self._charset = charset
        self._query_string = url.partition("?")[2] if query_string is None else query_string

    @cached_property
    def query(self) -> dict[str, str]:
        """The address's parameters as sent; the last of a repeated name."""
        return dict(parse_qsl(self._query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> list[tuple[str, str]] | None:
        """The fields of a form in their order; None for another body, or for more than anybody sends.

        A body is a form only if the mapper takes it for the same fields, whatever its Content-Type says.
        """
        if not self.headers.get("content-type", "").lower().startswith(FORM):
            return None
        try:
            pairs = parse_qsl(
                self.body.decode(errors="replace"),
                keep_blank_values=True,
                max_num_fields=MAX_FORM_FIELDS,
            )
        except ValueError:
            return None
        if not self.body:
            return pairs
        fields, payload = gathered(pairs), self.payload
        # The mapper reads JSON in the field of a form that has but one.
        is_alone = len(pairs) == 1 and isinstance(payload, dict) and fields.keys() == payload.keys()
        return pairs if is_alone or fields == payload else None

    @cached_property
    def payload(self) -> Json:
        """What the body holds, as the mapper reads it; None when it cannot be read.

        Two readings of one body would let somebody sign the one and have the other mapped. Nothing is
        inflated for it: a compressed body holds nothing here.
        """
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity") or self.body.startswith(GZIP_MAGIC):
            return None
        try:
            return decode_body(self.body, self.headers.get("content-type"), charset=self._charset)
        except InputError:
            return None


def missing(header: str) -> Failed:
    """Return the failure of a request without the header its scheme needs."""
    return Failed(
        part="header",
        message=f"The header {header} is missing. Is signing switched on at the sender?",
    )


def mismatch(header: str, *, signs_url: bool = False) -> Failed:
    """Return the failure of a signature that belongs to another body, address or secret."""
    also = " or the public address of this source" if signs_url else ""
    return Failed(
        part="signature",
        message=f"The signature in {header} does not belong to this body and the configured secret. "
        f"Check the secret, and that nothing on the way changes the body{also}.",
    )
