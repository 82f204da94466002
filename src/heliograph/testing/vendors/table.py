"""The signer of each scheme, and what a source with it says besides."""

import base64
import hashlib
from collections.abc import Callable
from typing import Final

from heliograph.model.json import JsonObject
from heliograph.testing.vendors import own_ways, public_keys
from heliograph.testing.vendors.recipes import (
    URL,
    Sent,
    Signer,
    b64,
    body_token,
    dotted,
    header_token,
    iso,
    mac,
    of_body,
    pairs,
    plain_hash,
    query_token,
    standard,
    timed,
    with_fields,
)

SIGNERS: Final[dict[str, Signer]] = {
    "stripe": pairs("stripe-signature", dotted),
    "calendly": pairs("calendly-webhook-signature", dotted),
    "recharge": pairs("x-recharge-webhook-signature", dotted),
    "tiktok": pairs("tiktok-signature", dotted, key_name="s"),
    "persona": pairs("persona-signature", dotted),
    "workos": pairs("workos-signature", dotted, between=", ", unit=str),
    "knock": pairs("x-knock-signature", dotted, key_name="s", unit=str, write=b64),
    "courier": pairs("courier-signature", dotted, key_name="signature", unit=str),
    "sanity": pairs(
        "sanity-webhook-signature",
        dotted,
        unit=str,
        write=lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
    ),
    "nmi": pairs("webhook-signature", dotted, key_name="s", unit=lambda ms: "a-nonce"),
    "retell": pairs(
        "x-retell-signature", lambda at, body: body + at, time_key="v", key_name="d", unit=str
    ),
    "paddle": pairs(
        "paddle-signature",
        lambda at, body: at + b":" + body,
        time_key="ts",
        key_name="h1",
        between=";",
    ),
    "heap-partner": pairs(
        "heap-hash", lambda at, body: at + body, time_key="ts", key_name="hmac", equals=":"
    ),
    "shopify": of_body("x-shopify-hmac-sha256", as_base64=True),
    "woocommerce": of_body("x-wc-webhook-signature", as_base64=True),
    "shopline": of_body("x-shopline-hmac-sha256"),
    "nuvemshop": of_body("x-linkedstore-hmac-sha256"),
    "commercelayer": of_body("x-commercelayer-signature", as_base64=True),
    "uber": of_body("x-uber-signature"),
    "lemonsqueezy": of_body("x-signature"),
    "fastspring": of_body("x-fs-signature", as_base64=True),
    "razorpay": of_body("x-razorpay-signature"),
    "paystack": of_body("x-paystack-signature", algorithm="sha512"),
    "gocardless": of_body("webhook-signature"),
    "coinbase-commerce": of_body("x-cc-webhook-signature"),
    "xero": of_body("x-xero-signature", as_base64=True),
    "quickbooks": of_body("intuit-signature", as_base64=True),
    "easypost": of_body("x-hmac-signature", "hmac-sha256-hex="),
    "aftership": of_body("aftership-hmac-sha256", as_base64=True),
    "shiphero": of_body("x-shiphero-hmac-sha256", as_base64=True),
    "typeform": of_body("typeform-signature", "sha256=", as_base64=True),
    "tally": of_body("tally-signature", as_base64=True),
    "surveymonkey": of_body("sm-signature", algorithm="sha1", as_base64=True),
    "cal-com": of_body("x-cal-signature-256"),
    "docusign": of_body("x-docusign-signature-3", as_base64=True),
    "attentive": of_body("x-attentive-hmac-sha256"),
    "mailerlite": of_body("signature"),
    "line": of_body("x-line-signature", as_base64=True),
    "viber": of_body("x-viber-content-signature"),
    "twitter": of_body("x-twitter-webhooks-signature", "sha256=", as_base64=True),
    "webex": of_body("x-spark-signature", algorithm="sha1"),
    "dropbox": of_body("x-dropbox-signature"),
    "asana": of_body("x-hook-signature"),
    "clio": of_body("x-hook-signature"),
    "notion": of_body("x-notion-signature", "sha256="),
    "nylas": of_body("x-nylas-signature"),
    "ashby": of_body("ashby-signature", "sha256="),
    "github": of_body("x-hub-signature-256", "sha256="),
    "meta": of_body("x-hub-signature-256", "sha256="),
    "bitbucket": of_body("x-hub-signature", "sha256="),
    "jira": of_body("x-hub-signature", "sha256="),
    "linear": of_body("linear-signature"),
    "sentry": of_body("sentry-hook-signature"),
    "pagerduty": of_body("x-pagerduty-signature", "v1=00,v1="),
    "circleci": of_body("circleci-signature", "v1="),
    "vercel": of_body("x-vercel-signature", algorithm="sha1"),
    "heroku": of_body("heroku-webhook-hmac-sha256", as_base64=True),
    "launchdarkly": of_body("x-ld-signature"),
    "intercom": of_body("x-hub-signature", "sha1=", "sha1"),
    "segment": of_body("x-signature", "", "sha1"),
    "enode": of_body("x-enode-signature", "sha1=", "sha1"),
    "smartcar": of_body("sc-signature"),
    "hookdeck": of_body("x-hookdeck-signature", as_base64=True),
    "oura": timed("x-oura-signature", "x-oura-timestamp", lambda at, body: at + body),
    "airtable": lambda body, key, ms: Sent(
        {"x-airtable-content-mac": "hmac-sha256=" + mac(base64.b64decode(key), body).hex()}, body
    ),
    "microsoft-teams": lambda body, key, ms: Sent(
        {"authorization": "HMAC " + b64(mac(base64.b64decode(key), body))}, body
    ),
    "fitbit": lambda body, key, ms: Sent(
        {"x-fitbit-signature": b64(mac(key + "&", body, "sha1"))}, body
    ),
    "square": lambda body, key, ms: Sent(
        {"x-square-hmacsha256-signature": b64(mac(key, URL.encode() + body))}, body
    ),
    "trello": lambda body, key, ms: Sent(
        {"x-trello-webhook": b64(mac(key, body + URL.encode(), "sha1"))}, body
    ),
    "tiktok-shop": lambda body, key, ms: Sent(
        {"authorization": mac(key, b"acct-1" + body).hex()}, body
    ),
    "linkedin": lambda body, key, ms: Sent(
        {"x-li-signature": mac(key, b"hmacsha256=" + body).hex()}, body
    ),
    "tebex": lambda body, key, ms: Sent(
        {"x-signature": mac(key, hashlib.sha256(body).hexdigest().encode()).hex()}, body
    ),
    "slack": timed(
        "x-slack-signature",
        "x-slack-request-timestamp",
        lambda at, body: b"v0:" + at + b":" + body,
        prefix="v0=",
    ),
    "zoom": timed(
        "x-zm-signature",
        "x-zm-request-timestamp",
        lambda at, body: b"v0:" + at + b":" + body,
        prefix="v0=",
    ),
    "statsig": timed(
        "x-statsig-signature",
        "x-statsig-request-timestamp",
        lambda at, body: b"v0:" + at + b":" + body,
        prefix="v0=",
        unit=str,
    ),
    "customerio": timed(
        "x-cio-signature", "x-cio-timestamp", lambda at, body: b"v0:" + at + b":" + body
    ),
    "orb": timed(
        "x-orb-signature",
        "x-orb-timestamp",
        lambda at, body: b"v1:" + at + b":" + body,
        prefix="v1=",
        unit=iso,
    ),
    "zendesk": timed(
        "x-zendesk-webhook-signature",
        "x-zendesk-webhook-signature-timestamp",
        lambda at, body: at + body,
        unit=iso,
        as_base64=True,
    ),
    "front": timed(
        "x-front-signature",
        "x-front-request-timestamp",
        lambda at, body: at + b":" + body,
        unit=str,
        as_base64=True,
    ),
    "webflow": timed(
        "x-webflow-signature",
        "x-webflow-timestamp",
        lambda at, body: at + b":" + body,
        unit=str,
    ),
    "pylon": timed("pylon-webhook-signature", "pylon-webhook-timestamp", dotted, prefix="hs256="),
    "akeneo": timed("x-akeneo-request-signature", "x-akeneo-request-timestamp", dotted),
    "airwallex": timed("x-signature", "x-timestamp", lambda at, body: at + body, unit=str),
    "zerohash": timed(
        "x-zh-hook-signature", "x-zh-hook-timestamp", lambda at, body: body + at, unit=str
    ),
    "klaviyo": own_ways.klaviyo,
    "box": own_ways.box,
    "twitch": own_ways.twitch,
    "revolut": own_ways.revolut,
    "recurly": own_ways.recurly,
    "synctera": own_ways.synctera,
    "contentful": own_ways.contentful,
    "walmart": own_ways.walmart,
    "solidgate": own_ways.solidgate,
    "hubspot": own_ways.hubspot,
    "hubspot-v1": plain_hash("x-hubspot-signature", lambda key, body: key.encode() + body),
    "hubspot-v2": plain_hash(
        "x-hubspot-signature", lambda key, body: f"{key}POST{URL}".encode() + body
    ),
    "recharge-legacy": plain_hash("x-recharge-hmac-sha256", lambda key, body: key.encode() + body),
    "cloudinary": own_ways.cloudinary,
    "standard-webhooks": standard("webhook"),
    "svix": standard("svix"),
    "bigcommerce": standard("webhook", text_key=True),
    "polar": standard("webhook", text_key=True),
    "adyen": own_ways.adyen,
    "paymob": own_ways.paymob,
    "mailgun": own_ways.mailgun,
    "quoter": own_ways.quoter,
    "favro": own_ways.favro,
    "mandrill": own_ways.mandrill,
    "paypal": public_keys.paypal,
    "sns": public_keys.sns,
    "adobe": public_keys.adobe,
    "sendgrid": public_keys.sendgrid,
    "telnyx": public_keys.telnyx,
    "discord": public_keys.discord,
    "twilio": own_ways.twilio,
    "discourse": of_body("x-discourse-event-signature", "sha256="),
    "ghost": lambda body, key, ms: Sent(
        {"x-ghost-signature": f"sha256={mac(key, body + str(ms).encode()).hex()}, t={ms}"}, body
    ),
    "revenuecat": header_token("authorization"),
    "gitlab": header_token("x-gitlab-token"),
    "telegram": header_token("x-telegram-bot-api-secret-token"),
    "ringcentral": header_token("verification-token"),
    "okta": header_token("authorization"),
    "cloudevents": header_token("authorization", "Bearer "),
    "google-drive": header_token("x-goog-channel-token"),
    "huggingface": header_token("x-webhook-secret"),
    "mailchimp": query_token("secret"),
    "monday": query_token("secret"),
    "event-grid": query_token("secret"),
    "strava": query_token("secret"),
    "google-pubsub": query_token("token"),
    "aircall": body_token("token"),
    "meraki": body_token("sharedSecret"),
    "microsoft-graph": lambda body, key, ms: Sent(
        {}, with_fields(body, value=[{"clientState": key}, {"clientState": key}])
    ),
    "token": header_token("x-token"),
    "basic": lambda body, key, ms: Sent(
        {"authorization": "Basic " + b64(f"ann:{key}".encode())}, body
    ),
}
"""By the name of the scheme; `token` and `basic` are such as a source describes."""

