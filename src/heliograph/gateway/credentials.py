"""Who sends a request: Basic auth, workspace id as user and a Data API key as password.

Keys are compared in constant time, all of them each time, and an unknown workspace costs the same
comparison, so that the time of an answer tells nothing. A header that was accepted once is looked up by
its raw bytes; a refused one never enters that table, which is emptied when it is full.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from heliograph.gateway.doors.partner_words import (
    no_basic_authentication,
    unknown_workspace,
    wrong_key,
)

T = TypeVar("T")

_CACHED_HEADERS: Final = 4096
_NO_KEYS: Final = (b"\x00" * 32,)


def parse_basic(header: bytes | None) -> tuple[str, bytes]:
    """Return user name and password of an `Authorization` header (RFC 7617, UTF-8).

    Raises:
        Refusal: 401, for no header, another scheme, bad Base64 or no colon.
    """
    if header is None or header[:6].lower() != b"basic ":
        raise no_basic_authentication()
    try:
        user, colon, password = base64.b64decode(header[6:].strip(), validate=True).partition(b":")
        name = user.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise no_basic_authentication() from error
    if not colon:
        raise no_basic_authentication()
    return name, password


class Doorkeeper(Generic[T]):
    """Finds what belongs to an `Authorization` header: `T` is the workspace's runtime state."""

    def __init__(
        self, workspaces: Mapping[str, T], keys_of: Callable[[T], tuple[bytes, ...]]
    ) -> None:
        self._workspaces = workspaces
        self._keys_of = keys_of
        self._accepted: dict[bytes | None, T] = {}
        self.known: Callable[[bytes | None], T | None] = self._accepted.get
        """Look a header up that was accepted before; None otherwise."""

    def admit(self, header: bytes | None) -> T:
        """Return the workspace the header proves.

        Raises:
            Refusal: 401 with the reason the Data API publishes for it.
        """
        name, password = parse_basic(header)
        workspace = self._workspaces.get(name)
        keys = _NO_KEYS if workspace is None else self._keys_of(workspace)
        matches = [hmac.compare_digest(password, key) for key in keys]
        if workspace is None:
            raise unknown_workspace()
        if not any(matches):
            raise wrong_key()
        assert header is not None
        if len(self._accepted) >= _CACHED_HEADERS:
            self._accepted.clear()
        self._accepted[header] = workspace
        return workspace
