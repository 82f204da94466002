"""What vendors ask when an address is registered: questions that are answered and are no events.

Sources, as of mid-2026: developers.intercom.com/docs/webhooks/setting-up-webhooks (HEAD),
docs.slack.dev/reference/events/url_verification, WooCommerce's `WC_Webhook::deliver_ping`,
developers.facebook.com/docs/graph-api/webhooks/getting-started.

Pure. An answer to an unsigned question tells nothing that is not in the question, and stores nothing.
"""

import hmac
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from heliograph.gateway.signatures.results import Failed
from heliograph.gateway.signatures.schemes import HmacScheme, Scheme
from heliograph.model.json import Json

_PING: Final = re.compile(rb"\s*webhook_id=[0-9]{1,20}\s*")
_HUB_CHALLENGE: Final = re.compile(r"[A-Za-z0-9._~-]{1,256}")


QUESTIONS: Final = (
    ("any scheme", "`HEAD`", "200 without a body"),
    (
        "`slack`",
        'a signed `POST` of `{"type": "url_verification", "challenge": …}`',
        'its challenge, as `{"challenge": …}`',
    ),
    ("`woocommerce`", "an unsigned `POST` of `webhook_id=1`", "200"),
    (
        "`hub`",
        "`GET` with `hub.mode=subscribe`, `hub.challenge` and `hub.verify_token`",
        "the challenge, when the token is the source's `verify_token`",
    ),
)
"""Value of a scheme's `challenge`, what the vendor asks, what is answered."""


class Reply(msgspec.Struct, frozen=True):
    """A 200 to a question."""

    content_type: str
    body: bytes


def challenge(
    scheme: Scheme,
    *,
    method: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    raw_body: bytes,
    verified: bool,
) -> Reply | Failed | None:
    """Return the answer to a vendor's question, or None when the request is none.

    `Failed` is the answer to a question that was asked with the wrong token.

    Args:
        scheme: of `read_scheme`.
        method: as sent.
        query: the address's parameters as sent, nothing masked.
        headers: lower-case names.
        raw_body: byte for byte.
        verified: whether the request's signature was found to be right. Slack's question is answered only
            then; the others come without a signature and are answered only before.
    """
    if method == "HEAD":
        return Reply("text/plain", b"")
    if not isinstance(scheme, HmacScheme):
        return None
    match scheme.challenge:
        case "slack" if verified and method == "POST":
            return _slack(raw_body)
        case "woocommerce" if not verified and method == "POST":
            signed = scheme.header.lower() in headers
            is_ping = not signed and _PING.fullmatch(raw_body) is not None
            return Reply("text/plain", b"pong") if is_ping else None
        case "hub" if not verified and method == "GET":
            return _hub(scheme, query)
        case _:
            return None


def _slack(raw_body: bytes) -> Reply | None:
    if b"url_verification" not in raw_body:
        return None
    try:
        asked: Json = msgspec.json.decode(raw_body)
    except msgspec.DecodeError:
        return None
    if not isinstance(asked, dict) or asked.get("type") != "url_verification":
        return None
    text = asked.get("challenge")
    if not isinstance(text, str):
        return None
    return Reply("application/json", msgspec.json.encode({"challenge": text}))


def _hub(scheme: HmacScheme, query: Mapping[str, str]) -> Reply | Failed | None:
    text = query.get("hub.challenge", "")
    if query.get("hub.mode") != "subscribe" or not _HUB_CHALLENGE.fullmatch(text):
        return None
    if not scheme.verify_token:
        return Failed(part="secret", message="No verify_token is configured for this source.")
    sent = query.get("hub.verify_token", "").encode()
    if not hmac.compare_digest(scheme.verify_token.reveal().encode(), sent):
        return Failed(
            part="signature",
            message="The parameter hub.verify_token is not the verify_token of this source.",
        )
    return Reply("text/plain", text.encode())
