"""What does `$hash` make of a text?

Vendors match hashed contacts after normalising them: an e-mail address trimmed and in small letters, a phone
number as its digits with the country code, without `+`, blanks and leading zeros (Meta, Customer Information
Parameters; TikTok and Google ask the same of an e-mail address; pages of mid-2026).
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

from heliograph.mapping.document.plan import HashName, Normalising
from heliograph.mapping.values.texts import as_text
from heliograph.model.json import Json

_NO_DIGIT: Final = re.compile(r"[^0-9]+")


def _phone(text: str) -> str:
    return _NO_DIGIT.sub("", text).lstrip("0")


_NORMALISE: Final[dict[Normalising, Callable[[str], str] | None]] = {
    "none": None,
    "email": lambda text: text.strip().lower(),
    "phone": _phone,
}
_BEGUN: Final = {
    "sha256": hashlib.new("sha256", usedforsecurity=False),
    "sha1": hashlib.new("sha1", usedforsecurity=False),
    "md5": hashlib.new("md5", usedforsecurity=False),
}
"""A hash of nothing by each algorithm: a copy of it is quicker than a new one."""


def hasher(algorithm: HashName, normalise: Normalising) -> Callable[[Json], Json]:
    """Return the function of one value: lower-case hex; None where nothing is left to hash.

    The hash of an empty text would be the same for everybody who has none.
    """
    copy, clean = _BEGUN[algorithm].copy, _NORMALISE[normalise]

    def hashed(value: Json) -> Json:
        text = value if type(value) is str else as_text(value)
        if text is None:
            return None
        if clean is not None:
            text = clean(text)
        if not text or text.isspace():
            return None
        digest = copy()
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.hexdigest()

    return hashed
