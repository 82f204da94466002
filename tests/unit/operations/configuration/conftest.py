from pathlib import Path

import pytest

from heliograph.testing.running.processes import write_files

FILES = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["${ACME_KEY}"]\n',
    "sources/shop.toml": 'partner = "custom-shop"\n',
    "mappers/custom-shop/orders.json": """{
  "partner_name": "custom-shop",
  "mapping_type": "events",
  "mappings": {
    "customer_id": "$.email",
    "event_name": "Order Completed",
    "user_time": "$.at",
    "platform": "web",
    "app_version": "1.0.0",
    "attr": {"revenue": "$.total"}
  },
  "batching": false,
  "payload_validations": {}
}
""",
    "destinations/sink.toml": """type = "webhook"

[settings]
url = "http://127.0.0.1:9/in"
signing_secret = "${SINK_SECRET}"
""",
    "blueprints/plain.json": '{"events": {"drop": ["Noise"]}}\n',
    "pipelines/main.toml": """sources = ["shop"]

[[destinations]]
name = "sink"
blueprint = "plain"
""",
}
ENVIRON = {"ACME_KEY": "key-1", "SINK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


@pytest.fixture
def environ() -> dict[str, str]:
    return dict(ENVIRON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small configuration without a mistake."""
    return write_files(tmp_path / "configuration", FILES)
