"""How each vendor signs a webhook, written again from its documentation.

Nothing of `gateway.signatures` is used here: a signer gets a body, a key and the time, and returns what the
vendor would send, so that a test compares two readings of one document. Sources are those that the scheme
names.
"""

from heliograph.testing.vendors.recipes import HOST, PATH, URL, Sent, Signer
from heliograph.testing.vendors.table import NOT_THE_BODY, SETTINGS, SIGNERS, TOKENS, keys_of

__all__ = [
    "HOST",
    "NOT_THE_BODY",
    "PATH",
    "SETTINGS",
    "SIGNERS",
    "TOKENS",
    "URL",
    "Sent",
    "Signer",
    "keys_of",
]
