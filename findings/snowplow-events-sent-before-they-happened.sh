#!/usr/bin/env bash
# snowplow-tracker 1.1.0 (PyPI) and @snowplow/node-tracker 4.8.0 (npm); run on 2026-11-28.
#
# A collector corrects a sender's clock by what lies between `dtm` (made) and `stm` (sent): its own time less stm - dtm. The Python tracker
# cuts `stm` to whole seconds and keeps milliseconds in `dtm`, so an event that leaves at once says it was sent up to 999 ms before it
# was made, and corrected by the rule it lies up to a second after the collector had it. Node sends both in milliseconds.
# The good guess that was wrong: sent is never before made, so a negative difference means that the sender's clock was set back.
# Seen (Python's clock is held at .750 of a second, Node's runs):
#   Python: stm - dtm = -750 ms
#   Node: stm - dtm at least 0 ms true
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet snowplow-tracker==1.1.0
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @snowplow/node-tracker@4.8.0
# Takes one request, prints stm - dtm of its first event.
cat >collector.py <<'PY'
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"][0]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        print(int(event["stm"]) - int(event["dtm"]), flush=True)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Collector)
open(sys.argv[1], "w").write(str(server.server_port))
server.handle_request()
PY
collect() {
  rm -f port
  python3 collector.py port.new >difference & collector=$!
  until [ -s port.new ]; do sleep 0.05; done
  mv port.new port
}
collect
venv/bin/python - "$(cat port)" 2>/dev/null <<'PY'
import sys
import time
from unittest.mock import patch

from snowplow_tracker import Emitter, PageView, Tracker

tracker = Tracker("shop", Emitter("127.0.0.1", protocol="http", port=int(sys.argv[1]), batch_size=1), app_id="shop")
with patch.object(time, "time", return_value=1_795_824_000.750):
    tracker.track(PageView(page_url="https://shop.example/"))
PY
wait "$collector"
echo "Python: stm - dtm = $(cat difference) ms" >seen
collect
cat >send.cjs <<'JS'
const { newTracker, buildPageView } = require("@snowplow/node-tracker");
const tracker = newTracker({ namespace: "shop", appId: "shop" }, { endpoint: `http://127.0.0.1:${process.argv[2]}`, bufferSize: 1 });
tracker.track(buildPageView({ pageUrl: "https://shop.example/" }));
JS
node send.cjs "$(cat port)"
wait "$collector"
echo "Node: stm - dtm at least 0 ms $([ "$(cat difference)" -ge 0 ] && echo true || echo false)" >>seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
