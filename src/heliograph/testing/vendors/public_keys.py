"""Vendors that sign with a private key, and the keys of the tests."""

import zlib

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heliograph.testing.vendors.recipes import Sent, b64, iso, seconds, with_fields

ECDSA = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("new", "old", "other")}
ED25519 = {name: ed25519.Ed25519PrivateKey.generate() for name in ("new", "old", "other")}
RSA = {name: rsa.generate_private_key(65537, 2048) for name in ("new", "old", "other")}


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64(der)


def raw_public(key: ed25519.Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def sendgrid(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    private = next(each for each in ECDSA.values() if public(each) == key)
    signature = private.sign(at.encode() + body, ec.ECDSA(SHA256()))
    headers = {
        "x-twilio-email-event-webhook-timestamp": at,
        "x-twilio-email-event-webhook-signature": b64(signature),
    }
    return Sent(headers, body)


def telnyx(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    private = next(each for each in ED25519.values() if raw_public(each) == key)
    signature = private.sign(at.encode() + b"|" + body)
    return Sent({"telnyx-timestamp": at, "telnyx-signature-ed25519": b64(signature)}, body)


def discord(body: bytes, key: str, ms: int) -> Sent:
    at = seconds(ms)
    private = next(each for each in ED25519.values() if raw_public(each) == key)
    signature = private.sign(at.encode() + body).hex()
    return Sent({"x-signature-timestamp": at, "x-signature-ed25519": signature}, body)


def rsa_sign(key: str, text: bytes) -> str:
    private = next(each for each in RSA.values() if public(each) == key)
    return b64(private.sign(text, padding.PKCS1v15(), SHA256()))


def paypal(body: bytes, key: str, ms: int) -> Sent:
    at = iso(ms)
    text = f"tr-1|{at}|acct-1|{zlib.crc32(body)}".encode()
    headers = {
        "paypal-transmission-id": "tr-1",
        "paypal-transmission-time": at,
        "paypal-transmission-sig": rsa_sign(key, text),
    }
    return Sent(headers, body)


def sns(body: bytes, key: str, ms: int) -> Sent:
    fields = {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:shop",
        "Message": "an order\nof two lines",
        "Timestamp": iso(ms),
        "SignatureVersion": "2",
    }
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{fields[name]}\n" for name in names)
    sent = with_fields(body, **fields, Signature=rsa_sign(key, text.encode()))
    return Sent({"content-type": "text/plain; charset=UTF-8"}, sent)


def adobe(body: bytes, key: str, ms: int) -> Sent:
    body = with_fields(body, recipient_client_id="client-1")
    return Sent(
        {"x-adobe-digital-signature-1": "MA==", "x-adobe-digital-signature-2": rsa_sign(key, body)},
        body,
    )
