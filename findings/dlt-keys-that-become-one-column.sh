#!/usr/bin/env bash
# dlt 1.31.0 with duckdb 2.0.1 (PyPI); run on 2026-11-28.
#
# Keys are renamed to snake case before they become columns. Two keys of one event that come out alike leave one value, the later
# one in the payload; the load succeeds and says nothing. So whether `userId` of the person or `user_id` of the device remains hangs
# on the order of the keys, and what is nested in `order` replaces what was there as `order__id` before.
# The good guess that was wrong: such names are told apart with a suffix, or the load fails as it does for columns that clash later.
# Seen:
#   {"userId": "person-1", "user_id": "device-9"} => {'user_id': 'device-9'}
#   {"user_id": "device-9", "userId": "person-1"} => {'user_id': 'person-1'}
#   {"order": {"id": 7}, "order__id": 8} => {'order__id': 7}
#   {"order__id": 8, "order": {"id": 7}} => {'order__id': 7}
#   {"UTM Source": "mail", "utm-source": "ads"} => {'utm_source': 'ads'}
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dlt==1.31.0 duckdb==2.0.1
cd "$folder"
export HOME=$folder RUNTIME__DLTHUB_TELEMETRY=false RUNTIME__LOG_LEVEL=CRITICAL
"$folder/venv/bin/python" -W ignore - >"$folder/seen" <<'PY'
import json

import dlt
import duckdb

for number, text in enumerate((
    '{"userId": "person-1", "user_id": "device-9"}',
    '{"user_id": "device-9", "userId": "person-1"}',
    '{"order": {"id": 7}, "order__id": 8}',
    '{"order__id": 8, "order": {"id": 7}}',
    '{"UTM Source": "mail", "utm-source": "ads"}',
)):
    file = f"events{number}.duckdb"
    pipeline = dlt.pipeline(f"events{number}", destination=dlt.destinations.duckdb(file), dataset_name="d", pipelines_dir="state")
    pipeline.run([json.loads(text)], table_name="events").raise_on_failed_jobs()
    rows = duckdb.connect(file).sql("SELECT * EXCLUDE (_dlt_id, _dlt_load_id) FROM d.events")
    print(text, "=>", *(dict(zip(rows.columns, row)) for row in rows.fetchall()))
PY
sed -n 's/^#   //p' "$script" | diff - "$folder/seen"
echo "as found"
