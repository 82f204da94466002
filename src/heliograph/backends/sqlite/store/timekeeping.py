"""What is remembered of the machine's clocks: one row."""

from typing import Final

import msgspec

from heliograph.backends.sqlite.store.session import Session, encode
from heliograph.model.clock_steps import ClockRecord

_decoder: Final = msgspec.json.Decoder(ClockRecord)


class SqliteTimekeeping:
    """See `storage.timekeeping.Timekeeping`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self) -> ClockRecord | None:
        """Return the record, or None when nobody has looked yet."""
        rows = self._session.rows("get_clock")
        return _decoder.decode(rows[0][0]) if rows else None

    def put(self, record: ClockRecord) -> None:
        """Replace it."""
        self._session.run("put_clock", encode(record))
