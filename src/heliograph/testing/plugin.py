"""The pytest plugin of the package: asserts of the conformance suites explain themselves."""

import pytest

# Whole rooms, for what is added to one must not be forgotten here.
pytest.register_assert_rewrite(
    *(
        f"heliograph.testing.{room}"
        for room in ("opening", "journal", "store", "destination", "transport", "running")
    )
)
