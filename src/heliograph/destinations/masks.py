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

    __slots__ = ("_hiding", "_request")

    def __init__(self, request: RequestPlan) -> None:
        self._request = request
        headers, values, signing = request.headers, request.secret_values, request.signing
        names = _secret_names(request.secret_headers, tuple(headers))
        if names or values or signing is not None:
            self._hiding = _hiding(
                names,
                tuple([headers[name] for name in names]),
                values,
                None if signing is None else signing.secret.reveal(),
            )
        else:
            self._hiding = _NOTHING

    def request(self) -> MaskedRequest:
        """Return the request without its secrets: whole secret headers, and secret values anywhere."""
        request, hiding = self._request, self._hiding
        headers = {**request.headers, **hiding.headers}
        url, body = request.url, request.body.decode("utf-8", "replace")
        forms = hiding.in_request
        if forms.are_in(url, body, headers):
            url, body, headers = forms.out_of(url), forms.out_of(body), forms.out_of_all(headers)
        return MaskedRequest(method=request.method, url=url, headers=headers, body=body)

    def text(self, text: str) -> str:
        """Return a text (a response, an error) without the secrets that it may repeat."""
        return self._hiding.in_answers.out_of(text)

    def answer(self, headers: Mapping[str, str], body: str) -> tuple[dict[str, str], str]:
        """Return headers and body of an answer as they may be shown."""
        forms = self._hiding.in_answers
        if forms.are_in("", body, headers):
            return forms.out_of_all(headers), forms.out_of(body)
        return dict(headers), body


def masked(request: RequestPlan) -> MaskedRequest:
    """Return the request without its secrets: whole secret headers, and secret values anywhere."""
    return Masks(request).request()


def mask_text(request: RequestPlan, text: str) -> str:
    """Return `text` (a response, an error) without the secrets of the request that it may repeat."""
    return Masks(request).text(text)


class _Forms(msgspec.Struct, frozen=True, gc=False):
    """Every spelling in which one of some secrets may stand."""

    all: tuple[str, ...] = ()
    """Longest first."""
    least: tuple[str, ...] = ()
    """Those that hold no other one: a text without these has none of them."""

    def are_in(self, one: str, other: str, headers: Mapping[str, str]) -> bool:
        """Tell whether any may stand in two texts or the values of headers; hardly ever one does."""
        if self.least:
            together = "\n".join((one, other, *headers.values()))
            for form in self.least:
                if form in together:
                    return True
        return False

    def out_of(self, text: str) -> str:
        """Return a text with the mask in their place."""
        for form in self.all:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def out_of_all(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with the mask in their place."""
        return {name: self.out_of(value) for name, value in headers.items()}


class _Hiding(msgspec.Struct, frozen=True):
    """What is hidden in requests that differ in nothing secret."""

    headers: dict[str, str] = {}
    """What is shown in place of secret headers, and of those that a signature will fill."""
    in_request: _Forms = _Forms()
    in_answers: _Forms = _Forms()


_NOTHING: Final = _Hiding()


@lru_cache(maxsize=SETS_KEPT)
def _secret_names(secret: frozenset[str], names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name.lower() in secret)


@lru_cache(maxsize=SETS_KEPT)
def _hiding(
    names: tuple[str, ...], hidden: tuple[str, ...], values: tuple[str, ...], signing: str | None
) -> _Hiding:
    headers = {name: _mask_header(value) for name, value in zip(names, hidden, strict=True)}
    if signing is not None:
        headers |= {"webhook-timestamp": AT_SENDING, "webhook-signature": AT_SENDING}
    tokens = [value.partition(" ")[2] for value in hidden if " " in value]
    return _Hiding(
        headers=headers,
        in_request=_forms(values),
        in_answers=_forms((*values, *hidden, *tokens, signing or "")),
    )


def _mask_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme in ("Bearer", "Basic") else MASK


def _forms(secrets: tuple[str, ...]) -> _Forms:
    forms: set[str] = set()
    for secret in secrets:
        forms |= {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        forms |= {quote(secret, safe=""), quote(secret)}
    forms -= {""}
    return _Forms(
        all=tuple(sorted(forms, key=lambda form: (-len(form), form))),
        least=tuple(
            form for form in sorted(forms) if not any(o in form for o in forms if o != form)
        ),
    )
