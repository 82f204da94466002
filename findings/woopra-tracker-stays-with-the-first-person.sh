#!/usr/bin/env bash
# woopra 0.3.2 (PyPI); run on 2026-11-28.
#
# The first identify() gives the tracker the person's cookie, and it keeps it: what is tracked after identify() of another person goes
# out under the first one's cookie with the second one's id, so two people become one visitor whose id changes. The address given
# with set_ip_address() is never sent. Lists, true and null go out as Python writes them.
# The good guess that was wrong: identify() switches to the person it names; what a setter took is sent; values are sent as JSON.
# Seen:
#   first event, person-1: id person-1, same cookie as the first
#   then identify, person-2: id person-2, same cookie as the first
#   a new tracker, person-2: id person-2, another cookie
#   ip after set_ip_address("192.0.2.7"): not sent
#   properties: {'vip': 'True', 'coupon': 'None', 'tags': "['a', 'b']"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet woopra==0.3.2
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import http.server
import queue
import threading
from urllib.parse import parse_qsl, urlsplit

import woopra

requests = queue.Queue()


class Sink(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        requests.put(dict(parse_qsl(urlsplit(self.path).query)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
threading.Thread(target=sink.serve_forever, daemon=True).start()
connection = woopra.HTTPConnection
woopra.HTTPConnection = lambda _: connection("127.0.0.1", sink.server_port)


def tracked(tracker, person, **properties):
    tracker.identify({"id": person})
    tracker.track("Order Completed", properties)
    return requests.get(timeout=30)


tracker = woopra.WoopraTracker("shop.example")
tracker.set_ip_address("192.0.2.7")
first = tracked(tracker, "person-1", vip=True, coupon=None, tags=["a", "b"])
second = tracked(tracker, "person-2")
third = tracked(woopra.WoopraTracker("shop.example"), "person-2")
for label, sent in (("first event, person-1", first), ("then identify, person-2", second), ("a new tracker, person-2", third)):
    cookie = "same cookie as the first" if sent["cookie"] == first["cookie"] else "another cookie"
    print(f"{label}: id {sent['cv_id']}, {cookie}")
print('ip after set_ip_address("192.0.2.7"):', first.get("ip", "not sent"))
print("properties:", {name: first[f"ce_{name}"] for name in ("vip", "coupon", "tags")})
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
