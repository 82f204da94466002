"""Vendors whose way of signing is nobody else's."""

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime

from heliograph.testing.vendors.recipes import (
    FORM,
    PATH,
    URL,
    Sent,
    b64,
    iso,
    mac,
    seconds,
    with_fields,
)


def hubspot(body: bytes, key: str, ms: int) -> Sent:
    text = b"POST" + URL.encode() + body + str(ms).encode()
    headers = {
        "x-hubspot-request-timestamp": str(ms),
        "x-hubspot-signature-v3": b64(mac(key, text)),
    }
    return Sent(headers, body)


def adyen(body: bytes, key: str, ms: int) -> Sent:
    item = {
        "pspReference": "PSP1",
        "merchantAccountCode": "Shop",
        "merchantReference": "order-1",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
    text = "PSP1::Shop:order-1:1130:EUR:AUTHORISATION:true"
    item["additionalData"] = {"hmacSignature": b64(mac(bytes.fromhex(key), text.encode()))}
    return Sent({}, with_fields(body, notificationItems=[{"NotificationRequestItem": item}]))


def paymob(body: bytes, key: str, ms: int) -> Sent:
    row = {
        "amount_cents": 100,
        "created_at": "2026-03-04T10:15:21",
        "currency": "EGP",
        "error_occured": False,
        "has_parent_transaction": False,
        "id": 7,
        "integration_id": 8,
        "is_3d_secure": True,
        "is_auth": False,
        "is_capture": False,
        "is_refunded": False,
        "is_standalone_payment": True,
        "is_voided": False,
        "order": {"id": 9},
        "owner": 10,
        "pending": False,
        "source_data": {"pan": "2346", "sub_type": "MasterCard", "type": "card"},
        "success": True,
    }
    text = "1002026-03-04T10:15:21EGPfalsefalse78truefalsefalsefalsetruefalse910false2346MasterCardcardtrue"
    digest = mac(key, text.encode(), "sha512").hex()
    return Sent({}, with_fields(body, obj=row), f"hmac={digest}")


def mailgun(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    signature = {
        "timestamp": at,
        "token": "50-letters",
        "signature": mac(key, f"{at}50-letters".encode()).hex(),
    }
    return Sent({}, with_fields(body, signature=signature))


def quoter(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    digest = hashlib.md5(f"{key}{at}text".encode(), usedforsecurity=False).hexdigest()
    return Sent({}, with_fields(body, hash=digest, timestamp=at, data="text"))


def favro(body: bytes, key: str, ms: int) -> Sent:
    raw = mac(key, f"p-1{URL}".encode(), "sha1")
    return Sent({"x-favro-webhook": b64(raw)}, with_fields(body, payloadId="p-1"))


def mandrill(body: bytes, key: str, ms: int) -> Sent:
    raw = mac(
        key, f"{URL}at2026-03-04T10:15:21Zemailann@example.comeventForm Sent".encode(), "sha1"
    )
    sent = b"email=ann%40example.com&event=Form+Sent&at=2026-03-04T10%3A15%3A21Z"
    return Sent({"x-mandrill-signature": b64(raw), "content-type": FORM}, sent)


def contentful(body: bytes, key: str, ms: int) -> Sent:
    headers = {
        "x-contentful-topic": "ContentManagement.Entry.publish",
        "x-contentful-timestamp": str(ms),
        "x-contentful-signed-headers": "x-contentful-topic,x-contentful-timestamp",
    }
    listed = ";".join(
        f"{name}:{headers[name]}" for name in headers["x-contentful-signed-headers"].split(",")
    )
    text = f"POST\n{PATH}\n{listed}\n".encode() + body
    return Sent({**headers, "x-contentful-signature": mac(key, text).hex()}, body)


def walmart(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    text = f"POST\n{PATH}\n{at}\n{hashlib.sha256(body).hexdigest()}"
    return Sent({"wm_sec.timestamp": at, "wm_sec.signature": b64(mac(key, text.encode()))}, body)


def solidgate(body: bytes, key: str, ms: int) -> Sent:
    digest = mac(key, b"acct-1" + body + b"acct-1", "sha512").hex()
    return Sent({"signature": b64(digest.encode())}, body)


def box(body: bytes, key: str, ms: int) -> Sent:
    at = iso(ms)
    headers = {
        "box-delivery-timestamp": at,
        "box-signature-primary": b64(mac("the other of the two keys", body + at.encode())),
        "box-signature-secondary": b64(mac(key, body + at.encode())),
    }
    return Sent(headers, body)


def twitch(body: bytes, key: str, ms: int) -> Sent:
    at = iso(ms)
    headers = {
        "twitch-eventsub-message-id": "m-1",
        "twitch-eventsub-message-timestamp": at,
        "twitch-eventsub-message-signature": "sha256="
        + mac(key, b"m-1" + at.encode() + body).hex(),
    }
    return Sent(headers, body)


def klaviyo(body: bytes, key: str, ms: int) -> Sent:
    at = format_datetime(datetime.fromtimestamp(ms // 1000, UTC), usegmt=True)
    return Sent(
        {"klaviyo-timestamp": at, "klaviyo-signature": mac(key, body + at.encode()).hex()}, body
    )


def revolut(body: bytes, key: str, ms: int) -> Sent:
    digest = mac(key, f"v1.{ms}.".encode() + body).hex()
    return Sent(
        {"revolut-request-timestamp": str(ms), "revolut-signature": f"v1=00,v1={digest}"}, body
    )


def recurly(body: bytes, key: str, ms: int) -> Sent:
    return Sent({"recurly-signature": f"{ms},{mac(key, f'{ms}.'.encode() + body).hex()}"}, body)


def synctera(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    digest = mac(key, at.encode() + b"." + body).hex()
    old = mac("an old key", at.encode() + b"." + body).hex()
    return Sent({"request-timestamp": at, "synctera-signature": f"{old}.{digest}"}, body)


def cloudinary(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    digest = hashlib.sha1(body + at.encode() + key.encode(), usedforsecurity=False).hexdigest()
    return Sent({"x-cld-timestamp": at, "x-cld-signature": digest}, body)


def twilio(body: bytes, key: str, ms: int) -> Sent:
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = b64(mac(key, f"{URL}?{query}".encode(), "sha1"))
    return Sent({"x-twilio-signature": signature}, body, query)
