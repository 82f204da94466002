#!/usr/bin/env bash
# croniter 7.0.0 and cronsim 2.8 (PyPI), cron-parser 5.10.6 and croner 11.0.1 (npm), tzdata of the day; run on 2026-11-28.
#
# What a periodic campaign would do in New York. In the night the clocks go back, a daily 01:30 comes twice in croniter and once in the
# others. In the night they go forward, a daily 02:30 comes at 03:00 in three and at 03:30 in cron-parser; "every two hours" comes an
# hour after the gap in croniter and cron-parser and not at all in the others, then is right again. Where a day of the month and a
# weekday both stand, the one with a step is taken as "any day" by cronsim, so it must match as well, while the others send on either:
# "odd days or Mondays" becomes "odd days that are Mondays", a sending in nine days instead of tomorrow.
# The good guess that was wrong: libraries that read the same five fields agree on when, if not on rare signs; a daily job comes daily.
# Seen (four next times, month-day, hour and offset from UTC):
#   30 1 * * * after 2026-10-31T12:00
#     croniter    11-01T01:30-04 11-01T01:30-05 11-02T01:30-05 11-03T01:30-05
#     cronsim     11-01T01:30-04 11-02T01:30-05 11-03T01:30-05 11-04T01:30-05
#     cron-parser 11-01T01:30-04 11-02T01:30-05 11-03T01:30-05 11-04T01:30-05
#     croner      11-01T01:30-04 11-02T01:30-05 11-03T01:30-05 11-04T01:30-05
#   30 2 * * * after 2026-03-07T12:00
#     croniter    03-08T03:00-04 03-09T02:30-04 03-10T02:30-04 03-11T02:30-04
#     cronsim     03-08T03:00-04 03-09T02:30-04 03-10T02:30-04 03-11T02:30-04
#     cron-parser 03-08T03:30-04 03-09T02:30-04 03-10T02:30-04 03-11T02:30-04
#     croner      03-08T03:00-04 03-09T02:30-04 03-10T02:30-04 03-11T02:30-04
#   0 */2 * * * after 2026-03-07T23:00
#     croniter    03-08T00:00-05 03-08T03:00-04 03-08T04:00-04 03-08T06:00-04
#     cronsim     03-08T00:00-05 03-08T04:00-04 03-08T06:00-04 03-08T08:00-04
#     cron-parser 03-08T00:00-05 03-08T03:00-04 03-08T04:00-04 03-08T06:00-04
#     croner      03-08T00:00-05 03-08T04:00-04 03-08T06:00-04 03-08T08:00-04
#   0 9 */2 * 1 after 2026-11-28T00:00
#     croniter    11-29T09:00-05 11-30T09:00-05 12-01T09:00-05 12-03T09:00-05
#     cronsim     12-07T09:00-05 12-21T09:00-05 01-11T09:00-05 01-25T09:00-05
#     cron-parser 11-29T09:00-05 11-30T09:00-05 12-01T09:00-05 12-03T09:00-05
#     croner      11-29T09:00-05 11-30T09:00-05 12-01T09:00-05 12-03T09:00-05
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet croniter==7.0.0 cronsim==2.8 tzdata
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts cron-parser@5.10.6 croner@11.0.1
cat >cases.json <<'JSON'
[["30 1 * * *", "2026-10-31T12:00", "-04:00"], ["30 2 * * *", "2026-03-07T12:00", "-05:00"],
 ["0 */2 * * *", "2026-03-07T23:00", "-05:00"], ["0 9 */2 * 1", "2026-11-28T00:00", "-05:00"]]
JSON
cat >next.py <<'PY'
import json
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

for expression, after, _ in json.load(open("cases.json")):
    start = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo("America/New_York"))
    runs = croniter(expression, start)
    found = {"croniter": [runs.get_next(datetime) for _ in range(4)], "cronsim": islice(CronSim(expression, start), 4)}
    print(f"{expression} after {after}")
    for name, times in found.items():
        print(f"  {name:11}", *(time.isoformat()[5:16] + time.isoformat()[19:22] for time in times))
PY
cat >next.mjs <<'JS'
import { readFileSync } from "node:fs";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
const zone = "America/New_York";
const fields = new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", timeZoneName: "longOffset" });
const shown = (time) => {
  const part = Object.fromEntries(fields.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${part.month}-${part.day}T${part.hour}:${part.minute}${part.timeZoneName.slice(3, 6)}`;
};
for (const [expression, after, offset] of JSON.parse(readFileSync("cases.json"))) {
  const start = new Date(after + offset);
  const runs = CronExpressionParser.parse(expression, { tz: zone, currentDate: start });
  console.log(`${expression} after ${after}`);
  console.log("  cron-parser", [1, 2, 3, 4].map(() => shown(runs.next().toDate())).join(" "));
  console.log("  croner     ", new Cron(expression, { timezone: zone }).nextRuns(4, start).map(shown).join(" "));
}
JS
venv/bin/python next.py >python.txt
node next.mjs >javascript.txt
# Two lines of each library belong under one heading.
awk 'FNR == NR { line[NR] = $0; next } FNR % 3 == 1 { print line[FNR]; print line[FNR + 1]; print line[FNR + 2]; next } { print }' python.txt javascript.txt >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
