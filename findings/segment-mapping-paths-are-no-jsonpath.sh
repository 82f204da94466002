#!/usr/bin/env bash
# @segment/actions-core 3.170.0 with liquidjs 10.30.1, which it needs and does not list (npm); run on 2026-11-28.
#
# The `@path` of Segment's mappings is written `$.products[0].id`, but it is no JSONPath: `[*]`, `[-1]`, `..` and quoted names
# give nothing, without an error, so the field is missing in what is sent; `$.products.0.id` works. `{{ }}` templates print false as
# text and null as nothing.
# The good guess that was wrong: what begins with `$.` and has brackets is JSONPath, or its selectors are refused when saved.
# Seen:
#   $.products[0].id => {"v":1}
#   $.products.0.id => {"v":1}
#   $.products[*].id => {}
#   $.products[-1].id => {}
#   $..id => {}
#   $["order id"] => {}
#   template => {"v":"0-false--"}
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @segment/actions-core@3.170.0 liquidjs@10.30.1
node -e '
const { transform } = require("@segment/actions-core");
const payload = { products: [{ id: 1 }, { id: 2 }], "order id": 7, a: 0, b: false, c: null };
for (const path of ["$.products[0].id", "$.products.0.id", "$.products[*].id", "$.products[-1].id", "$..id", "$[\"order id\"]"])
  console.log(path, "=>", JSON.stringify(transform({ v: { "@path": path } }, payload)));
console.log("template =>", JSON.stringify(transform({ v: { "@template": "{{a}}-{{b}}-{{c}}-{{missing}}" } }, payload)));
' >seen
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
