#!/usr/bin/env bash
# price-parser 0.5.1 (PyPI); run on 2026-11-28.
#
# The library that reads "1.234,50 EUR" out of shop pages and feeds takes any point or comma before exactly three digits for a sign of
# thousands, also after a lone 0, where no thousands can be: a unit price of 0.125 becomes 125, a litre of fuel at 1.359 becomes 1359,
# a rate of exchange 1.085 becomes 1085. Minus signs and accountants' brackets go, so a refund adds to revenue. A number as many programs
# print it, 1e3, is 1. Nothing is raised and no doubt is told.
# The good guess that was wrong: what is ambiguous (1.234) is read by custom, what is not (0.125, -5.00) is read as it stands.
# Seen:
#   "0.125 €" => 125 €
#   "0,999" => 999
#   "1.359 EUR" => 1359 EUR
#   "1.3590 EUR" => 1.3590 EUR
#   "-5.00 €" => 5.00 €
#   "(5.00)" => 5.00
#   "1e3" => 1
#   "12.345,60 kr" => 12345.60 kr
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet price-parser==0.5.1
venv/bin/python - >seen <<'PY'
from price_parser import Price

for text in ("0.125 €", "0,999", "1.359 EUR", "1.3590 EUR", "-5.00 €", "(5.00)", "1e3", "12.345,60 kr"):
    price = Price.fromstring(text)
    print(f'"{text}" => {price.amount}{" " + price.currency if price.currency else ""}')
PY
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
