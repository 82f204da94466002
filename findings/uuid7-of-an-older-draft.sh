#!/usr/bin/env bash
# uuid7 0.1.0 and uuid6 2025.0.1 (PyPI), uuid 14.0.3 (npm); run on 2026-11-28.
#
# PyPI's `uuid7` makes message ids that say version 7 and pass every validation, but by a draft before RFC 9562: seconds in the first
# 36 bits, fractions after them. Read as the standard says, milliseconds in the first 48 bits, an id of November 2026 lies in 2203. A hub or a
# table that reads the time of an event from its id, or sorts by it, puts this sender's events after everybody else's for 176 years.
# The good guess that was wrong: two ids that say version 7, made one after the other on one machine, sort in that order and tell their time.
# Seen (the moments are given to both makers, one second apart):
#   PyPI uuid6: version 7, valid for npm uuid true, year by RFC 9562 2026
#   PyPI uuid7: version 7, valid for npm uuid true, year by RFC 9562 2203
#   the id made first sorts first: false
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet uuid7==0.1.0 uuid6==2025.0.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts uuid@14.0.3
# The moment is given, so that the output stays what it was.
venv/bin/python - >ids.json <<'PY'
import json
import time
from unittest.mock import patch

import uuid6
import uuid_extensions

moment = 1_795_824_000 * 10**9  # 2026-11-28 00:00 UTC
first = uuid_extensions.uuid7(moment)
with patch.object(time, "time_ns", return_value=moment + 10**9):
    second = uuid6.uuid7()
print(json.dumps({"PyPI uuid7": str(first), "PyPI uuid6": str(second)}))
PY
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
import { validate, version } from "uuid";
const ids = JSON.parse(readFileSync("ids.json"));
for (const maker of ["PyPI uuid6", "PyPI uuid7"]) {
  const id = ids[maker];
  const year = new Date(parseInt(id.replaceAll("-", "").slice(0, 12), 16)).getUTCFullYear();
  console.log(`${maker}: version ${version(id)}, valid for npm uuid ${validate(id)}, year by RFC 9562 ${year}`);
}
console.log(`the id made first sorts first: ${ids["PyPI uuid7"] < ids["PyPI uuid6"]}`);
JS
node read.mjs >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
