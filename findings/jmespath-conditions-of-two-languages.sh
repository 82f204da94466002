#!/usr/bin/env bash
# jmespath 1.1.0 (PyPI) and jmespath 0.16.0 (npm); run on 2026-11-28.
#
# One condition on one payload decides otherwise in the two libraries of the same house. A text compared with a number is null by the
# specification: Python raises a bare TypeError (no JMESPathError, so a handler of the library's errors misses it) and JavaScript says
# true. An empty text is the number 0 in JavaScript, "0x10" is 16, every text starts with the empty one in Python and none in
# JavaScript; 1.0 as a text is "1.0" or "1".
# The good guess that was wrong: the compliance suite that both pass leaves no room for an order's condition to be true in one only.
# Seen:
#   amount > `4` => Python raises TypeError, JavaScript true
#   starts_with(coupon, '') => Python true, JavaScript false
#   to_number('') => Python null, JavaScript 0
#   to_number('0x10') => Python null, JavaScript 16
#   to_string(rate) => Python "1.0", JavaScript "1"
#   to_string(order) => Python "9007199254740993", JavaScript "9007199254740992"
#   amount == total => Python false, JavaScript false
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet jmespath==1.1.0
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts jmespath@0.16.0
cat >payload.json <<'JSON'
{"amount": "5", "total": 5, "coupon": "SPRING", "rate": 1.0, "order": 9007199254740993}
JSON
cat >expressions <<'EXPRESSIONS'
amount > `4`
starts_with(coupon, '')
to_number('')
to_number('0x10')
to_string(rate)
to_string(order)
amount == total
EXPRESSIONS
venv/bin/python - >python.txt <<'PY'
import json

import jmespath

payload = json.load(open("payload.json"))
for expression in open("expressions").read().splitlines():
    try:
        answer = json.dumps(jmespath.search(expression, payload))
    except Exception as error:
        answer = f"raises {type(error).__name__}"
    print(f"{expression} => Python {answer}")
PY
cat >search.js <<'JS'
const { readFileSync } = require("fs");
const { search } = require("jmespath");
const payload = JSON.parse(readFileSync("payload.json"));
for (const expression of readFileSync("expressions", "utf8").trim().split("\n"))
  console.log("JavaScript " + JSON.stringify(search(payload, expression)));
JS
node search.js >javascript.txt
paste -d '~' python.txt javascript.txt | sed 's/~/, /' >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
