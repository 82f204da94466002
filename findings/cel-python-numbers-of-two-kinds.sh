#!/usr/bin/env bash
# cel-python 0.5.0 (PyPI); run on 2026-11-28.
#
# A rule over JSON numbers holds or fails by the accident of a payload's decimals. A double compares with an integer literal,
# an integer does not compare with a double literal, and an integer divided by a double is an integer, rounded down.
# The language definition (cel-spec, "Numeric Values") compares int, uint and double on one number line.
# The good guess that was wrong: `e.price > 10.0` is true for {"price": 11}, as it is for {"price": 10.5}; 5 / 2.0 is 2.5 or an error.
# Seen:
#   e.price > 10 with 10.5: True
#   e.price > 10.0 with 10.5: True
#   e.price > 10.0 with 11: CELEvalError
#   e.price == 11.0 with 11: CELEvalError
#   e.price in [11.0, 12.0] with 11: CELEvalError
#   e.price / 2.0 with 5: IntType(2)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cel-python==0.5.0
"$folder/venv/bin/python" - >"$folder/seen" 2>/dev/null <<'PY'
import celpy

environment = celpy.Environment()
for rule, price in (
    ("e.price > 10", 10.5),
    ("e.price > 10.0", 10.5),
    ("e.price > 10.0", 11),
    ("e.price == 11.0", 11),
    ("e.price in [11.0, 12.0]", 11),
    ("e.price / 2.0", 5),
):
    program = environment.program(environment.compile(rule))
    try:
        result = program.evaluate({"e": celpy.json_to_cel({"price": price})})
        shown = str(bool(result)) if type(result).__name__ == "BoolType" else repr(result)
    except celpy.CELEvalError as error:
        shown = type(error).__name__
    print(f"{rule} with {price}: {shown}")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
