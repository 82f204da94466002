"""One value to a packed one and back, with one dictionary.

A packed value is a form byte and what follows from it:

- 0: the value as it is;
- 1: number of the dictionary (0 for none), length of the value, both as base-128 varints, then a Zstandard
  frame without magic number and content size.

Nothing packed begins like JSON or like a MessagePack array, so a column can hold values from before.
"""

import threading
from collections.abc import Iterable, Sequence
from typing import Final, cast

import zstandard

from heliograph.backends.sqlite.packing.entropy import TABLES

LEVEL: Final = 1
"""Of Zstandard; 3 takes as long again and saves a twentieth."""
PLAIN: Final = 0
FRAMED: Final = 1
PLAIN_BYTE: Final = bytes((PLAIN,))
SHORTEST: Final = 24
"""Bytes; what is shorter is kept as it is."""
LONGEST: Final = 1 << 30
"""Bytes; a packed value that says it is longer is damaged."""
MANY: Final = 8
"""Values from which on they are packed in one call. That takes 9 µs before the first; one by one each takes
a third of a microsecond more, and lets the interpreter's lock go, which is not had back at once."""
PREFIXES: Final = 4_096
"""What a value of a length begins with is kept for lengths below."""


class Unreadable(Exception):
    """A packed value is none any more: the disk or a program changed it, or its dictionary is gone."""


class Codec:
    """Packs and unpacks with one dictionary. Thread-safe.

    Args:
        number: of the dictionary in its file, from 1; 0 for none.
        content: of the dictionary: tables (`entropy.py`) and values of the kind, one behind the other; of one
            from before no tables.
    """

    def __init__(self, number: int = 0, content: bytes = b"") -> None:
        self.number = number
        self.content = content
        self._head = bytes((FRAMED, *_varint(number)))
        self._prefixes: dict[int, bytes] = {}
        dictionary = None
        if content:
            # Told, not guessed: what a sender sent may begin as a dictionary with tables does.
            tables = content.startswith(TABLES)
            kind = zstandard.DICT_TYPE_FULLDICT if tables else zstandard.DICT_TYPE_RAWCONTENT
            dictionary = zstandard.ZstdCompressionDict(content, dict_type=kind)
            dictionary.precompute_compress(level=LEVEL)  # pyright: ignore[reportUnknownMemberType]
        parameters = zstandard.ZstdCompressionParameters.from_level(  # pyright: ignore[reportUnknownMemberType]
            LEVEL,
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
            write_content_size=False,
            write_checksum=False,
            write_dict_id=False,
        )
        self._packing = zstandard.ZstdCompressor(
            dict_data=dictionary, compression_params=parameters
        )
        self._unpacking = zstandard.ZstdDecompressor(
            dict_data=dictionary, format=zstandard.FORMAT_ZSTD1_MAGICLESS
        )
        self._lock = threading.Lock()

    def pack(self, values: Sequence[bytes]) -> list[bytes]:
        """Return the packed values, in order; the interpreter's lock is let go once for many."""
        framed = iter(self._framed([value for value in values if len(value) >= SHORTEST]))
        return [next(framed) if len(value) >= SHORTEST else PLAIN_BYTE + value for value in values]

    def unpack(self, packed: bytes, start: int) -> bytes:
        """Return the value of a framed one that names this dictionary.

        Args:
            packed: the packed value.
            start: where the length begins, as `number_in` says.

        Raises:
            Unreadable: it is none any more.
        """
        length, start = _read_varint(packed, start)
        if length > LONGEST:
            raise Unreadable(f"it would be {length} bytes long")
        try:
            with self._lock:
                value = self._unpacking.decompress(packed[start:], max_output_size=length)
        except (zstandard.ZstdError, MemoryError) as error:
            raise Unreadable(str(error)) from error
        if len(value) != length:
            raise Unreadable(f"it is {len(value)} bytes long, not {length}")
        return value

    def _framed(self, values: list[bytes]) -> list[bytes]:
        prefixes = list(map(self._prefix, map(len, values)))
        with self._lock:
            if len(values) < MANY:
                frames = map(self._packing.compress, values)
            else:
                # A collection of buffers; the join copies each out of it.
                frames = cast(
                    Iterable[bytes], self._packing.multi_compress_to_buffer([*values], threads=1)
                )
            found = list(map(b"".join, zip(prefixes, frames, strict=True)))
        return [
            packed if len(packed) < len(value) else PLAIN_BYTE + value
            for packed, value in zip(found, values, strict=True)
        ]

    def _prefix(self, size: int) -> bytes:
        """Return what stands before the frame of a value of this length."""
        found = self._prefixes.get(size)
        if found is None:
            found = self._head + _varint(size)
            if size < PREFIXES:
                self._prefixes[size] = found
        return found


def is_packed(stored: bytes) -> bool:
    """Tell whether a stored value is a packed one; one from before is JSON or a MessagePack array."""
    return stored[:1] in (b"\x00", b"\x01")


def number_in(packed: bytes) -> tuple[int, int]:
    """Return the number of the dictionary that a framed value names, and where its length begins.

    Raises:
        Unreadable: it ends before.
    """
    return _read_varint(packed, 1)


def _varint(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    found = bytearray()
    while number >= 0x80:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _read_varint(packed: bytes, start: int) -> tuple[int, int]:
    number = shift = 0
    for at in range(start, min(start + 9, len(packed))):
        byte = packed[at]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at + 1
        shift += 7
    raise Unreadable("it ends early")
