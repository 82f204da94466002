#!/usr/bin/env bash
# facebook_business 26.0.3 (PyPI) and facebook-nodejs-business-sdk 24.0.1 (npm); run on 2026-11-28.
#
# Both tidy and hash what identifies a person for the Conversions API. A phone number with its country code, written with dots or a
# slash, is hashed with these by JavaScript, so it matches nobody, and raises in Python. And a
# number in national form loses its first 0 in both: London's 020 7946 0958 is hashed as 2079460958, and +20 is Egypt.
# Apostrophes stay in names and cities, while hyphens leave a city and stay in a name; the vendor asks for no punctuation in either.
# The good guess that was wrong: SDKs of one vendor keep the digits of a number and hash alike; what lacks a country code is refused.
# Seen:
#   phone +1 650 555 1212: Python hashes 16505551212, JavaScript hashes 16505551212
#   phone +1.650.555.1212: Python raises ValueError, JavaScript hashes 1.650.555.1212
#   phone +49 30/23125000: Python raises ValueError, JavaScript hashes 4930/23125000
#   phone 020 7946 0958: Python hashes 2079460958, JavaScript hashes 2079460958
#   phone +44 (0)20 7946 0958: Python hashes 4402079460958, JavaScript hashes 4402079460958
#   name O'Neil-Smith: Python hashes o'neil-smith, JavaScript hashes o'neil-smith
#   city Coeur d'Alene: Python hashes coeurd'alene, JavaScript hashes coeurd'alene
#   city Winston-Salem: Python hashes winstonsalem, JavaScript hashes winstonsalem
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet facebook_business==26.0.3
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts facebook-nodejs-business-sdk@24.0.1
cat >cases.json <<'JSON'
[["phone", "+1 650 555 1212", ["16505551212"]],
 ["phone", "+1.650.555.1212", ["16505551212", "1.650.555.1212"]],
 ["phone", "+49 30/23125000", ["493023125000", "4930/23125000"]],
 ["phone", "020 7946 0958", ["442079460958", "02079460958", "2079460958"]],
 ["phone", "+44 (0)20 7946 0958", ["442079460958", "4402079460958"]],
 ["name", "O'Neil-Smith", ["oneilsmith", "o'neilsmith", "o'neil-smith", "oneil-smith"]],
 ["city", "Coeur d'Alene", ["coeurdalene", "coeurd'alene", "coeur d'alene"]],
 ["city", "Winston-Salem", ["winstonsalem", "winston-salem"]]]
JSON
venv/bin/python - >python.txt <<'PY'
import hashlib
import json

from facebook_business.adobjects.serverside.user_data import UserData

fields = {"phone": ("phone", "ph"), "name": ("last_name", "ln"), "city": ("city", "ct")}
for kind, value, readings in json.load(open("cases.json")):
    names = {hashlib.sha256(reading.encode()).hexdigest(): reading for reading in readings}
    given, sent = fields[kind]
    try:
        hashed = UserData(**{given: value}).normalize()[sent][0]
        print(f"{kind} {value}: Python hashes {names.get(hashed, 'something else')}")
    except ValueError as error:
        print(f"{kind} {value}: Python raises {type(error).__name__}")
PY
node - >javascript.txt <<'JS'
const { createHash } = require("crypto");
const { UserData } = require("facebook-nodejs-business-sdk");
const fields = { phone: ["setPhone", "ph"], name: ["setLastName", "ln"], city: ["setCity", "ct"] };
for (const [kind, value, readings] of require("./cases.json")) {
  const names = new Map(readings.map((reading) => [createHash("sha256").update(reading).digest("hex"), reading]));
  const [given, sent] = fields[kind];
  try {
    console.log("JavaScript hashes " + (names.get(new UserData()[given](value).normalize()[sent][0]) ?? "something else"));
  } catch (error) {
    console.log("JavaScript raises " + error.name);
  }
}
JS
paste -d '~' python.txt javascript.txt | sed 's/~/, /' >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
