"""What is written for every event costs no look for adapters, and nothing is lost by the detour."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.journal import journal as journal_module
from heliograph.backends.sqlite.statements import insert_rows
from heliograph.backends.sqlite.store import session as session_module
from heliograph.storage.stages.states import State
from heliograph.testing.samples import (
    make_applied,
    make_attempt,
    make_delivery,
    make_finish,
    make_profile,
    make_record,
    make_request,
)

AT_ONCE = {int, float, str, bytearray}
"""Types that the driver binds without looking for an adapter."""


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[type]]:
    """Return table -> types of the values of its multi-row inserts."""
    found: dict[str, set[type]] = {}

    def watched(connection: RawConnection, sql: str, rows: Sequence[Iterable[Any]]) -> int:
        table = sql.split("INTO ")[1].split()[0]
        kept = [list(row) for row in rows]
        found.setdefault(table, set()).update(type(value) for row in kept for value in row)
        return insert_rows(connection, sql, kept)

    for module in (journal_module, session_module):
        monkeypatch.setattr(module, "insert_rows", watched)
    return found


def test_values_of_hot_inserts_are_bound_at_once(
    tmp_path: Path, bound: dict[str, set[type]]
) -> None:
    deliveries = [msgspec.structs.replace(make_delivery(n), blueprint=None) for n in range(1, 4)]
    journal = open_journal(tmp_path / "journal.db")
    journal.take(
        [make_request(n, body=b"a body that is long enough to be packed") for n in (1, 2)],
        [make_record(n, key=f"c{n}") for n in (1, 2)],
    )
    journal.close()
    store = open_store(tmp_path / "store.db")
    with store.transaction() as tx:
        tx.applied.add([make_applied(1), make_applied(2, effect="skipped", other="p_3")])
        tx.profiles.put_many([make_profile(1, plan="pro")])
        tx.states.put_many("seen", {"p_1": State(1, b"{}")})
        tx.deliveries.enqueue(deliveries, now_ms=1)
        tx.deliveries.finish(
            [
                make_finish(one.delivery_id, "delivered", attempts=(make_attempt(1, 1),))
                for one in deliveries
            ],
            now_ms=2,
        )
    store.close()
    assert {table: types - AT_ONCE for table, types in bound.items()} == {
        table: set[type]()
        for table in (
            *("requests", "records", "applied", "profiles", "stage_states"),
            *("deliveries", "delivery_events", "delivery_totals", "attempts"),
        )
    } | {"marks": {bytes}}  # one in 256 records


def test_an_absent_text_and_an_empty_one_stay_apart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    named = [msgspec.structs.replace(make_applied(n), reason=("", None, "0")[n]) for n in range(3)]
    with store.transaction() as tx:
        tx.applied.add(named)
        assert [tx.applied.get(f"evt_{n}") for n in range(3)] == named
    store.close()
    journal = open_journal(tmp_path / "journal.db")
    requests = [make_request(n, message_id=("", None, "0")[n]) for n in range(3)]
    journal.take(requests, [])
    assert [journal.requests.get(one.request_id) for one in requests] == requests
    journal.close()
