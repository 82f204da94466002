"""The tables of dictionaries, the same in both files; see `packing`."""

from sqlalchemy import MetaData, Table

from heliograph.backends.sqlite.schema.columns import (
    JOURNAL,
    STORE,
    blob_column,
    int_column,
    text_column,
)


def _tables(metadata: MetaData) -> None:
    Table(
        "dictionaries",
        metadata,
        int_column("id", primary_key=True),
        text_column("kind"),
        int_column("made_at"),
        int_column("crc"),
        blob_column("content"),
        sqlite_strict=True,
    )
    Table(
        "dictionary_copies",
        metadata,
        int_column("id", primary_key=True),
        int_column("made_at"),
        int_column("crc"),
        blob_column("content"),
        sqlite_strict=True,
    )


_tables(JOURNAL)
_tables(STORE)
