"""Did this webhook come from whom it says? Pure verification: no clock, no network, no state.

    scheme = read_scheme({"scheme": "stripe", "tolerance_s": 600})
    outcome = verify(scheme, secrets, method="POST", url=url, headers=headers, raw_body=body, now_ms=now)

- Secrets are compared in constant time, all of them each time, so that one can be rotated in while the
  other is still in use; `Verified.secret` says which one it was.
- The body is taken byte for byte as it was sent, before its Content-Encoding is undone.
- A failure names the part that failed and what to check, never what would have been right.
- Outside its window of time a signed request is refused; within it, `Verified.message_id` (where the
  vendor sends one) lets the caller recognise a repetition.

Some vendors ask a question when the address is registered; `challenge` answers it.

`schemes.py` holds what each vendor does, as data with its source; read it next.
"""

from heliograph.gateway.signatures.challenges import Reply, challenge
from heliograph.gateway.signatures.results import Failed, Verification, Verified
from heliograph.gateway.signatures.schemes import (
    SCHEMES,
    BasicScheme,
    EcdsaScheme,
    HmacScheme,
    Scheme,
    TokenScheme,
    TwilioScheme,
    check_secrets,
    read_scheme,
)
from heliograph.gateway.signatures.verification import verify

__all__ = [
    "SCHEMES",
    "BasicScheme",
    "EcdsaScheme",
    "Failed",
    "HmacScheme",
    "Reply",
    "Scheme",
    "TokenScheme",
    "TwilioScheme",
    "Verification",
    "Verified",
    "challenge",
    "check_secrets",
    "read_scheme",
    "verify",
]
