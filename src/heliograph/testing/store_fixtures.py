"""How the suites of the store come to a store."""

from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest

from heliograph.storage.store import Store
from heliograph.testing.samples import opener_named

StoreOpener = Callable[[], Store]


class StoreFixtures:
    """Fixtures `store`, `open` (the same place again) and `fresh` (a new place each time)."""

    opener: ClassVar[str]
    durable: ClassVar[bool] = True
    shared: ClassVar[bool] = True

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where the store of this test is."""
        return tmp_path / "store.db"

    @pytest.fixture
    def open(self, place: Path) -> Generator[StoreOpener]:
        """A function that opens the same place again; what it opened is closed after the test."""
        opened: list[Store] = []

        def again() -> Store:
            opened.append(opener_named(self.opener)(place))
            return opened[-1]

        yield again
        for store in opened:
            store.close()

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> StoreOpener:
        """A function that makes a new, empty store each time; who calls it closes it."""
        numbers = count()
        return lambda: opener_named(self.opener)(tmp_path / f"fresh-{next(numbers)}.db")

    @pytest.fixture
    def store(self, open: StoreOpener) -> Store:
        """A new store."""
        return open()
