"""The pytest plugin of the package: asserts of the conformance suites explain themselves."""

import pytest

pytest.register_assert_rewrite(
    *(
        f"heliograph.testing.{name}"
        for name in (
            "journal_durability",
            "journal_fixtures",
            "journal_model",
            "journal_records",
            "journal_requests",
            "opening",
            "store",
            "store_applied",
            "store_configuration",
            "store_cursors",
            "store_deliveries",
            "store_profiles",
            "delivery_machine",
            "destination",
            "destination_answers",
            "processes",
            "reckoning",
        )
    )
)
