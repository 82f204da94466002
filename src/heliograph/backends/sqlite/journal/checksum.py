"""Checksums of records and raw requests: SQLite keeps none, and a flipped bit is a value like any other."""

from zlib import crc32

from heliograph.storage.events.journal import Entry, Record

CHANGED = "another checksum: the bytes on the disk are not those that were received"
"""The fault of a raw request."""


def checksum(record: Record) -> int:
    """Return the CRC-32 of id, key, time and value; about a microsecond."""
    return crc32(record.value, crc32(f"{record.id}\0{record.key}\0{record.at}".encode()))


def request_checksum(
    request_id: str, source_id: str, mapper: str | None, headers: bytes, body: bytes
) -> int:
    """Return the CRC-32 of what a remap acts on: whose request it is, its headers and its body.

    Args:
        request_id: of the request.
        source_id: whose it is.
        mapper: its address, or None.
        headers: as JSON, unpacked.
        body: unpacked.
    """
    return crc32(body, crc32(headers, crc32(f"{request_id}\0{source_id}\0{mapper}".encode())))


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
