from collections.abc import Generator

import pytest

from heliograph.backends.sqlite.file.driver import RawConnection, dbapi
from heliograph.backends.sqlite.statements import ONE_STEP, load, repeated, run_rows


@pytest.fixture
def connection() -> Generator[RawConnection]:
    connection = dbapi.connect(":memory:")
    connection.execute("CREATE TABLE t (a, b)")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", ["journal", "store"])
def test_every_block_of_a_file_is_loaded(name: str) -> None:
    blocks = load(name)
    assert len(blocks) > 10
    assert all(sql and not sql.startswith("--") for sql in blocks.values())


def test_only_the_row_of_placeholders_is_repeated() -> None:
    sql = "INSERT INTO t VALUES (?, ?) ON CONFLICT (a) DO NOTHING"
    assert repeated(sql, 2) == "INSERT INTO t VALUES (?, ?), (?, ?) ON CONFLICT (a) DO NOTHING"


@pytest.mark.parametrize("count", [0, 1, 2, 3, 127, 128, 129, 200, 1000])
def test_all_rows_arrive_in_their_order(connection: RawConnection, count: int) -> None:
    rows = [(n, str(n)) for n in range(count)]
    assert run_rows(connection, "INSERT INTO t VALUES (?, ?)", rows) == count
    assert connection.execute("SELECT a, b FROM t ORDER BY rowid").fetchall() == rows


def test_few_texts_serve_all_sizes(connection: RawConnection) -> None:
    """The statement cache stays small: beyond one step, sizes are cut into powers of two."""
    texts: set[str] = set()
    connection.set_trace_callback(texts.add)
    for count in range(300):
        run_rows(connection, "INSERT INTO t VALUES (?, ?)", [(None, None)] * count)
    assert len({text for text in texts if text.startswith("INSERT")}) == ONE_STEP + 2
