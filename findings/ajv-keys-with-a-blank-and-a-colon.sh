#!/usr/bin/env bash
# ajv 8.20.0 with fast-uri 3.1.0 and 3.1.9 (npm), both within what ajv asks for (^3.0.1); run on 2026-11-28.
#
# A key under which ajv keeps a schema is read as a URI: with fast-uri 3.1.0 any text will do, with 3.1.9 what stands before a
# colon must be a scheme, so `Heap Cloud (Actions):trackEvent` throws. Such keys are what @segment/actions-core 3.170.0 makes of
# its destinations' names: a fresh install of it refuses every event of a destination whose name has a blank and brackets.
# The good guess that was wrong: a patch release below a library leaves the library's own names alone; or ajv takes any key.
# Seen:
#   fast-uri 3.1.0: plain function; scheme:name function; Heap Cloud (Actions):trackEvent function
#   fast-uri 3.1.9: plain function; scheme:name function; Heap Cloud (Actions):trackEvent TypeError URI scheme is malformed.
set -euo pipefail
script=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 3.1.0 3.1.9; do
  rm -rf node_modules package-lock.json
  echo "{\"name\":\"x\",\"version\":\"1.0.0\",\"private\":true,\"overrides\":{\"fast-uri\":\"$version\"}}" >package.json
  npm install --silent --no-audit --no-fund --ignore-scripts ajv@8.20.0
  node -e '
const Ajv = require("ajv").default, ajv = new Ajv();
const kept = key => {
  try { return typeof (ajv.getSchema(key) || ajv.addSchema({ type: "object" }, key).getSchema(key)); }
  catch (error) { return `${error.name} ${error.message}`; }
};
const keys = ["plain", "scheme:name", "Heap Cloud (Actions):trackEvent"];
console.log(`fast-uri ${process.argv[1]}:`, keys.map(key => `${key} ${kept(key)}`).join("; "));
' "$version" >>seen
done
sed -n 's/^#   //p' "$script" | diff - seen
echo "as found"
