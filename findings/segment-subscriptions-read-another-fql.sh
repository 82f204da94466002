#!/usr/bin/env bash
# @segment/destination-subscriptions 3.37.0 (npm); run on 2026-11-28.
#
# The triggers of Segment's action destinations are written in FQL, but in another one than its filters and transformations, whose
# reference quotes text with '. Here only " quotes; a comparison with '...' is no error but never true, and its negation always.
# `and` and `or` have one rank and are taken from left to right, and ! before brackets is skipped. An absent property differs from
# text and from true, yet not from a number.
# The good guess that was wrong: one vendor's filter language reads alike everywhere or is refused; `and` binds before `or`.
# Seen:
#   event = "Order Completed" => true
#   event = 'Order Completed' => false
#   contains(context.library.name, "js") => true
#   contains(context.library.name, 'js') => false
#   !contains(context.library.name, "js") => false
#   !contains(context.library.name, 'js') => true
#   type = "track" or type = "page" and event = "Viewed" => false
#   type = "page" and event = "Viewed" or type = "track" => true
#   type = "track" or (type = "page" and event = "Viewed") => true
#   (event = "Viewed") => false
#   !(event = "Viewed") => false
#   properties.coupon != "X" => true
#   properties.vip != true => true
#   properties.total != 5 => false
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @segment/destination-subscriptions@3.37.0
cat >rules <<'RULES'
event = "Order Completed"
event = 'Order Completed'
contains(context.library.name, "js")
contains(context.library.name, 'js')
!contains(context.library.name, "js")
!contains(context.library.name, 'js')
type = "track" or type = "page" and event = "Viewed"
type = "page" and event = "Viewed" or type = "track"
type = "track" or (type = "page" and event = "Viewed")
(event = "Viewed")
!(event = "Viewed")
properties.coupon != "X"
properties.vip != true
properties.total != 5
RULES
node - >seen <<'JS'
const { readFileSync } = require("fs");
const { parseFql, validate } = require("@segment/destination-subscriptions");
const event = { type: "track", event: "Order Completed", context: { library: { name: "analytics.js" } }, properties: {} };
for (const rule of readFileSync("rules", "utf8").trim().split("\n")) {
  const parsed = parseFql(rule);
  console.log(rule, "=>", parsed.error ? "refused" : validate(parsed, event));
}
JS
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
