#!/usr/bin/env bash
# ga4mp 2.0.4 (PyPI); run on 2026-11-28.
#
# An event that is postponed keeps its time but not its person: user id and user properties are read when it is sent, so what person-1
# did goes out as person-2's once the store names person-2. The postponed `events` is one object where the protocol
# wants a list. A date given for the past loses its fraction of a second though it is sent in microseconds, and one with a
# zone raises, since it is compared with one that has none.
# The good guess that was wrong: what was tracked is kept whole until it is sent, in one shape; microseconds carry what the date has.
# Seen:
#   postponed as person-1: sent as person-2, user_properties ['tier'], events is a dict
#   sent at once as person-1: sent as person-1, user_properties [], events is a list
#   date with .250000: microseconds 0
#   date with a zone: TypeError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ga4mp==2.0.4
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import datetime
import http.server
import json
import threading

from ga4mp import GtagMP

bodies = []


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


sink = http.server.HTTPServer(("127.0.0.1", 0), Sink)
threading.Thread(target=sink.serve_forever, daemon=True).start()


def client():
    made = GtagMP(api_secret="secret", measurement_id="G-1", client_id="1.1")
    made._base_domain = f"http://127.0.0.1:{sink.server_port}/"
    made.store.set_user_property("user_id", "person-1")
    return made


def viewed():
    return [{"name": "viewed", "params": {"sku": "a-1"}}]


def told(label):
    body = bodies[-1]
    print(f"{label}: sent as {body['user_id']}, user_properties {list(body.get('user_properties', {}))},",
          f"events is a {type(body['events']).__name__}")


tracker = client()
tracker.send(viewed(), postpone=True)
tracker.store.set_user_property("user_id", "person-2")
tracker.store.set_user_property("tier", "gold")
tracker.postponed_send()
told("postponed as person-1")
tracker = client()
tracker.send(viewed())
told("sent at once as person-1")
hour = datetime.timedelta(hours=1)
tracker.send(viewed(), date=datetime.datetime.now().replace(microsecond=250000) - hour)
print("date with .250000: microseconds", bodies[-1]["timestamp_micros"] % 1000000)
try:
    tracker.send(viewed(), date=datetime.datetime.now(datetime.timezone.utc) - hour)
    print("date with a zone: sent")
except TypeError as error:
    print("date with a zone:", type(error).__name__)
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
