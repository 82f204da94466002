#!/usr/bin/env bash
# jsonpath-rfc9535 1.0.1 (PyPI); run on 2026-11-28.
#
# A filter keeps true apart from 1 when the two stand alone, but not one level down: a list or an object that holds true equals one
# that holds 1, and false equals 0, because what is inside is compared as the host language compares it.
# RFC 9535, section 2.3.5.2.2, compares lists element by element and objects member by member with the same rule at every depth.
# The good guess that was wrong: a library written for the RFC that tells true from 1 tells [true] from [1]; an opt-in list
# compared with the one that was asked for would match whatever its flags are.
# Seen:
#   true and 1: differ
#   [true] and [1]: equal
#   {"x": false} and {"x": 0}: equal
#   [[true]] and [[1]]: equal
#   ["1"] and [1]: differ
#   [null] and [false]: differ
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jsonpath-rfc9535==1.0.1
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import json

import jsonpath_rfc9535

for left, right in (
    ("true", "1"),
    ("[true]", "[1]"),
    ('{"x": false}', '{"x": 0}'),
    ("[[true]]", "[[1]]"),
    ('["1"]', "[1]"),
    ("[null]", "[false]"),
):
    document = [{"left": json.loads(left), "right": json.loads(right)}]
    found = jsonpath_rfc9535.find("$[?@.left == @.right]", document)
    print(f"{left} and {right}: {'equal' if len(found) else 'differ'}")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
