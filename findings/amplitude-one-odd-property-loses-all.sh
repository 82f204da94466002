#!/usr/bin/env bash
# amplitude-analytics 1.3.0 (PyPI); run on 2026-11-28.
#
# One property whose type the client does not know takes all other properties of the event with it: the event is sent bare, nothing is
# raised or logged, and the callback reports success. A null as a property is merely left out, a null inside a list is of an unknown type.
# A time in milliseconds that is a float, or a whole `price`, is left out too (one line in the log), so the event counts as happening now.
# The good guess that was wrong: what cannot be sent is refused or left out by itself; what JSON can carry is sent.
# Seen:
#   {'price': 10.5, 'coupon': None} => {'price': 10.5}
#   {'price': 10.5, 'sizes': ['S', None]} => no properties, callback 200
#   {'price': 10.5, 'sizes': ('S', 'M')} => no properties, callback 200
#   {'price': 10.5, 'grid': [[1, 2]]} => no properties, callback 200
#   {'price': Decimal('10.5'), 'sku': 'a-1'} => no properties, callback 200
#   {'day': datetime.date(2024, 1, 1), 'sku': 'a-1'} => no properties, callback 200
#   time 1704067200000 => 1704067200000
#   time 1704067200000.0 => not sent
#   price 10.0 => 10.0
#   price 10 => not sent
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet amplitude-analytics==1.3.0
"$folder/venv/bin/python" - >"$folder/seen" 2>/dev/null <<'PY'
import datetime
import http.server
import json
import threading
from decimal import Decimal

from amplitude import Amplitude, BaseEvent, Config

bodies, answers = [], []


class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        answer = b'{"code": 200}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


sink = http.server.HTTPServer(("127.0.0.1", 0), Sink)
threading.Thread(target=sink.serve_forever, daemon=True).start()
client = Amplitude("key", Config(server_url=f"http://127.0.0.1:{sink.server_port}/"))
client.configuration.callback = lambda event, code, message=None: answers.append(code)


def sent(**fields):
    client.track(BaseEvent("Order Completed", user_id="user-1", **fields))
    for future in client.flush():
        if future:
            future.result()
    return bodies[-1]["events"][0]


for properties in (
    {"price": 10.5, "coupon": None},
    {"price": 10.5, "sizes": ["S", None]},
    {"price": 10.5, "sizes": ("S", "M")},
    {"price": 10.5, "grid": [[1, 2]]},
    {"price": Decimal("10.5"), "sku": "a-1"},
    {"day": datetime.date(2024, 1, 1), "sku": "a-1"},
):
    given = repr(properties)
    event = sent(event_properties=properties)
    print(given, "=>", event.get("event_properties", f"no properties, callback {answers[-1]}"))
for time in (1704067200000, 1704067200000.0):
    event = sent(time=time)
    print(f"time {time} =>", event["time"] if event.get("time") == time else "not sent")
for price in (10.0, 10):
    print(f"price {price} =>", sent(price=price).get("price", "not sent"))
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
