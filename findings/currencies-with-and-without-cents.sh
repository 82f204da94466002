#!/usr/bin/env bash
# babel 2.19.0 and iso4217 1.16.20260101 (PyPI), currency-codes 2.2.0 and @dinero.js/currencies 2.0.0-alpha.15 (npm); run on 2026-11-28.
#
# Shops send amounts in minor units (1250 = 12.50). How many decimals a currency has is asked of a library, and these differ by up to a
# thousand times: by ISO 4217 the Hungarian forint and the Indonesian rupiah have two, the Iraqi dinar three; by CLDR, which babel (and
# a browser's Intl) follows, none, because nobody pays with the coins. The ariary's fifth is a base of its own in one table.
# The good guess that was wrong: only JPY, KWD and their like need care, and every table of currencies gives them the same decimals.
# Seen (decimals: iso4217, babel, currency-codes, dinero.js):
#   EUR 2 2 2 2
#   JPY 0 0 0 0
#   KWD 3 3 3 3
#   HUF 2 0 2 2
#   IDR 2 0 2 2
#   COP 2 0 2 2
#   IQD 3 0 3 3
#   LBP 2 0 2 2
#   MGA 2 0 2 1
#   TWD 2 2 2 2
# Seen (currencies where iso4217 and babel differ):
#   AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK SOS SYP YER
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet babel==2.19.0 iso4217==1.16.20260101
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts currency-codes@2.2.0 @dinero.js/currencies@2.0.0-alpha.15
venv/bin/python - >python.json <<'PY'
import json

from babel.numbers import get_currency_precision
from iso4217 import Currency

decimals = {currency.name.upper(): currency.exponent for currency in Currency if currency.exponent is not None}
print(json.dumps({code: [exponent, get_currency_precision(code)] for code, exponent in decimals.items()}))
PY
cat >compare.js <<'JS'
const { code } = require("currency-codes");
const dinero = require("@dinero.js/currencies");
const python = require("./python.json");
for (const name of ["EUR", "JPY", "KWD", "HUF", "IDR", "COP", "IQD", "LBP", "MGA", "TWD"])
  console.log(name, ...python[name].map(String), String(code(name).digits), String(dinero[name].exponent));
console.log(Object.keys(python).filter((name) => python[name][0] !== python[name][1]).sort().join(" "));
JS
node compare.js >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
