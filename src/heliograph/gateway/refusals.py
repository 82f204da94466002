"""Every way a request is turned away that is not a door's own, with the words the sender reads.

Types and messages of 401, 413, 415 and 429 are those of the Data API where it publishes them
(reference/moengage.md 2.8, copy of mid-2026); the rest follows their form.
"""

from collections.abc import Sequence
from typing import Final

from heliograph.errors import InputError
from heliograph.model.documents.spelling import LONGEST, oddity
from heliograph.telemetry.safe_text import one_line


class Refusal(Exception):
    """A request that is turned away, raised from anywhere between the socket and the mapper.

    Args:
        status: HTTP status.
        type_: `error.type`.
        message: `error.message`, for the operator of the sender.
        headers: further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.type = type_
        self.message = message
        self.headers = tuple(headers)
        self.note: str | None = None
        """What only our own log says about it, e.g. that the fault is the hub's."""


ROUTES_HINT: Final = "POST /v1/partner/<partner>/<events|users>/?configName=<config>"


def no_such_page(path: str) -> Refusal:
    """Nothing is served at this path."""
    return Refusal(
        404,
        "NotFound",
        f"Nothing is served at {_shown(path)}. Webhooks go to {ROUTES_HINT}"
        f"{oddity(path, 'the path')}",
    )


def no_such_source(source: str) -> Refusal:
    """No source of this name takes verified webhooks; strangers are not told which there are."""
    return Refusal(
        404,
        "NotFound",
        f"No source '{_shown(source)}' takes verified webhooks. Check the name, and that "
        f"sources/{_shown(source)}.toml has a usable [verify] table{oddity(source, 'the name')}",
    )


def page_kept() -> Refusal:
    """The page is for those who look after the hub."""
    return Refusal(
        403,
        "BlockedClient",
        "This page is shown on the hub's own machine. Set gateway.pages_token_env and send its token as "
        "Authorization: Bearer, or gateway.pages_for",
    )


def ambiguous_source(source: str) -> Refusal:
    """The sources of this name in several workspaces have one and the same secret."""
    return Refusal(
        404,
        "NotFound",
        f"Several workspaces have a source '{source}' with this secret. Add ?workspace=<workspace id>, "
        "or give each a secret of its own",
    )


def not_verified(message: str) -> Refusal:
    """The request does not prove who sent it; `message` is safe to show to anybody."""
    return Refusal(401, "Authentication required", message)


def method_not_allowed(method: str, allowed: str) -> Refusal:
    """The path exists, the method does not fit it."""
    return Refusal(
        405,
        "MethodNotAllowed",
        f"{method} is not possible here. Use {allowed.replace(', ', ' or ')}",
        headers=[(b"allow", allowed.encode())],
    )


def source_disabled(source: str) -> Refusal:
    """The operator switched the source off; 403 as the Data API does for blocked clients."""
    return Refusal(
        403,
        "BlockedClient",
        f"The source '{source}' is disabled. Enable it (enabled = true) to receive its requests",
    )


def body_too_large(limit: int) -> Refusal:
    """The body, compressed or not, is larger than the workspace allows."""
    return Refusal(
        413,
        "PayloadTooLarge",
        f"The payload can not exceed {limit} bytes. Split it and send again",
    )


def events_too_large(limit: int) -> Refusal:
    """The items of a batch share large values, and the events made of them would have a copy each."""
    return Refusal(
        413,
        "PayloadTooLarge",
        f"The events of one request can not exceed {limit} bytes. Split it and send again",
    )


def rate_limited(rate: float, reset_s: int) -> Refusal:
    """The workspace's token bucket is empty; `x-ratelimit-reset` is in seconds from now (reading A25)."""
    seconds = str(reset_s).encode()
    return Refusal(
        429,
        "RateLimitError",
        f"Rate limit of {rate:g} requests per second exceeded. Please Try After Some Time",
        headers=[
            (b"retry-after", seconds),
            (b"x-ratelimit-limit", f"{rate:g}".encode()),
            (b"x-ratelimit-remaining", b"0"),
            (b"x-ratelimit-reset", seconds),
        ],
    )


