"""The checksum of a record: SQLite keeps none, and a flipped bit in a value is a value like any other."""

from zlib import crc32

from heliograph.storage.events.journal import Entry, Record


def checksum(record: Record) -> int:
    """Return the CRC-32 of id, key, time and value; about a microsecond."""
    return crc32(record.value, crc32(f"{record.id}\0{record.key}\0{record.at}".encode()))


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
