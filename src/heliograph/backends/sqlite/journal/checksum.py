"""Checksums of records and raw requests: SQLite keeps none, and a flipped bit is a value like any other."""

from typing import Final
from zlib import crc32

import msgspec

from heliograph.storage.events.journal import Entry, Record

CHANGED = "another checksum: the bytes on the disk are not those that were received"
"""The fault of a raw request."""
_encode: Final = msgspec.json.Encoder().encode


def checksum(record: Record) -> int:
    """Return the CRC-32 of id, key, time and value; about a microsecond."""
    return crc32(record.value, crc32(f"{record.id}\0{record.key}\0{record.at}".encode()))


def request_checksum(
    ids: tuple[str, str, str],
    path: str,
    mapper: str | None,
    message_id: str | None,
    numbers: tuple[int, int, int],
    headers: bytes,
    rejected: bytes,
    body: bytes,
) -> int:
    """Return the CRC-32 of what a remap acts on: of all that a request is kept with, but its state.

    Args:
        ids: of the request, its workspace and its source.
        path: with query string.
        mapper: its address, or None.
        message_id: as it is kept, or None.
        numbers: when it was received, of its items, of its events.
        headers: as JSON, unpacked.
        rejected: items, as JSON, unpacked.
        body: unpacked.
    """
    # Of JSON each value's end can be told, so that none is taken for the beginning of the next.
    told = _encode((*ids, path, mapper, message_id, *numbers, len(headers), len(rejected)))
    return crc32(body, crc32(rejected, crc32(headers, crc32(told))))


def entry_of(
    partition: int, position: int, record: Record, crc: int | None, fault: str | None = None
) -> Entry:
    """Return an entry, with its fault when the record is not what was appended.

    Args:
        partition: of the journal.
        position: in it.
        record: as read.
        crc: as appended; None: by a release that kept none.
        fault: what is known to be wrong with it already.
    """
    if fault is None and crc is not None and crc != checksum(record):
        fault = "another checksum: the bytes on the disk are not those that were appended"
    return Entry(partition=partition, position=position, record=record, fault=fault)
