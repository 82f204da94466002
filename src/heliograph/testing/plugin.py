"""The pytest plugin of the package: asserts of the conformance suites explain themselves."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"heliograph.testing.{name}"
        for name in (
            "journal",
            "journal_model",
            "store",
            "store_applied",
            "store_configuration",
            "store_cursors",
            "store_deliveries",
            "store_profiles",
            "delivery_machine",
            "destination",
        )
    )
)
