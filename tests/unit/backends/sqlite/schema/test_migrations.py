import shutil
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file import database
from heliograph.backends.sqlite.file.database import connect, make_file
from heliograph.backends.sqlite.file.driver import RawConnection, dbapi
from heliograph.backends.sqlite.schema.migrate import (
    NEWEST,
    SCRIPTS,
    FileKind,
    migrate,
    require_newest,
    revision_of,
)
from heliograph.backends.sqlite.schema.tables import JOURNAL, STORE
from heliograph.errors import ConfigError, HeliographError, StoreUnavailable
from heliograph.storage.events.journal import Bounds, JournalCounts
from heliograph.storage.reading.readers import Acknowledgement, Gap
from heliograph.testing.old_files import migrate_to
from heliograph.testing.samples import make_record, make_request

KINDS: list[FileKind] = ["journal", "store"]
METADATA = {"journal": JOURNAL, "store": STORE}

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "second"
down_revision = "{newest}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute(sa.text("INSERT INTO half VALUES (1)"))
    op.execute(sa.text("INSERT INTO {table} VALUES (2)"))
"""


def add_second(scripts: Path, kind: FileKind, *, table: str) -> None:
    """Add a migration that makes the table `half`, then writes to `table`."""
    script = scripts / kind / f"v0002_{table}.py"
    script.write_text(SECOND.format(newest=NEWEST[kind], table=table))


def tables_of(path: Path) -> dict[str, str]:
    """Return name -> normalised definition of every table and index."""
    connection = connect(path, read_only=True)
    try:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
        ).fetchall()
    finally:
        connection.close()
    return {name: " ".join(sql.split()) for name, sql in rows}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_the_sum_of_the_migrations(tmp_path: Path, kind: FileKind) -> None:
    migrate(tmp_path / "migrated.db", kind)
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}", module=dbapi)
    METADATA[kind].create_all(engine)
    engine.dispose()
    assert tables_of(tmp_path / "migrated.db") == tables_of(tmp_path / "made.db")


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_revision_is_the_head_of_the_scripts(kind: FileKind) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(SCRIPTS / kind))
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_migration_leaves_nothing(tmp_path: Path, kind: FileKind) -> None:
    path = tmp_path / "data.db"
    migrate(path, kind)
    before = tables_of(path)
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    add_second(scripts, kind, table="nowhere")
    with pytest.raises(HeliographError, match="nowhere"):
        migrate(path, kind, scripts=scripts)
    assert tables_of(path) == before
    assert revision_of(path) == NEWEST[kind]
    (scripts / kind / "v0002_nowhere.py").unlink()
    add_second(scripts, kind, table="half")
    migrate(path, kind, scripts=scripts)
    assert revision_of(path) == "second"


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_first_migration_leaves_an_empty_file(tmp_path: Path, kind: FileKind) -> None:
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    add_second(scripts, kind, table="nowhere")
    with pytest.raises(HeliographError):
        migrate(tmp_path / "data.db", kind, scripts=scripts)
    assert tables_of(tmp_path / "data.db") == {}
    migrate(tmp_path / "data.db", kind)
    assert revision_of(tmp_path / "data.db") == NEWEST[kind]


def test_deliveries_from_before_they_had_an_origin_came_through_pipelines(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    migrate_to(path, "store", "store_0002")
    connection = connect(path, read_only=False)
    connection.execute(
        "INSERT INTO deliveries (seq, delivery_id, destination, pipeline, blueprint, key, profile_id,"
        " event_id, partition, position, state, due_at, attempts, retries, steps_done, replays,"
        " created_at, woken) VALUES (1, 'dlv_1', 'w/crm', 'main', 'shop', 'k', 'p', 'evt_1', 0, 1,"
        " 'dead', 5, 1, 0, 0, 0, 5, 0)"
    )
    connection.execute("INSERT INTO delivery_events VALUES (1, x'7b7d')")
    connection.execute("INSERT INTO delivery_totals VALUES ('w/crm', 'dead', 1, 0)")
    connection.close()
    store = open_store(path)
    with store.read() as reader:
        old = reader.deliveries.get("dlv_1")
    store.close()
    assert old is not None
    assert (old.origin, old.priority, old.blueprint, old.state) == ("pipeline", 0, "shop", "dead")


def test_gaps_from_before_they_could_be_acknowledged_are_open(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    migrate_to(path, "store", "store_0011")
    connection = connect(path, read_only=False)
    connection.execute("INSERT INTO reader_gaps VALUES ('engine', 3, 5, 9, 70)")
    connection.close()
    with closing(open_store(path)) as store:
        with store.read() as reader:
            [gap] = reader.readers.gaps("engine")
        assert gap == Gap(group="engine", partition=3, first=5, last=9, found_at=70)
        said = Acknowledgement(at=90, who="ann", reason="older than the journal")
        with store.transaction() as tx:
            tx.readers.acknowledge_gaps("engine", said)
            [gap] = tx.readers.gaps("engine")
    assert gap.acknowledged == said


def test_what_was_leased_one_by_one_waits_and_attempts_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    migrate_to(path, "store", "store_0002")
    connection = connect(path, read_only=False)
    for seq, state in ((1, "leased"), (2, "waiting"), (3, "delivered"), (4, "dead")):
        connection.execute(
            "INSERT INTO deliveries (seq, delivery_id, destination, pipeline, key, profile_id,"
            " event_id, partition, position, state, due_at, attempts, retries, steps_done, replays,"
            " created_at, finished_at, woken, lease_owner, lease_until)"
            " VALUES (?, ?, 'w/crm', 'main', ?, 'p', ?, 0, 1, ?, 5, 1, 0, 0, 0, 5, 6, 0, 'x', 9)",
            (seq, f"dlv_{seq}", f"k{seq}", f"evt_{seq}", state),
        )
        connection.execute("INSERT INTO delivery_events VALUES (?, x'7b7d')", (seq,))
        connection.execute("INSERT INTO delivery_totals VALUES ('w/crm', ?, 1, 0)", (state,))
    for number, status in ((1, None), (2, 503)):
        connection.execute(
            "INSERT INTO attempts (delivery_id, number, step, at, duration_ms, method, url,"
            " request_headers, request_body, status, response_headers, response_body, verdict, reason)"
            " VALUES ('dlv_2', ?, 0, 7, 1.5, 'POST', 'http://x/', x'7b2261223a2262227d', '{}', ?,"
            " x'7b7d', 'no', 'retry', 'HTTP 503')",
            (number, status),
        )
    connection.close()
    store = open_store(path)
    with store.transaction() as tx:
        assert tx.deliveries.counts() == tx.deliveries.recount()
        assert tx.deliveries.counts() == {"w/crm": {"waiting": 2, "delivered": 1, "dead": 1}}
        assert tx.deliveries.due("w/crm", priority=0, limit=9, now_ms=9) == [1, 2]
        kept = tx.deliveries.attempts("dlv_2")
        assert [(one.number, one.status) for one in kept] == [(1, None), (2, 503)]
        assert (kept[0].request_headers, kept[0].duration_ms) == ({"a": "b"}, 1.5)
        changed = tx.deliveries.hasten("w/crm", statuses={503}, now_ms=1)
        assert changed == 1
    store.close()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    migrate(tmp_path / "store.db", "store")
    before = tables_of(tmp_path / "store.db")
    migrate(tmp_path / "store.db", "store")
    assert tables_of(tmp_path / "store.db") == before


def test_a_store_of_the_first_release_keeps_its_cursors_and_fences_its_readers_off(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    migrate_to(path, "store", "store_0002")
    connection = connect(path, read_only=False)
    connection.execute("INSERT INTO cursors VALUES ('engine', 3, 70, 5, 'worker@host', 99)")
    connection.close()
    with closing(open_store(path)) as store, store.transaction() as tx:
        assert tx.cursors.positions("engine") == {3: 70}
        assert not tx.cursors.advance("engine", 3, old=70, new=71, epoch=5)
        [claim] = tx.cursors.take("engine", [3])
        assert tx.cursors.advance("engine", 3, old=70, new=71, epoch=claim.epoch)


def test_two_that_start_together_migrate_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def start() -> None:
        try:
            open_store(tmp_path / "store.db").close()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert revision_of(tmp_path / "store.db") == NEWEST["store"]


def test_of_many_that_start_at_once_one_makes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change to WAL mode does not wait for another one: it failed as "database is locked" now and then."""
    made: list[Path] = []
    at_once = threading.Barrier(4)

    def counted(path: Path, *, read_only: bool) -> RawConnection:
        made.append(path)
        return connect(path, read_only=read_only)

    def make(path: Path) -> None:
        at_once.wait()
        make_file(path)

    monkeypatch.setattr(database, "connect", counted)
    paths = [tmp_path / f"{number}.db" for number in range(20)]
    for path in paths:
        threads = [threading.Thread(target=make, args=(path,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made == paths


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_a_newer_release_is_refused(tmp_path: Path, kind: FileKind) -> None:
    path = tmp_path / "data.db"
    migrate(path, kind)
    connection = connect(path, read_only=False)
    connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()
    for refuses in (migrate, require_newest):
        with pytest.raises(ConfigError) as refused:
            refuses(path, kind)
        assert refused.value.code == "config.unsupported"
        assert "from_the_future" in str(refused.value)


def test_a_reader_waits_for_the_writer_to_make_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="not there yet"):
        open_journal(tmp_path / "journal.db", read_only=True)
    assert not (tmp_path / "journal.db").exists()
    open_journal(tmp_path / "journal.db").close()
    open_journal(tmp_path / "journal.db", read_only=True).close()


def test_the_data_folder_is_made(tmp_path: Path) -> None:
    open_store(tmp_path / "deep" / "data" / "store.db").close()
    assert (tmp_path / "deep" / "data" / "store.db").is_file()


def test_a_journal_of_the_first_release_is_read_on_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    migrate_to(path, "journal", "journal_0003")
    connection = connect(path, read_only=False)
    bodies = [b'{"a":1}', b"\x01\x07 no JSON at all", b"", b"\x00"]
    for n, body in enumerate(bodies):
        connection.execute(
            "INSERT INTO requests (request_id, workspace, source_id, received_at, state, items, events,"
            " path, headers, rejected, body) VALUES (?, 'w', 'shop', ?, 'partial', 2, 1, '/', ?, ?, ?)",
            (
                f"req_{n}",
                100 + n,
                b'{"user-agent":"a"}',
                b'[{"index":1,"code":"c","message":"m"}]',
                body,
            ),
        )
        connection.execute(
            "INSERT INTO records (partition, position, id, key, at, value) VALUES (3, ?, ?, 'k', ?, ?)",
            (n + 5, f"evt_{n}", 100 + n, b'{"n":%d}' % n),
        )
    for n in range(2_000):
        connection.execute(
            "INSERT INTO records (partition, position, id, key, at, value) VALUES (?, ?, ?, 'k', ?, x'7b7d')",
            (8 + n % 3, 1 + n // 3, f"evt_{n}", 100 + n),
        )
    connection.execute("UPDATE heads SET first = 5, last = 8, max_at = 103 WHERE partition = 3")
    connection.execute("UPDATE heads SET last = 667, max_at = 2099 WHERE partition IN (8, 9)")
    connection.execute("UPDATE heads SET last = 666, max_at = 2099 WHERE partition = 10")
    connection.execute(
        "UPDATE totals SET requests = 9, items = 18, rejected = 9, events = 10, derived = 1,"
        " refused_requests = 2, trimmed_requests = 5"
    )
    connection.close()
    with closing(open_journal(path)) as journal:
        assert [entry.record.value for entry in journal.read(3, 4, 9)] == [
            b'{"n":%d}' % n for n in range(4)
        ]
        assert journal.bounds(3) == Bounds(first=5, last=8)
        assert journal.counts() == JournalCounts(events=10, derived=1)
        counts = journal.requests.counts()
        assert (counts.requests, counts.items, counts.events) == (9, 18, 9)
        assert (counts.rejected, counts.refused_requests, counts.trimmed_requests) == (9, 2, 5)
        for n, body in enumerate(bodies):
            old = journal.requests.get(f"req_{n}")
            assert old is not None
            assert (old.body, old.headers, old.fault) == (body, {"user-agent": "a"}, None)
            assert len(old.rejected) == 1
        for n in range(4, 40):
            journal.take([make_request(n)], [make_record(n, key="new", at=200 + n)])
        whole = journal.requests.scan(workspace=None, source_id=None, since_ms=None, until_ms=None)
        assert [one.fault for one in whole] == [None] * 40
        assert journal.requests.get("req_2") is not None
        assert journal.requests.counts().requests == 9 + 36
        assert journal.position_at(3, 102) == 6
        assert [entry.record.id for entry in journal.read(9, 600, 3)] == [
            f"evt_{3 * n + 1}" for n in (600, 601, 602)
        ]
        entry = journal.entry(10, 666)
        assert entry is not None
        assert entry.record.id == "evt_1997"
        assert journal.position_at(8, 100 + 1_500) == 500
        assert journal.requests.trim(103) == 3 + 36
        journal.trim(3, 7)
        assert [entry.position for entry in journal.read(3, 6, 9)] == [7, 8]
