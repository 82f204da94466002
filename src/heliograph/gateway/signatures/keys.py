"""Public keys: in which forms they come, and what their owner has signed."""

import base64
import binascii
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from heliograph.model.secret import Secret

PublicKey: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

_HASHES: Final[dict[str, HashAlgorithm]] = {
    "rsa-sha1": SHA1(),  # noqa: S303 - what Amazon SNS signs with unless told otherwise
    "rsa-sha256": SHA256(),
    "rsa-sha512": SHA512(),
    "rsa-pss-sha512": SHA512(),
}
_ED25519_BYTES: Final = 32


def public_key(secret: Secret, algorithm: str) -> PublicKey | None:
    """Return the key a configured secret stands for; None when it is none of this algorithm.

    It may be a PEM public key or certificate, Base64 of the DER form, or the 32 bytes of an Ed25519 key in
    hex, Base64 or Base64url.
    """
    text = secret.reveal().strip().replace("\\n", "\n")  # as one line of an environment file
    try:
        if text.startswith("-----BEGIN CERTIFICATE"):
            key = load_pem_x509_certificate(text.encode()).public_key()
        elif text.startswith("-----BEGIN"):
            key = load_pem_public_key(text.encode())
        else:
            raw = _raw(text)
            key = (
                ed25519.Ed25519PublicKey.from_public_bytes(raw)
                if len(raw) == _ED25519_BYTES
                else load_der_public_key(raw)
            )
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    kind = (
        ec.EllipticCurvePublicKey
        if algorithm == "ecdsa-sha256"
        else ed25519.Ed25519PublicKey
        if algorithm == "ed25519"
        else rsa.RSAPublicKey
    )
    return key if isinstance(key, kind) else None


def has_signed(key: PublicKey, algorithm: str, signature: bytes, content: bytes) -> bool:
    """Tell whether the owner of the key signed this content."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, content)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(SHA256()))
        else:
            hashed = _HASHES[algorithm]
            scheme = (
                padding.PSS(mgf=padding.MGF1(hashed), salt_length=padding.PSS.AUTO)
                if algorithm.startswith("rsa-pss")
                else padding.PKCS1v15()
            )
            key.verify(signature, content, scheme, hashed)
    except InvalidSignature:
        return False
    return True


def _raw(text: str) -> bytes:
    """Return the bytes of a key that is no PEM."""
    if len(text) == 2 * _ED25519_BYTES:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
