#!/usr/bin/env bash
# td-client 1.7.0 (PyPI, Treasure Data); run on 2026-11-28.
#
# The records of a CSV that the client uploads are guessed value by value, quoted or not: a postal code loses its 0, a phone number its
# plus, a customer called Null or None becomes nobody, "1_000" is 1000 and an order number with an E between digits is a float, for
# 1E400 infinite. Guessed by value, one column holds whole numbers, floats, texts and nothing, a line each.
# The good guess that was wrong: quotes say "this is text", and a column has one type.
# Seen:
#   postcode "01067" => 1067, phone "+493023125000" => 493023125000, name "Null" => None, order "12E5" => 1200000.0
#   postcode "8001" => 8001, phone "030/2312" => '030/2312', name "null" => None, order "12F5" => '12F5'
#   postcode "EC1A 1BB" => 'EC1A 1BB', phone "1_000" => 1000, name "None" => None, order "1E400" => inf
#   postcode "٣" => 3, phone " 5 " => 5, name "nan" => nan, order "TRUE" => True
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet td-client==1.7.0
venv/bin/python - >seen <<'PY'
import csv
import io

from tdclient.util import csv_dict_record_reader, read_csv_records

text = '''"postcode","phone","name","order"
"01067","+493023125000","Null","12E5"
"8001","030/2312","null","12F5"
"EC1A 1BB","1_000","None","1E400"
"٣"," 5 ","nan","TRUE"
'''
written = csv.DictReader(io.StringIO(text))
read = read_csv_records(csv_dict_record_reader(io.BytesIO(text.encode()), "utf-8", "excel"))
for before, after in zip(written, read, strict=True):
    print(", ".join(f'{name} "{before[name]}" => {after[name]!r}' for name in before))
PY
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
