#!/usr/bin/env bash
# fastparquet 2026.9.0 and pyarrow 26.0.1 (PyPI); run on 2026-11-28.
#
# A list of records, the usual shape of a cart, is read as nothing at all: every row is None, without an error or a warning, while
# lists of plain values and maps come out whole. A decimal becomes a float and gains digits, and an empty record and a missing
# one are the same.
# The good guess that was wrong: a column of a shape that the reader does not know is an error or is absent from the frame.
# Seen:
#   items [[{'sku': 'a-1', 'quantity': 2}], []] => [None, None]
#   tags [['new', None], []] => [['new', None], []]
#   total [Decimal('19.99'), Decimal('0.10')] => [19.990000000000002, 0.1]
#   person [{'id': 'u-1'}, None] => person.id ['u-1', None]
#   lines of complaint: 0
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fastparquet==2026.9.0 pyarrow==26.0.1
cd "$folder"
"$folder/venv/bin/python" - >"$folder/seen" 2>"$folder/complaints" <<'PY'
from decimal import Decimal

import fastparquet
import pyarrow
import pyarrow.parquet

table = pyarrow.table({
    "items": [[{"sku": "a-1", "quantity": 2}], []],
    "tags": [["new", None], []],
    "total": pyarrow.array([Decimal("19.99"), Decimal("0.10")], pyarrow.decimal128(38, 2)),
    "person": [{"id": "u-1"}, None],
})
pyarrow.parquet.write_table(table, "events.parquet")
frame = fastparquet.ParquetFile("events.parquet").to_pandas()
for name in table.column_names:
    for column in frame.columns:
        if column.split(".")[0] == name:
            values = [value.item() if hasattr(value, "item") else value for value in frame[column]]
            print(name, table[name].to_pylist(), "=>", *([column] if column != name else []), values)
PY
echo "lines of complaint: $(wc -l <"$folder/complaints")" >>"$folder/seen"
sed -n 's/^#   //p' "$script" | diff - "$folder/seen"
echo "as found"