def unavailable(reason: str, retry_after_s: int) -> Refusal:
    """Nothing was stored; the sender keeps the request and tries again."""
    return Refusal(
        503,
        "Server Error",
        f"Nothing was stored: {reason}. Send the same request again after {retry_after_s} s",
        headers=[(b"retry-after", str(retry_after_s).encode())],
    )


def internal_error() -> Refusal:
    """Our own mistake; the log has the details under the request id."""
    return Refusal(
        500,
        "Server Error",
        "The gateway failed on this request and stored nothing. Its log has the details",
    )


def not_http(reason: str) -> Refusal:
    """The bytes cannot be understood; the connection ends, because nobody knows where they would go on."""
    return Refusal(
        400,
        "InvalidRequest",
        f"The bytes received are no valid HTTP/1.1 request: {reason}. Nothing was stored",
    )


def head_too_large(limit: int, found: int | None) -> Refusal:
    """Request line and headers together are larger than `gateway.max_header_bytes`.

    Args:
        limit: bytes allowed.
        found: its bytes; None when it has not ended.
    """
    size = f"more than {limit} bytes" if found is None else f"{found} bytes"
    return Refusal(
        431,
        "InvalidRequest",
        f"The request line and headers can not exceed {limit} bytes, these are {size}. "
        "Send fewer or shorter headers. Nothing was stored",
    )


def too_many_fields(limit: int, found: int) -> Refusal:
    """The head has more fields than `gateway.max_headers`."""
    return Refusal(
        431,
        "InvalidRequest",
        f"A request can not have more than {limit} header fields, this one has {found}. "
        "Send fewer. Nothing was stored",
    )


def repeated_field(name: str) -> Refusal:
    """A field that must not be repeated is there twice; two readers could each believe another one."""
    return Refusal(
        400,
        "InvalidRequest",
        f"The header {name} is there more than once. Send it once. Nothing was stored",
    )


def no_host() -> Refusal:
    """HTTP/1.1 needs a Host (RFC 9112 section 3.2)."""
    return Refusal(
        400,
        "InvalidRequest",
        "The header Host is missing. HTTP/1.1 requires it. Nothing was stored",
    )


def bad_host() -> Refusal:
    """The Host is no host, so nobody can say whom the request is for."""
    return Refusal(
        400,
        "InvalidRequest",
        "The header Host is no host name or address with an optional port. Nothing was stored",
    )


def too_many_parameters(limit: int) -> Refusal:
    """The address has more parameters than any sender needs."""
    return Refusal(
        400,
        "InvalidRequest",
        f"The address has more than {limit} parameters. Send the data in the body. Nothing was stored",
    )


def repeated_parameter(name: str) -> Refusal:
    """The address names a parameter twice that says where a request goes."""
    return Refusal(
        400,
        "InvalidRequest",
        f"The address has the parameter {name} more than once. Name it once. Nothing was stored",
    )


def too_much_framing(limit: int) -> Refusal:
    """Chunk sizes, chunk extensions and trailer fields outweigh the body they carry."""
    return Refusal(
        400,
        "InvalidRequest",
        f"More than {limit} bytes of the chunked body are sizes, extensions and trailer fields. "
        "Send larger chunks, or a Content-Length. Nothing was stored",
    )


def too_slow(part: str, limit_s: float) -> Refusal:
    """The `head` or the `body` has not ended within `gateway.receive_timeout_s`."""
    return Refusal(
        408,
        "RequestTimeout",
        f"The {part} of the request did not arrive whole within {limit_s:g} s. Nothing was stored; "
        "send the same request again",
    )


def too_many_connections(limit: int, retry_after_s: int) -> Refusal:
    """All of `gateway.max_connections` are open; the new one is closed at once."""
    return unavailable(f"all {limit} connections are in use", retry_after_s)


def of_input_error(error: InputError) -> Refusal:
    """An unreadable body whose status is not 400 (413, 415), in the Data API envelope."""
    match error.status:
        case 413:
            return Refusal(413, "PayloadTooLarge", str(error))
        case 415:
            return Refusal(415, "Unsupported media type", str(error))
        case status:
            return Refusal(status, "InvalidRequest", str(error))


def _shown(name: str) -> str:
    """Return a name in which nothing is invisible."""
    return one_line(name[:LONGEST])
