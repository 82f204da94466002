"""Halves of surrogate pairs in JSON: senders that cut text leave them, and UTF-8 cannot hold them."""

import re
from typing import Final

_PERHAPS: Final = re.compile(rb"\\[uU][dD][89a-fA-F]")
"""What a half begins with; next to no body has it, and looking costs a hundredth of mending."""
_ESCAPE: Final = re.compile(
    rb"\\(?:[uU][dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def with_whole_surrogates(body: bytes) -> bytes:
    r"""Return JSON with halves of surrogate pairs (`"\ud83d"`) replaced; the same object if none is there.

    Senders that cut text at a number of UTF-16 units leave such halves; they cannot be stored as UTF-8.
    """
    if _PERHAPS.search(body) is None:
        return body
    halves = 0

    def mend(match: re.Match[bytes]) -> bytes:
        nonlocal halves
        if match["half"] is None:
            return match[0]
        halves += 1
        return b"\\ufffd"

    mended = _ESCAPE.sub(mend, body)
    return mended if halves else body
