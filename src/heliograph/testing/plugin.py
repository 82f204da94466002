"""The pytest plugin of the package: the fixture `twins`, and asserts that explain themselves."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from heliograph.twins.fixture import TwinHandle

pytest.register_assert_rewrite("heliograph.testing.journal", "heliograph.testing.store")


@pytest.fixture
def twins() -> "Generator[dict[str, TwinHandle]]":
    """Twins of all vendors on free ports, by name; see `heliograph.twins.fixture`."""
    from heliograph.twins.fixture import running_twins

    with running_twins() as handles:
        yield handles
