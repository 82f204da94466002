#!/usr/bin/env bash
# webencodings 0.6.1 (PyPI); run on 2026-11-28.
#
# The labels are those of the WHATWG encoding standard, the tables are Python's. So text that a browser posted and can read
# back comes out with replacement characters: windows-1252 has five bytes that Python leaves undefined and the standard
# maps to U+0081, U+008D, U+008F, U+0090, U+009D; 0x80 alone is the euro sign in the standard's gbk.
# The good guess that was wrong: a library that reads labels as the standard does decodes as the standard does.
# Seen:
#   windows-1252 81: U+FFFD
#   iso-8859-1 9d: U+FFFD
#   gbk 80: U+FFFD
#   windows-1252 80: U+20AC
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet webencodings==0.6.1
"$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import webencodings

for label, byte in (
    ("windows-1252", 0x81), ("iso-8859-1", 0x9D), ("gbk", 0x80), ("windows-1252", 0x80),
):
    text, _ = webencodings.decode(bytes([byte]), label)
    print(f"{label} {byte:02x}: U+{ord(text):04X}")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
