#!/usr/bin/env bash
# jsonschema 4.26.0, fastjsonschema 2.22.3 (as draft 7) and jsonschema-rs 0.61.2 (PyPI), ajv 8.20.0 with ajv-formats 3.0.1 and
# @cfworker/json-schema 4.1.6 (npm); run on 2026-11-28.
#
# A tracking plan written as JSON Schema says what an event may hold; where it is enforced decides. "At most cents" (multipleOf 0.01)
# refuses 19.99 and 0.07 in two, because binary division leaves a rest. Formats were switched on everywhere: an offset without a colon
# and an address without a dot pass in some, a blank instead of the T in the two of JavaScript. A postal code in Arabic digits is digits
# to Python's own patterns only. Draft 7 passes over `dependentRequired` without a word.
# The good guess that was wrong: for plain events validators differ in speed; doubtful cases are exotic keywords, not a price.
# Seen (jsonschema, fastjsonschema, jsonschema-rs, ajv, cfworker):
#   {"multipleOf": 0.01} 19.99: no yes yes no yes
#   {"multipleOf": 0.01} 0.07: no yes yes no yes
#   {"multipleOf": 0.01} 12.5: yes yes yes yes yes
#   {"format": "date-time"} "2026-11-28T12:00:00+0100": no yes no yes no
#   {"format": "date-time"} "2026-11-28 12:00:00Z": no no no yes yes
#   {"format": "date-time"} "2026-11-28T12:00:00": no no no no no
#   {"format": "email"} "a@b": yes no yes no yes
#   {"format": "email"} "j\u00fcrgen@example.com": yes yes no no no
#   {"pattern": "^\\d+$"} "\u0663": yes yes no no no
#   {"dependentRequired": {"value": ["currency"]}} {"value": 1}: no yes no no no
#   {"const": 9007199254740993} 9007199254740992: no no no yes yes
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'jsonschema[format]==4.26.0' fastjsonschema==2.22.3 jsonschema-rs==0.61.2
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts ajv@8.20.0 ajv-formats@3.0.1 @cfworker/json-schema@4.1.6
cat >validate.py <<'PY'
import json

import fastjsonschema
import jsonschema_rs
from jsonschema import Draft202012Validator

price = {"multipleOf": 0.01}
moment = {"format": "date-time"}
email = {"format": "email"}
cases = [
    (price, 19.99),
    (price, 0.07),
    (price, 12.5),
    (moment, "2026-11-28T12:00:00+0100"),
    (moment, "2026-11-28 12:00:00Z"),
    (moment, "2026-11-28T12:00:00"),
    (email, "a@b"),
    (email, "j\u00fcrgen@example.com"),
    ({"pattern": "^\\d+$"}, "\u0663"),
    ({"dependentRequired": {"value": ["currency"]}}, {"value": 1}),
    ({"const": 9007199254740993}, 9007199254740992),
]


def fast(schema, instance):
    try:
        fastjsonschema.compile({"$schema": "http://json-schema.org/draft-07/schema", **schema})(instance)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


for schema, instance in cases:
    answers = [
        Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(instance),
        fast(schema, instance),
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(instance),
    ]
    # JavaScript gets the texts, so that its own parser reads the numbers.
    print(json.dumps([json.dumps(schema), json.dumps(instance), answers]))
PY
venv/bin/python validate.py >python.jsonl
cat >validate.js <<'JS'
const { readFileSync } = require("fs");
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;
const { Validator } = require("@cfworker/json-schema");
const word = (valid) => (valid ? "yes" : "no");
for (const line of readFileSync("python.jsonl", "utf8").trim().split("\n")) {
  const [schema, instance, answers] = JSON.parse(line);
  const ajv = new Ajv({ strict: false });
  addFormats(ajv);
  answers.push(ajv.validate(JSON.parse(schema), JSON.parse(instance)));
  answers.push(new Validator(JSON.parse(schema), "2020-12").validate(JSON.parse(instance)).valid);
  console.log(`${schema} ${instance}: ${answers.map(word).join(" ")}`);
}
JS
node validate.js >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
