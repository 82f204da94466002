"""Answers that prove that the hub knows the secret.

Each is a hash of the vendor's text with the key that webhooks are signed with, so whoever asks gets the hub's
signature for a text of their choice. Two things keep it from being that of a webhook: a text is hashed only
if it is `PLAIN`, and a source with one of these challenges (`PROVED`) takes no webhook whose body, or whose
signed text, is plain or empty, whatever its signature. Plain alone is not enough: `abc==` is also a form.
"""

import base64
import hashlib
import hmac

from heliograph.gateway.registration.question import Question, Reply, as_json, plain, wrong_token
from heliograph.gateway.signatures import Failed


def _digest(question: Question, text: str) -> bytes | Failed:
    if not question.secrets:
        return Failed(part="secret", message="No secret is configured for this source.")
    return hmac.digest(question.secrets[0].reveal().encode(), text.encode(), "sha256")


def twitter(question: Question) -> Reply | Failed | None:
    """Answer `?crc_token=` with its HMAC-SHA256 in Base64 (X, challenge-response check)."""
    text = plain(question.query.get("crc_token"))
    if text is None:
        return None
    digest = _digest(question, text)
    if isinstance(digest, Failed):
        return digest
    return as_json({"response_token": "sha256=" + base64.b64encode(digest).decode()})


def zoom(question: Question) -> Reply | Failed | None:
    """Answer an `endpoint.url_validation` with the HMAC-SHA256 of its token."""
    asked = question.object
    payload = asked.get("payload")
    if asked.get("event") != "endpoint.url_validation" or not isinstance(payload, dict):
        return None
    text = plain(payload.get("plainToken"))
    if text is None:
        return None
    digest = _digest(question, text)
    if isinstance(digest, Failed):
        return digest
    return as_json({"plainToken": text, "encryptedToken": digest.hex()})


def linkedin(question: Question) -> Reply | Failed | None:
    """Answer `?challengeCode=` with its HMAC-SHA256."""
    text = plain(question.query.get("challengeCode"))
    if text is None:
        return None
    digest = _digest(question, text)
    if isinstance(digest, Failed):
        return digest
    return as_json({"challengeCode": text, "challengeResponse": digest.hex()})


def smartcar(question: Question) -> Reply | Failed | None:
    """Answer a `VERIFY` with the HMAC-SHA256 of its challenge."""
    asked = question.object
    data = asked.get("data")
    if asked.get("eventType") != "VERIFY" or not isinstance(data, dict):
        return None
    text = plain(data.get("challenge"))
    if text is None:
        return None
    digest = _digest(question, text)
    return digest if isinstance(digest, Failed) else as_json({"challenge": digest.hex()})


def ebay(question: Question) -> Reply | Failed | None:
    """Answer `?challenge_code=` with the SHA-256 of code, verification token and address."""
    text = plain(question.query.get("challenge_code"))
    if text is None:
        return None
    token = question.scheme.verify_token
    if not token:
        return wrong_token(question, "", "challenge_code")
    hashed = hashlib.sha256(f"{text}{token.reveal()}{question.url}".encode()).hexdigest()
    return as_json({"challengeResponse": hashed})
