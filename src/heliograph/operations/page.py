"""Lists a page at a time: how many, and behind what the next page begins."""

import base64
import binascii
from typing import Annotated, Final, Generic, TypeVar

import msgspec

from heliograph.errors import InputError

T = TypeVar("T")
Key = tuple[str | int, ...]

LARGEST: Final = 1_000
DEFAULT: Final = 20


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list is wanted."""

    after: str | None = None
    """`Listed.next` of the page before; None: from the beginning. Opaque: only we can read it."""
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)] = DEFAULT

    def __post_init__(self) -> None:
        """Judge the limit also where no decoder did.

        Raises:
            InputError: `page.invalid`.
        """
        if not 1 <= self.limit <= LARGEST:
            raise InputError(
                "page.invalid",
                "a page cannot have this many rows",
                where="limit",
                found=str(self.limit),
                allowed=f"1 to {LARGEST:,}",
            )

    def key(self, noun: str) -> Key | None:
        """Return what `cursor` was given for the page before this one, or None at the beginning.

        Raises:
            InputError: `page.invalid`; it is no cursor, or one of another list.
        """
        if self.after is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(self.after.encode("ascii") + b"==")
            said, *key = msgspec.msgpack.decode(raw, type=list[str | int])
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            said, key = None, []
        if said != noun:
            raise InputError(
                "page.invalid",
                "this is no place in this list",
                where="after",
                found=self.after[:60],
                allowed="what the page before said",
                hint="Begin anew without it.",
            )
        return tuple(key)


class Listed(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    items: list[T]
    next: str | None = None
    """Give it as `Page.after` for the next page; None: there is no more."""
    note: str | None = None
    """What the one who asked should know of what is shown."""


def cursor(noun: str, *key: str | int) -> str:
    """Return an opaque text that says where in the list of a noun a page ended."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode([noun, *key])).decode().rstrip("=")
