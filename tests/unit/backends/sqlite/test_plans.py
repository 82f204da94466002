"""Hot statements search an index; none scans a table or sorts."""

import re
from collections.abc import Generator

import pytest
from sqlalchemy.dialects import sqlite

from heliograph.backends.sqlite.file.database import connect
from heliograph.backends.sqlite.file.driver import RawConnection
from heliograph.backends.sqlite.schema.migrate import FileKind, migrate
from heliograph.backends.sqlite.statements import load
from heliograph.backends.sqlite.store.work.delivery_queries import listing
from heliograph.model.delivery import DeliveryState
from heliograph.storage.work.deliveries import DeliveryQuery

WANTED = {
    "journal": {
        "read": "INTEGER PRIMARY KEY",
        "ids": "INTEGER PRIMARY KEY",
        "entries": "INTEGER PRIMARY KEY",
        "first_since": "INTEGER PRIMARY KEY",
        "mark": "INTEGER PRIMARY KEY",
        "trim_records": "INTEGER PRIMARY KEY",
        "trim_marks": "INTEGER PRIMARY KEY",
        "oldest_requests": "requests_time",
        "trim_requests": "INTEGER PRIMARY KEY",
    },
    "store": {
        "existing_events": "applied_event",
        "get_applied": "applied_event",
        "applied_starting_with": "applied_event",
        "superseded_by": "PRIMARY KEY",
        "surviving": "applied_profile",
        "first_time_with_other": "applied_other_profile",
        "all_with_other": "applied_other_profile",
        "applied_page": "INTEGER PRIMARY KEY",
        "drop_applied": "INTEGER PRIMARY KEY",
        "drop_supersessions": "PRIMARY KEY",
        "drop_profiles": "profiles_id",
        "merges_of": "PRIMARY KEY",
        "get_profiles": "profiles_id",
        "canonical_of": "PRIMARY KEY",
        "members_of": "overrides_canonical",
        "known_deliveries": "deliveries_id",
        "open_keys": "deliveries_open",
        "due": "deliveries_due",
        "hurry": "deliveries_open",
        "rows_at": "INTEGER PRIMARY KEY",
        "rows_named": "deliveries_id",
        "load": "INTEGER PRIMARY KEY",
        "held_rows": "deliveries_asleep",
        "attempts_of": "attempts_delivery",
        "finish": "INTEGER PRIMARY KEY",
        "promote": "deliveries_open",
        "next_due": "deliveries_due",
        "retried_first": "deliveries_due",
        "retried_last": "deliveries_due",
        "recount": "COVERING INDEX deliveries_done",
        "done_before": "deliveries_done",
        "drop_attempts": "attempts_delivery",
    },
}
CASES = [(kind, name, index) for kind, names in WANTED.items() for name, index in names.items()]


@pytest.fixture(scope="module")
def connections(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[dict[str, RawConnection]]:
    opened: dict[str, RawConnection] = {}
    kinds: list[FileKind] = ["journal", "store"]
    for kind in kinds:
        path = tmp_path_factory.mktemp(kind) / f"{kind}.db"
        migrate(path, kind)
        opened[kind] = connect(path, read_only=False)
    yield opened
    for connection in opened.values():
        connection.close()


def plan_of(connection: RawConnection, sql: str) -> list[str]:
    parameters = ["[]"] * (
        sql.count("?") if "?1" not in sql else len(set(re.findall(r"\?\d+", sql)))
    )
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]


@pytest.mark.parametrize(("kind", "name", "index"), CASES)
def test_the_statement_uses_its_index(
    connections: dict[str, RawConnection], kind: str, name: str, index: str
) -> None:
    sql = load(kind)[name]
    plan = plan_of(connections[kind], sql)
    assert any(index in step for step in plan), plan
    scans = [
        step
        for step in plan
        if step.startswith("SCAN")
        and not any(word in step for word in ("json_each", "VIRTUAL TABLE", "CONSTANT", "COVERING"))
        and not step.startswith(("SCAN (subquery", "SCAN pair", "SCAN turn"))
        and not step.endswith(" EXISTS")  # ends at the first row
    ]
    assert scans == [], plan


@pytest.mark.parametrize("name", ["due", "next_due", "retried_first", "retried_last"])
def test_no_hot_statement_of_the_courier_sorts(
    connections: dict[str, RawConnection], name: str
) -> None:
    plan = plan_of(connections["store"], load("store")[name])
    assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize("state", ["waiting", "queued"])
@pytest.mark.parametrize("before_seq", [None, 7])
def test_a_look_at_one_line_does_not_walk_all_deliveries(
    connections: dict[str, RawConnection], state: DeliveryState, before_seq: int | None
) -> None:
    """`trace` asks so for every delivery that is queued."""
    query = DeliveryQuery(
        destination="acme/hook", key="k", states=(state,), before_seq=before_seq, limit=1
    )
    sql = str(
        listing(query).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    )
    plan = [row[3] for row in connections["store"].execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("deliveries_open (destination=? AND key=? AND state=?" in step for step in plan), (
        plan
    )
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan), plan
