"""The idempotency keys a twin has seen, so that it takes what comes twice only once."""


class RememberedKeys:
    """The newest keys, at most `limit` of them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._keys: dict[str, None] = {}

    def first_time(self, key: str) -> bool:
        """Return whether the key is new, and remember it; the oldest is forgotten for it."""
        if key in self._keys:
            return False
        if len(self._keys) >= self._limit:
            del self._keys[next(iter(self._keys))]
        self._keys[key] = None
        return True
