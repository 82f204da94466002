#!/usr/bin/env bash
# jsonpath-rfc9535 1.0.1 (PyPI); run on 2026-11-28.
#
# A name behind a dot may begin with any letter of RFC 9535, but its second and later letters must lie below U+1100 or above U+D7FF: the
# pattern says \u0080-\u10FFFF where \u takes four digits, so the range ends at U+10FF and two F follow. One Chinese letter is a name, two
# are none; Korean, Japanese and Thai differ by where their blocks lie. In brackets every name is read.
# RFC 9535, section 2.5.1.1: name-char = name-first / DIGIT, name-first = ALPHA / "_" / %x80-D7FF / %xE000-10FFFF.
# The good guess that was wrong: a library that passes all 703 cases of the RFC's compliance suite reads the names that the RFC allows.
# Seen:
#   $.客: 1
#   $.客户: refused
#   $['客户']: 1
#   $.ชื่อ: 1
#   $.이름: refused
#   $.名前: refused
#   $.größe: 1
#   $.x😀: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jsonpath-rfc9535==1.0.1
PYTHONIOENCODING=utf-8 "$folder/venv/bin/python" - >"$folder/seen" <<'PY'
import jsonpath_rfc9535

names = ("客", "客户", "ชื่อ", "이름", "名前", "größe", "x😀")
document = dict.fromkeys(names, 1)
for path in ("$.客", "$.客户", "$['客户']", "$.ชื่อ", "$.이름", "$.名前", "$.größe", "$.x😀"):
    try:
        found = jsonpath_rfc9535.find(path, document).values()
        print(f"{path}: {found[0]}")
    except jsonpath_rfc9535.JSONPathError:
        print(f"{path}: refused")
PY
sed -n 's/^#   //p' "$0" | diff - "$folder/seen"
echo "as found"
