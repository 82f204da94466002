"""What runs all day does not load what only migrations and lists need."""

import subprocess
import sys


def test_gateway_and_worker_load_neither_sqlalchemy_nor_alembic():
    """They would be 35 MB larger and start a third of a second later."""
    program = (
        "import sys\n"
        "import heliograph.app.roles, heliograph.gateway.http.server\n"
        "import heliograph.delivery.courier, heliograph.engine.loop.loop\n"
        "import heliograph.backends.sqlite.journal.journal, heliograph.backends.sqlite.store.store\n"
        "print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert outcome.stdout.strip() == "[]"
