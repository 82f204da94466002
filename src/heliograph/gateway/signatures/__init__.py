"""Did this webhook come from whom it says? Pure verification: no clock, no network, no state.

    scheme = read_scheme({"scheme": "stripe", "tolerance_s": 600})
    outcome = verify(scheme, secrets, method="POST", url=url, headers=headers, raw_body=body, now_ms=now)

- Secrets are compared in constant time, all of them each time, so that one can be rotated in while the
  other is still in use; `Verified.secret` says which one it was.
- The body is taken byte for byte as it was sent, before its Content-Encoding is undone. Only of a scheme
  that signs single values of it is it read before, and nothing is inflated for that.
- A failure names the part that failed and what to check, never what would have been right.
- Values of the body are read as the mapper reads it: what is verified is what is mapped. A vendor that signs
  with one key for all of its customers names the customer in each message, which is compared with `account`.
- Outside its window of time a signed request is refused; within it, `Verified.message_id` (where the
  vendor sends one) lets the caller recognise a repetition.

`registration` beside this answers what vendors ask when an address is registered.

`vendors/` holds what each vendor does, as data with its source, `parts.py` the language it is written in;
read them next.
"""

from heliograph.gateway.signatures.reading import read_scheme
from heliograph.gateway.signatures.results import Failed, Verification, Verified
from heliograph.gateway.signatures.schemes import (
    OWN,
    BasicScheme,
    HmacScheme,
    PublicKeyScheme,
    Scheme,
    SignedScheme,
    TokenScheme,
    TwilioScheme,
    check_secrets,
)
from heliograph.gateway.signatures.vendors import SCHEMES
from heliograph.gateway.signatures.verification import verify

__all__ = [
    "OWN",
    "SCHEMES",
    "BasicScheme",
    "Failed",
    "HmacScheme",
    "PublicKeyScheme",
    "Scheme",
    "SignedScheme",
    "TokenScheme",
    "TwilioScheme",
    "Verification",
    "Verified",
    "check_secrets",
    "read_scheme",
    "verify",
]
