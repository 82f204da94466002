#!/usr/bin/env bash
# cloudevents 2.2.0 (PyPI) and cloudevents 10.0.0 (npm); run on 2026-11-28.
#
# In the binary mode of the HTTP binding (CloudEvents 1.0.2, HTTP Protocol Binding 3.1.3.2) attribute values are percent-encoded
# in headers. The Python SDK writes and reads them so; the JavaScript SDK does neither: a subject "Grüße" that Python
# sent is "Gr%C3%BC%C3%9Fe" for a JavaScript receiver, and JavaScript writes characters that an HTTP header cannot carry.
# And where `ce-time` is absent (it is optional) both read an event that claims to have happened at the moment of reading.
# The good guess that was wrong: two official SDKs of one specification understand each other's headers, and reading adds nothing.
# Seen:
#   Python writes ce-subject: Gr%C3%BC%C3%9Fe
#   JavaScript reads it as: Gr%C3%BC%C3%9Fe
#   JavaScript writes ce-subject: Grüße
#   JavaScript, no ce-time in the headers: has a time
#   Python, no ce-time in the headers: has a time
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet cloudevents==2.2.0
(cd "$folder" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --ignore-scripts cloudevents@10.0.0)
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
from cloudevents.core.bindings.http import to_binary_event
from cloudevents.core.v1.event import CloudEvent

event = CloudEvent({"id": "1", "type": "t", "source": "/s", "specversion": "1.0", "subject": "Grüße"}, {})
print("Python writes ce-subject:", to_binary_event(event).headers["ce-subject"])
PY
(cd "$folder" && node -e '
const { HTTP, CloudEvent } = require("cloudevents");
const headers = { "ce-id": "1", "ce-type": "t", "ce-source": "/s", "ce-specversion": "1.0", "content-type": "application/json" };
const read = HTTP.toEvent({ headers: { ...headers, "ce-subject": "Gr%C3%BC%C3%9Fe" }, body: "{}" });
console.log("JavaScript reads it as:", read.subject);
console.log("JavaScript writes ce-subject:", HTTP.binary(new CloudEvent({ type: "t", source: "/s", subject: "Grüße" })).headers["ce-subject"]);
console.log("JavaScript, no ce-time in the headers:", read.time ? "has a time" : "no time");
') >>"$folder/seen"
"$folder/venv/bin/python" - >>"$folder/seen" <<'PY'
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

headers = {"ce-id": "1", "ce-type": "t", "ce-source": "/s", "ce-specversion": "1.0", "content-type": "application/json"}
print("Python, no ce-time in the headers:", "has a time" if from_http_event(HTTPMessage(headers, b"{}")).get_time() else "no time")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
