"""Node-RED as a peer: http in → function → http response, nothing stored; installed into a cache folder."""

import json
import os
import shutil
import subprocess
from pathlib import Path

VERSION = "4"
"""The newest line that runs on Node.js 18 and 20."""

SETTINGS = """module.exports = {
  uiHost: "127.0.0.1", uiPort: %d, httpAdminRoot: false, flowFile: "flow.json",
  telemetry: { enabled: false, updateNotification: false },
  logging: { console: { level: "error", metrics: false, audit: false } },
  editorTheme: { tours: false }, externalModules: { autoInstall: false },
};
"""
FUNCTION = """const order = msg.payload;
msg.payload = { request_id: msg._msgid, name: "shop",
  description: "Successfully submitted for processing" };
msg.event = { customer_id: order.customer.email, event: order.event.name,
  timestamp: Date.parse(order.event.time), platform: "web", app_version: order.app.version,
  attr: { order_id: order.order.id, total: order.order.total, currency: order.order.currency,
          items: order.order.items, coupon: order.order.coupon },
  user_attributes: { u_em: order.customer.email, u_fn: order.customer.first_name,
          u_ln: order.customer.last_name, u_mb: order.customer.phone,
          city: order.customer.address.city } };
return msg;"""


def install(cache: Path) -> str | None:
    """Install Node-RED; returns why it is not there, or None when it is."""
    if (cache / "node_modules" / "node-red" / "red.js").is_file():
        return None
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "node and npm are not installed"
    cache.mkdir(parents=True, exist_ok=True)
    command = [
        npm,
        "install",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--prefix",
        str(cache),
    ]
    try:
        done = subprocess.run(
            [*command, f"node-red@{VERSION}"],
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "npm install took longer than 240 s"
    return None if done.returncode == 0 else f"npm install failed: {done.stderr.strip()[-200:]}"


def command(cache: Path, folder: Path, port: int, path: str) -> list[str]:
    """Write flow and settings into `folder` and return the command line that serves them."""
    folder.mkdir(parents=True, exist_ok=True)
    flow = [
        {"id": "tab", "type": "tab", "label": "bench"},
        {
            "id": "in",
            "z": "tab",
            "type": "http in",
            "url": path,
            "method": "post",
            "wires": [["map"]],
        },
        {
            "id": "map",
            "z": "tab",
            "type": "function",
            "func": FUNCTION,
            "outputs": 1,
            "wires": [["out"]],
        },
        {"id": "out", "z": "tab", "type": "http response", "statusCode": "200", "wires": []},
    ]
    (folder / "flow.json").write_text(json.dumps(flow))
    (folder / "settings.js").write_text(SETTINGS % port)
    red = cache / "node_modules" / "node-red" / "red.js"
    node = shutil.which("node") or "node"
    return [node, str(red), "--userDir", str(folder), "--settings", str(folder / "settings.js")]


def environment() -> dict[str, str]:
    """Return the environment for Node-RED: production mode, as it would be deployed."""
    return {**os.environ, "NODE_ENV": "production"}
