"""Webhooks that prove themselves: `POST /v1/webhook/{source}`, checked by the source's scheme.

The source names its mapper, so any platform's webhook can be received without Basic auth. Verification
comes before anything of the body is looked at or stored; the rate limit comes after it, so that
strangers cannot use it up. The answers are those of the partner URLs. What a vendor asks when the address
is registered is answered and leaves nothing: it is no event.
"""

from urllib.parse import parse_qsl

from heliograph.errors import InputError
from heliograph.gateway import refusals
from heliograph.gateway.directory import Directory, Hook
from heliograph.gateway.reception import Head
from heliograph.gateway.routes import Route
from heliograph.gateway.signatures import Failed, Reply, challenge, verify
from heliograph.mapping.body.decode import decode_encoding
from heliograph.model.clock import Clock


def find_hook(directory: Directory, route: Route) -> Hook:
    """Return the verified webhook a URL means; `?workspace=` decides between several of one name.

    Raises:
        Refusal: 403 or 404.
    """
    hooks = directory.hooks.get(route.source, [])
    workspace = route.query.get("workspace")
    if workspace is not None:
        hooks = [hook for hook in hooks if hook.desk.id == workspace]
    if len(hooks) != 1:
        raise refusals.no_such_source(route.source, ambiguous=bool(hooks))
    (hook,) = hooks
    if not hook.inlet.enabled:
        raise refusals.source_disabled(hook.inlet.source_id)
    return hook


def plain_body(hook: Hook, head: Head, body: bytes) -> bytes:
    """Return the body as its sender signed it: before the Content-Encoding.

    Raises:
        Refusal: 400, 413 or 415; who sent it is not known yet, so nothing is stored.
    """
    encoding = head.get(b"content-encoding")
    if encoding is None:
        return body
    try:
        return decode_encoding(body, encoding.decode("latin-1"), limit=hook.inlet.max_body_bytes)
    except InputError as error:
        refusal = refusals.of_input_error(error)
        refusal.unread = False
        raise refusal from error


def question(
    hook: Hook, *, method: str, query: bytes, head: Head, body: bytes, verified: bool
) -> Reply | None:
    """Return the answer to what a vendor asks at registration, or None when it asks nothing.

    Raises:
        Refusal: 401, asked with the wrong token.
    """
    answer = challenge(
        hook.scheme,
        method=method,
        query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
        headers=_texts(head),
        raw_body=body,
        verified=verified,
    )
    if isinstance(answer, Failed):
        raise refusals.not_verified(answer.message)
    return answer


def _texts(head: Head) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in head.items()}


def check(
    hook: Hook,
    *,
    method: str,
    target: tuple[bytes, bytes],
    head: Head,
    body: bytes,
    clock: Clock,
) -> str | None:
    """Return the vendor's message id (None when its scheme has none) of a genuine request.

    Raises:
        Refusal: 401; the message names the part that failed.
    """
    headers = _texts(head)
    outcome = verify(
        hook.scheme,
        hook.secrets,
        method=method,
        url=hook.public_url or _address(target, headers),
        headers=headers,
        raw_body=body,
        now_ms=clock.now_ms(),
    )
    if isinstance(outcome, Failed):
        raise refusals.not_verified(outcome.message)
    return outcome.message_id


def _address(target: tuple[bytes, bytes], headers: dict[str, str]) -> str:
    """Return the URL as the sender saw it; believing its headers is safe, the signature covers it."""
    path, query = target
    scheme = headers.get("x-forwarded-proto", "http").partition(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "")).partition(",")[0].strip()
    suffix = b"?" + query if query else b""
    return f"{scheme}://{host}{(path + suffix).decode('latin-1')}"
