#!/usr/bin/env bash
# fastavro 1.13.1 and avro 1.12.2 (PyPI); run on 2026-11-28.
#
# In a union of a floating type and long, fastavro writes a whole number with the first of them and Apache's own library with the last
# that can take it. So each keeps a long number in the order in which the other loses its last digits, and no order is safe in both;
# of two record types that fit, they write different ones, and a view becomes a purchase without an amount.
# And fastavro writes 19.99 into a long field as 19 and takes a datetime without a zone for the machine's time, where Apache's refuses.
# The good guess that was wrong: a union takes the branch of the value's own type, else the first; what does not fit is an error.
# Seen:
#   ["null", "double", "long"] 9007199254740993 => fastavro 9007199254740992.0, avro 9007199254740993
#   ["null", "long", "double"] 9007199254740993 => fastavro 9007199254740993, avro 9007199254740992.0
#   ["null", "float", "long"] 1732030405 => fastavro 1732030464.0, avro 1732030405
#   ["null", "double", "float"] 19.99 => fastavro 19.99, avro 19.989999771118164
#   "long" 19.99 => fastavro 19, avro refuses
#   timestamp-millis 2024-01-01 00:00 at UTC+05:30 => fastavro 2023-12-31 18:30:00+00:00, avro refuses
#   [Purchase, PageView] {'url': '/a'} => fastavro Purchase, avro PageView
#   [PageView, Purchase] {'url': '/a'} => fastavro PageView, avro Purchase
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet fastavro==1.13.1 avro==1.12.2
TZ=Asia/Kolkata "$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import datetime
import io
import json

import avro.errors
import avro.io
import avro.schema
import fastavro


def with_fastavro(schema, value):
    parsed, data = fastavro.parse_schema(schema), io.BytesIO()
    fastavro.schemaless_writer(data, parsed, value)
    data.seek(0)
    return fastavro.schemaless_reader(data, parsed)


def with_avro(schema, value):
    parsed, data = avro.schema.parse(json.dumps(schema)), io.BytesIO()
    avro.io.DatumWriter(parsed).write(value, avro.io.BinaryEncoder(data))
    data.seek(0)
    return avro.io.DatumReader(parsed).read(avro.io.BinaryDecoder(data))


def told(label, schema, value, shown=lambda read: read):
    fast = shown(with_fastavro(schema, value))
    try:
        apache = f"avro {shown(with_avro(schema, value))}"
    except avro.errors.AvroTypeException:
        apache = "avro refuses"
    print(f"{label} => fastavro {fast}, {apache}")


for union, value in (
    (["null", "double", "long"], 9007199254740993),
    (["null", "long", "double"], 9007199254740993),
    (["null", "float", "long"], 1732030405),
    (["null", "double", "float"], 19.99),
    ("long", 19.99),
):
    told(f"{json.dumps(union)} {value}", union, value)
millis = {"type": "long", "logicalType": "timestamp-millis"}
told("timestamp-millis 2024-01-01 00:00 at UTC+05:30", millis, datetime.datetime(2024, 1, 1))
url = {"name": "url", "type": "string"}
amount = {"name": "amount", "type": ["null", "double"], "default": None}
view = {"type": "record", "name": "PageView", "fields": [url]}
purchase = {"type": "record", "name": "Purchase", "fields": [url, amount]}
for label, union in (("[Purchase, PageView]", [purchase, view]), ("[PageView, Purchase]", [view, purchase])):
    told(f"{label} {{'url': '/a'}}", union, {"url": "/a"}, lambda read: "Purchase" if "amount" in read else "PageView")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
