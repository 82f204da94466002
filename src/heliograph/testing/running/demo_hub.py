"""The demo's hub for end-to-end tests: its configuration on twins, requests as senders send them.

`open_hub(folder, twins)` gives a `HubFolder`; `post` and `get` speak to the gateway; `settle` waits until
nothing is under way and returns the audit.
"""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from heliograph.app.demo.round import is_settled
from heliograph.app.demo.stage import configuration_folder, variables
from heliograph.operations.look.condition.audit import AuditReport, audit
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.twins.fixture import TwinHandle

KEY: Final = "test-data-api-key"


@dataclass(frozen=True)
class Reply:
    """An answer of the gateway."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]


def post(address: str, path: str, body: object, *, key: str = KEY, user: str = "demo") -> Reply:
    """Send one webhook as a platform would; `body` is JSON unless it is bytes."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data=data, method="POST")
    request.add_header("Content-Type", "application/json")
    token = base64.b64encode(f"{user}:{key}".encode()).decode()
    request.add_header("Authorization", f"Basic {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Reply(response.status, dict(response.headers), json.loads(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, dict(error.headers), json.loads(error.read()))


def get(url: str) -> tuple[int, str]:
    """Return status and text of a page."""
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def form(email: str, at: int = 1_704_067_200_000) -> dict[str, Any]:
    """The contact form of the seed's first example."""
    return {
        "email": email,
        "first_name": "John",
        "last_name": "Doe",
        "phone": "+14155551234",
        "form_name": "Contact Us",
        "submitted_at": at,
        "utm_source": "google",
    }


FORM_PATH: Final = "/v1/partner/unbounce/events/?configName=contact_form"


def open_hub(folder: Path, twins: Mapping[str, TwinHandle]) -> HubFolder:
    """Return a data folder with the demo's configuration (not applied yet) and quick retries."""
    return HubFolder(
        folder,
        configuration_folder(),
        environ=variables({name: twin.url for name, twin in twins.items()}, key=KEY),
        settings={"delivery.retry.first_s": "0.2", "delivery.retry.factor": "1.5"},
    )


def settle(hub: HubFolder) -> AuditReport:
    """Wait until every event is applied and no delivery is under way, and return the audit.

    Raises:
        AssertionError: something still is after two minutes.
    """
    with hub.reading() as data:
        report = audit(data)

        def done() -> bool:
            nonlocal report
            report = audit(data)
            return is_settled(report)

        wait_until(
            done,
            "everything is delivered",
            timeout_s=120,
            said=lambda: f"{report}\n{hub.output()}",
        )
    return report
