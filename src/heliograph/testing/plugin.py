"""What pytest gets from an installed Heliograph: readable failures inside the conformance suites.

pytest loads this module by the entry point `pytest11`, before any suite is imported.
"""

import pytest

pytest.register_assert_rewrite("heliograph.testing")
