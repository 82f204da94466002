#!/usr/bin/env bash
# singer-python 6.8.0 (PyPI); run on 2026-11-28.
#
# The transformer that taps run every record through takes the first type of a list that the value can be cast to, not the one it has.
# So records that their JSON Schema accepts as they are (the validator that comes with the package says so) leave it changed: a price
# without its cents, a member number without its zeros, "no" as true, a decimal comma as ten times the number. And a field that the
# schema allows but does not list is left out, told at debug level only.
# The good guess that was wrong: a valid record passes unchanged; casting is for values that no listed type fits.
# Seen:
#   ["integer", "number"] valid 19.99 => 19
#   ["integer", "string"] valid "007" => 7
#   ["number", "string"] valid "9007199254740993" => 9007199254740992.0
#   ["number", "string"] valid "1,5" => 15.0
#   ["boolean", "string"] valid "no" => true
#   ["string", "number"] valid 19.99 => "19.99"
#   ["null", "string"] valid "" => ""
#   ["null", "integer"] valid null => null
#   a field not listed, valid {"id": 1, "coupon": "X"} => {"id": 1}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet singer-python==6.8.0
"$folder/venv/bin/python" -W ignore - >"$folder/seen" 2>/dev/null <<'PY'
import json

import jsonschema
import singer


def told(label, schema, record, shown=lambda record: record):
    jsonschema.validate(record, schema)
    after = singer.transform(json.loads(json.dumps(record)), json.loads(json.dumps(schema)))
    print(f"{label} valid {json.dumps(shown(record))} => {json.dumps(shown(after))}")


for types, value in (
    (["integer", "number"], 19.99),
    (["integer", "string"], "007"),
    (["number", "string"], "9007199254740993"),
    (["number", "string"], "1,5"),
    (["boolean", "string"], "no"),
    (["string", "number"], 19.99),
    (["null", "string"], ""),
    (["null", "integer"], None),
):
    schema = {"type": "object", "properties": {"v": {"type": types}}}
    told(json.dumps(types), schema, {"v": value}, lambda record: record["v"])
open_schema = {"type": "object", "properties": {"id": {"type": "integer"}}, "additionalProperties": True}
told("a field not listed,", open_schema, {"id": 1, "coupon": "X"})
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
