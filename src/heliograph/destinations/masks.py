"""Requests and answers as they may be shown and stored: without the secrets that went out with them.

Pure. The spellings of a secret (plain, in JSON, in a URL) are made once per set of secrets: an outlet sends
with the same ones all the time, and a text is then only searched for them.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import msgspec

from heliograph.destinations.base import RequestPlan
from heliograph.model.secret import MASK

AT_SENDING: Final = "(made at sending)"
"""Stands in `masked` for a header that a signature will fill."""
SETS_KEPT: Final = 256


class MaskedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request as attempts, logs and `destination plan` may show it."""

    method: str
    url: str
    headers: dict[str, str]
    body: str


class Masks:
    """Masks what belongs to one request; cheap to make."""

    __slots__ = ("_in_answers", "_in_request", "_request")

    def __init__(self, request: RequestPlan) -> None:
        self._request = request
        secret, values = request.secret_headers, request.secret_values
        self._in_request = _spellings(values, (), None) if values else ()
        hidden = [value for name, value in request.headers.items() if name.lower() in secret]
        if values or hidden or request.signing:
            signing = request.signing.secret.reveal() if request.signing else None
            self._in_answers = _spellings(values, tuple(hidden), signing)
        else:
            self._in_answers = ()

    def request(self) -> MaskedRequest:
        """Return the request without its secrets: whole secret headers, and secret values anywhere."""
        request = self._request
        secret = request.secret_headers
        headers = dict(request.headers)
        for name, value in request.headers.items():
            if name.lower() in secret:
                headers[name] = _mask_header(value)
        if request.signing is not None:
            headers |= {"webhook-timestamp": AT_SENDING, "webhook-signature": AT_SENDING}
        return MaskedRequest(
            method=request.method,
            url=_without(self._in_request, request.url),
            headers=_headers_without(self._in_request, headers),
            body=_without(self._in_request, request.body.decode("utf-8", "replace")),
        )

    def text(self, text: str) -> str:
        """Return a text (a response, an error) without the secrets that it may repeat."""
        return _without(self._in_answers, text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of an answer with values that may be shown."""
        return _headers_without(self._in_answers, headers)


def masked(request: RequestPlan) -> MaskedRequest:
    """Return the request without its secrets: whole secret headers, and secret values anywhere."""
    return Masks(request).request()


def mask_text(request: RequestPlan, text: str) -> str:
    """Return `text` (a response, an error) without the secrets of the request that it may repeat."""
    return Masks(request).text(text)


def _without(spellings: tuple[str, ...], text: str) -> str:
    for spelling in spellings:
        if spelling in text:
            text = text.replace(spelling, MASK)
    return text


def _headers_without(spellings: tuple[str, ...], headers: Mapping[str, str]) -> dict[str, str]:
    if not spellings:
        return dict(headers)
    # Hardly any header repeats a secret: one search over all values finds out.
    together = "\n".join(headers.values())
    if not any(spelling in together for spelling in spellings):
        return dict(headers)
    return {name: _without(spellings, value) for name, value in headers.items()}


def _mask_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme in ("Bearer", "Basic") else MASK


@lru_cache(maxsize=SETS_KEPT)
def _spellings(
    values: tuple[str, ...], headers: tuple[str, ...], signing: str | None
) -> tuple[str, ...]:
    """Return every spelling in which one of the secrets may stand, longest first."""
    tokens = [value.partition(" ")[2] for value in headers if " " in value]
    forms: set[str] = set()
    for secret in (*values, *headers, *tokens, signing or ""):
        forms |= {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        forms |= {quote(secret, safe=""), quote(secret)}
    return tuple(sorted(forms - {""}, key=lambda form: (-len(form), form)))
