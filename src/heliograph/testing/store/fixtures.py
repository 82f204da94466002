"""How the suites of the store come to a store."""

from collections.abc import Callable

import pytest

from heliograph.storage.store import Store
from heliograph.testing.opening import OpeningFixtures

StoreOpener = Callable[[], Store]


class StoreFixtures(OpeningFixtures[Store]):
    """Fixtures `store`, `open` (the same place again) and `fresh` (a new place each time)."""

    @pytest.fixture
    def store(self, open: StoreOpener) -> Store:
        """A new store."""
        return open()
