"""Ids that count, so that a test can name them in advance."""

from collections import defaultdict


class CountingIds:
    """See `model.ids.IdSource`: `req_00000000000000000000000001`, `…02`, one count per noun."""

    def __init__(self) -> None:
        self._made: defaultdict[str, int] = defaultdict(int)

    def new(self, noun: str) -> str:
        """Return the next id of a noun; 26 digits, from 1."""
        self._made[noun] += 1
        return f"{noun}_{self._made[noun]:026d}"
