#!/usr/bin/env bash
# mixpanel 5.4.1 (PyPI) and mixpanel 0.24.0 (npm); run on 2026-11-28.
#
# The Python client writes a datetime as the clock face alone: offset and fraction are cut off, nothing is converted. One and the same
# instant, told in two zones, becomes two values five and a half hours apart, and nothing in the text tells which is meant.
# Its own `$time` beside it is right. The vendor's JavaScript client sends the same instant in UTC with its milliseconds.
# The good guess that was wrong: a datetime that knows its zone is sent with the offset or in UTC; only one without a zone is ambiguous.
# Seen:
#   Python, 02:00:00.250+05:30: 2024-01-01T02:00:00
#   Python, 20:30:00.250+00:00, the same instant: 2023-12-31T20:30:00
#   Python, property of an event: 2024-01-01T02:00:00
#   Python, the time of an event: 2024-01-01T02:00:00
#   JavaScript, the same instant: 2023-12-31T20:30:00.250Z
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet mixpanel==5.4.1
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts mixpanel@0.24.0
venv/bin/python - >seen <<'PY'
import datetime
import json

from mixpanel import Mixpanel

messages = []


class Consumer:
    def send(self, endpoint, message, *_):
        messages.append(json.loads(message))


client = Mixpanel("token", consumer=Consumer())
kolkata = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
moment = datetime.datetime(2024, 1, 1, 2, 0, 0, 250000, tzinfo=kolkata)
client.people_set("user-1", {"last_order": moment})
print("Python, 02:00:00.250+05:30:", messages[-1]["$set"]["last_order"])
client.people_set("user-1", {"last_order": moment.astimezone(datetime.timezone.utc)})
print("Python, 20:30:00.250+00:00, the same instant:", messages[-1]["$set"]["last_order"])
client.track("user-1", "Order Completed", {"paid_at": moment})
print("Python, property of an event:", messages[-1]["properties"]["paid_at"])
client.track("user-1", "Order Completed", {"time": moment})
print("Python, the time of an event:", messages[-1]["properties"]["time"])
PY
node - >>seen <<'JS'
const http = require("http");
const Mixpanel = require("mixpanel");
const sink = http.createServer((request, response) => {
  const data = new URL(request.url, "http://sink").searchParams.get("data");
  const message = JSON.parse(Buffer.from(data, "base64").toString());
  console.log("JavaScript, the same instant:", message.$set.last_order);
  response.end("1");
});
sink.listen(0, "127.0.0.1", () => {
  const { port } = sink.address();
  const client = Mixpanel.init("token", { host: "127.0.0.1", port, protocol: "http", keepAlive: false });
  client.people.set("user-1", { last_order: new Date("2024-01-01T02:00:00.250+05:30") }, () => sink.close());
});
JS
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
