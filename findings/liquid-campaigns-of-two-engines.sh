#!/usr/bin/env bash
# python-liquid 2.3.6 (PyPI) and liquidjs 10.30.1 (npm); run on 2026-11-28.
#
# One template of a campaign, one payload, two texts. python-liquid shows a time at the offset it came with, liquidjs in the machine's
# zone, and a plain day too, so in Los Angeles a birthday is the day before. Half points go to the even number in Python and away from
# zero in JavaScript; whole numbers are divided whole or not; a whole price keeps its .0 or loses it; cents come out as binary
# fractions in JavaScript, which leaves a week number as its letters and drops blanks at the end of a list.
# The good guess that was wrong: two engines that both name Shopify's Liquid as their measure fill in dates and numbers alike.
# Seen:
#   {{ due | date: "%d %b %H:%M" }} => Python 15 Jan 00:30, JavaScript 14 Jan 15:30
#   {{ day | date: "%d %b %H:%M" }} => Python 15 Jan 00:00, JavaScript 14 Jan 16:00
#   {{ points | divided_by: 2 }} => Python 2, JavaScript 2.5
#   {{ 2.5 | round }} => Python 2, JavaScript 3
#   {{ 3.5 | round }} => Python 4, JavaScript 4
#   {{ price | times: 2 }} => Python 40.0, JavaScript 40
#   {{ 10 | minus: 9.99 }} => Python 0.01, JavaScript 0.009999999999999787
#   {{ order }} => Python 9007199254740993, JavaScript 9007199254740992
#   {{ day | date: "%V" }} => Python 03, JavaScript %V
#   {{ "a,b,," | split: "," | size }} => Python 4, JavaScript 2
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet python-liquid==2.3.6
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts liquidjs@10.30.1
cat >payload.json <<'JSON'
{"due": "2024-01-15T00:30:00+01:00", "day": "2024-01-15", "points": 5, "price": 20.0, "order": 9007199254740993}
JSON
cat >templates <<'TEMPLATES'
{{ due | date: "%d %b %H:%M" }}
{{ day | date: "%d %b %H:%M" }}
{{ points | divided_by: 2 }}
{{ 2.5 | round }}
{{ 3.5 | round }}
{{ price | times: 2 }}
{{ 10 | minus: 9.99 }}
{{ order }}
{{ day | date: "%V" }}
{{ "a,b,," | split: "," | size }}
TEMPLATES
export TZ=America/Los_Angeles
venv/bin/python - >python.txt <<'PY'
import json

import liquid

payload = json.load(open("payload.json"))
for template in open("templates").read().splitlines():
    print(f"{template} => Python {liquid.Environment().from_string(template).render(**payload)}")
PY
node - >javascript.txt <<'JS'
const { readFileSync } = require("fs");
const { Liquid } = require("liquidjs");
const payload = require("./payload.json");
for (const template of readFileSync("templates", "utf8").trim().split("\n"))
  console.log("JavaScript " + new Liquid().parseAndRenderSync(template, payload));
JS
paste -d '~' python.txt javascript.txt | sed 's/~/, /' >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
