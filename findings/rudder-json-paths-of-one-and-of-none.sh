#!/usr/bin/env bash
# @rudderstack/json-template-engine 0.20.0 (npm); run on 2026-11-28.
#
# The engine of RudderStack's mappings also reads JSONPath. What `[*]` and filters give has the shape of the cart of the day: a list for
# two products, the bare value for one, nothing for none; a slice and a filter with one hit are bare values too, `..` is a list.
# A missing or null value is left out of the list, so two lists over the same products no longer belong together by position.
# The good guess that was wrong: selectors that may find many give a list whatever they find, with a place for each product.
# Seen:
#   $.two[*].id => [7,8]
#   $.one[*].id => 7
#   $.none[*].id => undefined
#   $.one..id => [7]
#   $.two[?(@.price > 15)].id => 7
#   $.two[?(@.price > 5)].id => [7,8]
#   $.two[?(@.price > 99)].id => undefined
#   $.two[0:1].id => 7
#   $.three[*].id => [7,8,9]
#   $.three[*].coupon => ["A","C"]
#   $.three[*].price => [19.99,0]
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @rudderstack/json-template-engine@0.20.0
node - >seen <<'JS'
const { JsonTemplateEngine, PathType } = require("@rudderstack/json-template-engine");
const [first, second, third] = [
  { id: 7, price: 19.99, coupon: "A" },
  { id: 8, price: 10, coupon: null },
  { id: 9, price: 0, coupon: "C" },
];
const event = { one: [first], two: [first, second], none: [], three: [first, { ...second, price: null }, third] };
const paths = [
  "$.two[*].id", "$.one[*].id", "$.none[*].id", "$.one..id",
  "$.two[?(@.price > 15)].id", "$.two[?(@.price > 5)].id", "$.two[?(@.price > 99)].id", "$.two[0:1].id",
  "$.three[*].id", "$.three[*].coupon", "$.three[*].price",
];
(async () => {
  for (const path of paths) {
    const engine = JsonTemplateEngine.create(path, { defaultPathType: PathType.JSON });
    console.log(path, "=>", JSON.stringify(await engine.evaluate(event)));
  }
})();
JS
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
