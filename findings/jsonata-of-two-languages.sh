#!/usr/bin/env bash
# jsonata-python 0.7.1 (PyPI) and jsonata 2.2.2 (npm); run on 2026-11-28.
#
# One expression over one payload, two results. The remainder of a fraction is cut to a whole number in Python; a whole number of 16
# digits becomes text with an exponent and loses the last digits; distinct takes true and 1 for one value, and `in` finds the
# one in a list with the other; a half goes up where JavaScript goes to the even digit; time without an offset is UTC in
# Python and the machine's in JavaScript.
# The good guess that was wrong: a port that runs the test suite of the original gives its results, at least where neither complains.
# Seen:
#   7.5 % 2 => Python 1, JavaScript 1.5
#   "order-" & order => Python "order-1.73203040506071e+15", JavaScript "order-1732030405060708"
#   $string(order) => Python "1.73203040506071e+15", JavaScript "1732030405060708"
#   $string(100000000000000) => Python "100000000000000", JavaScript "100000000000000"
#   $distinct(answers) => Python [true,"1",0], JavaScript [true,1,"1",0,false]
#   true in [1] => Python true, JavaScript false
#   true = 1 => Python false, JavaScript false
#   $formatNumber(0.125, "0%") => Python "13%", JavaScript "12%"
#   $round(2.5) => Python 2, JavaScript 2
#   $toMillis("2024-01-01T00:00:00") at UTC+05:30 => Python 1704067200000, JavaScript 1704047400000
#   $number("1_000") => Python 1000, JavaScript D3030
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet jsonata-python==0.7.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts jsonata@2.2.2
echo '{"order": 1732030405060708, "answers": [true, 1, "1", 0, false]}' >payload.json
cat >expressions <<'EXPRESSIONS'
7.5 % 2
"order-" & order
$string(order)
$string(100000000000000)
$distinct(answers)
true in [1]
true = 1
$formatNumber(0.125, "0%")
$round(2.5)
$toMillis("2024-01-01T00:00:00")
$number("1_000")
EXPRESSIONS
export TZ=Asia/Kolkata
venv/bin/python - >python.txt <<'PY'
import json

import jsonata

payload = json.load(open("payload.json"))
for expression in open("expressions").read().splitlines():
    try:
        shown = json.dumps(jsonata.Jsonata(expression).evaluate(payload), separators=(",", ":"))
    except jsonata.JException as error:
        shown = error.error
    zone = " at UTC+05:30" if "toMillis" in expression else ""
    print(f"{expression}{zone} => Python {shown}")
PY
node - >javascript.txt <<'JS'
const { readFileSync } = require("fs");
const jsonata = require("jsonata");
const payload = require("./payload.json");
(async () => {
  for (const expression of readFileSync("expressions", "utf8").trim().split("\n")) {
    const shown = await jsonata(expression).evaluate(payload).then(JSON.stringify, (error) => error.code);
    console.log("JavaScript " + shown);
  }
})();
JS
paste -d '~' python.txt javascript.txt | sed 's/~/, /' >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
