#!/usr/bin/env bash
# pysqlite3 0.6.1 (PyPI), the driver of CPython's `sqlite3` in a package of its own; run on 2026-11-28.
#
# `bytes` and None are types that SQLite knows, and the driver binds them as they are. But before it does, it looks whether somebody
# registered an adapter for their type and asks them for `__conform__`; `int`, `float`, `str` and `bytearray` are spared that
# (`need_adapt` in statement.c, the same in CPython 3.11's own module). A value of `bytes` or a None takes several times as long
# as a text of the same size, and a `bytearray`, which is stored as the same blob, no longer than the text.
# The good guess that was wrong: all types of the table "SQLite and Python types" are bound alike, and a copy into a `bytearray` costs.
# Seen:
#   bytes take twice as long as str at least: yes
#   None takes twice as long as str at least: yes
#   bytearray takes twice as long as str at least: no
#   a bytearray is stored as the same blob: yes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pysqlite3==0.6.1
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
from time import process_time

from pysqlite3 import dbapi2

connection = dbapi2.connect(":memory:", isolation_level=None)
connection.execute("CREATE TABLE t (a)")
SQL = "INSERT INTO t VALUES " + ", ".join(["(?)"] * 500)


def takes(value):
    """Return the least seconds of several runs."""
    spent = []
    for _ in range(9):
        connection.execute("DELETE FROM t")
        connection.execute("BEGIN")
        began = process_time()
        for _ in range(40):
            connection.execute(SQL, [value] * 500)
        spent.append(process_time() - began)
        connection.execute("COMMIT")
    return min(spent)


def told(what, holds):
    print(f"{what}: {'yes' if holds else 'no'}")


text = takes("x" * 100)
told("bytes take twice as long as str at least", takes(b"x" * 100) >= 2 * text)
told("None takes twice as long as str at least", takes(None) >= 2 * text)
told("bytearray takes twice as long as str at least", takes(bytearray(b"x" * 100)) >= 2 * text)
connection.execute("DELETE FROM t")
connection.execute("INSERT INTO t VALUES (?)", [bytearray(b"\0\xff")])
told("a bytearray is stored as the same blob", connection.execute("SELECT a, typeof(a) FROM t").fetchone() == (b"\0\xff", "blob"))
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
