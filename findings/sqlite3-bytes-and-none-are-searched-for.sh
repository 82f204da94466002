#!/usr/bin/env bash
# pysqlite3 0.6.1 (PyPI), on CPython 3.11; run on 2026-11-28.
#
# A parameter of a statement that is bytes or None costs about ten times what an int or a str costs to bind: the driver knows int, float,
# str and bytearray by sight, and for everything else looks for an adapter, then for `__adapt__` and `__conform__`, an exception each
# (`_need_adapt` in Modules/_sqlite/statement.c or cursor.c). Two adapters that return what they got take nearly all of it away.
# The good guess that was wrong: blobs and NULLs are two of SQLite's five types, so they are bound like the other three.
# Seen (times a str's time, more than five):
#   int: no
#   bytearray: no
#   bytes: yes
#   None: yes
#   bytes with an adapter: no
#   None with an adapter: no
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pysqlite3==0.6.1
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import time

from pysqlite3 import dbapi2 as driver

connection = driver.connect(":memory:")
MANY = 200
STATEMENT = "SELECT 1 WHERE 0 IN (" + ", ".join("?" * MANY) + ")"


def cost(value):
    """Return the time of binding MANY such values, the least of many tries."""
    best = float("inf")
    for _ in range(400):
        began = time.perf_counter()
        connection.execute(STATEMENT, [value] * MANY).fetchall()
        best = min(best, time.perf_counter() - began)
    return best


def say(name, value):
    print(f"{name}:", "yes" if cost(value) > 5 * text else "no")


text = cost("abcdefgh")
say("int", 5)
say("bytearray", bytearray(b"abcdefgh"))
say("bytes", b"abcdefgh")
say("None", None)
driver.register_adapter(bytes, bytes)
driver.register_adapter(type(None), {}.get)
say("bytes with an adapter", b"abcdefgh")
say("None with an adapter", None)
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