SETTINGS: Final[dict[str, JsonObject]] = {
    "token": {"header": "X-Token"},
    "basic": {"username": "ann"},
    "tiktok-shop": {"account": "acct-1"},
    "solidgate": {"account": "acct-1"},
    "paypal": {"account": "acct-1"},
    "sns": {"account": "arn:aws:sns:eu-west-1:1:shop"},
    "adobe": {"account": "client-1"},
}
"""What a source with this scheme says besides."""


def _three(make: Callable[[str], str]) -> list[str]:
    return [make(name) for name in ("new", "old", "other")]


_WHSEC = _three(lambda name: "whsec_" + b64(name.encode() * 8))
_HEX = _three(lambda name: (name.encode() * 8).hex())
_BASE64 = _three(lambda name: b64(name.encode() * 8))
_KEYS: Final[dict[str, list[str]]] = {
    "standard-webhooks": _WHSEC,
    "svix": _WHSEC,
    "adyen": _HEX,
    "airtable": _BASE64,
    "microsoft-teams": _BASE64,
    "sendgrid": _three(lambda name: public_keys.public(public_keys.ECDSA[name])),
    "telnyx": _three(lambda name: public_keys.raw_public(public_keys.ED25519[name])),
    "discord": _three(lambda name: public_keys.raw_public(public_keys.ED25519[name])),
    **dict.fromkeys(
        ("paypal", "sns", "adobe"), _three(lambda name: public_keys.public(public_keys.RSA[name]))
    ),
}


def keys_of(name: str) -> list[str]:
    """Return the current secret, the one before it, and one that is not configured."""
    return _KEYS.get(name, ["new-secret", "old-secret", "other-secret"])


NOT_THE_BODY: Final = frozenset({"adyen", "paymob", "mailgun", "quoter", "favro", "sns"})
"""Schemes whose vendors sign some values, and not the body."""
TOKENS: Final = frozenset(
    {
        *(
            "token",
            "basic",
            "gitlab",
            "revenuecat",
            "telegram",
            "ringcentral",
            "okta",
            "cloudevents",
        ),
        *("google-drive", "huggingface", "mailchimp", "monday", "event-grid", "strava"),
        *("google-pubsub", "aircall", "meraki", "microsoft-graph"),
    }
)
"""Schemes that sign nothing: the request holds the secret."""
