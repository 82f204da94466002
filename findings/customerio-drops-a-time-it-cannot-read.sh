#!/usr/bin/env bash
# customerio 3.2.0 (PyPI); run on 2026-11-28.
#
# track(..., timestamp="2024-01-01T00:00:00Z") succeeds and sends the event without any timestamp, so it counts as happening
# now; backfill() with the same text raises. A datetime without a zone is taken as UTC by both, whatever the machine's zone.
# The good guess that was wrong: a time that cannot be read is an error in both, or ISO text is read in both.
# Seen:
#   track with text: no timestamp sent
#   track with the number as text: 1704067200
#   backfill with text: CustomerIOException
#   track with a datetime without zone at UTC+05:30: 1704067200
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet customerio==3.2.0
TZ=Asia/Kolkata "$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import datetime
import http.server
import json
import threading

from customerio import CustomerIO, CustomerIOException

bodies = []


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


sink = http.server.HTTPServer(("127.0.0.1", 0), Sink)
threading.Thread(target=sink.serve_forever, daemon=True).start()
client = CustomerIO("site", "key", host="127.0.0.1", port=sink.server_port)
client.base_url = f"http://127.0.0.1:{sink.server_port}/api/v1"
text = "2024-01-01T00:00:00Z"
client.track("u-1", "order_completed", timestamp=text)
print("track with text:", bodies[-1].get("timestamp", "no timestamp sent"))
client.track("u-1", "order_completed", timestamp="1704067200")
print("track with the number as text:", bodies[-1].get("timestamp", "no timestamp sent"))
try:
    client.backfill("u-1", "order_completed", text)
    print("backfill with text:", bodies[-1].get("timestamp"))
except CustomerIOException as error:
    print("backfill with text:", type(error).__name__)
client.track("u-1", "order_completed", timestamp=datetime.datetime(2024, 1, 1))
print("track with a datetime without zone at UTC+05:30:", bodies[-1].get("timestamp"))
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
