#!/usr/bin/env bash
# segment-analytics-python 2.4.0, rudder-sdk-python 2.1.9 (PyPI); run on 2026-11-28.
#
# A datetime without a zone, handed to track(timestamp=...) on a machine at UTC+05:30, is sent as UTC when it lies in the
# past and as local time when it lies in the future: two events two hours apart arrive three and a half hours closer together,
# here even in the wrong order by the clock.
# The good guess that was wrong: one rule for both, either always UTC or always local. The libraries take any time less than
# five seconds old for "just now, so local", and every future time is less than five seconds old.
# Seen:
#   segment an hour ago +00:00
#   segment in an hour +05:30
#   rudder an hour ago +00:00
#   rudder in an hour +05:30
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet segment-analytics-python==2.4.0 rudder-sdk-python==2.1.9
TZ=Asia/Kolkata "$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import datetime

import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

now = datetime.datetime.now()
hour = datetime.timedelta(hours=1)
for name, library in (("segment", segment), ("rudder", rudder)):
    client = library.Client("write-key", send=False)
    for label, moment in (("an hour ago", now - hour), ("in an hour", now + hour)):
        _, message = client.track(user_id="u-1", event="Order Completed", timestamp=moment)
        print(name, label, message["timestamp"][-6:])
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
