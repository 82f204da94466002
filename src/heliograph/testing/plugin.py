"""The pytest plugin of the package: asserts of the conformance suites explain themselves."""

import pytest

pytest.register_assert_rewrite(
    "heliograph.testing.journal",
    "heliograph.testing.journal_model",
    "heliograph.testing.store",
)
