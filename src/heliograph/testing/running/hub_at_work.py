"""A hub whose roles a test starts and stops, a sender of numbered orders, and what came out of it."""

import base64
import http.client
import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from heliograph.app.processes import RoleProcess
from heliograph.testing.running.load import FAST_RETRIES, KEY, WORKSPACE, configuration
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink, unsettled


class HubAtWork:
    """See the module; every method asserts what it says."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        self.sink = sink
        self.hub = HubFolder(
            folder,
            configuration(folder / "configuration", sink.url),
            settings={**FAST_RETRIES, "engine.retry_s": "0.1", "engine.lease_ttl_ms": "1000"},
        )
        self.data = self.hub.data_dir
        self.roles: dict[str, RoleProcess] = {}

    def start(self, *roles: str) -> None:
        """Start roles and wait until they work."""
        for role in roles:
            self.roles[role] = self.hub.start(role)
        for role in roles:
            self.roles[role].wait_ready()

    def stop(self) -> None:
        """Ask all to stop and wait for it."""
        for process in self.roles.values():
            process.stop()
        self.roles.clear()

    def send(self, numbers: Iterable[int]) -> None:
        """Send orders one by one; every one of them must be acknowledged."""
        address = urlsplit(self.roles["gateway"].address or "")
        token = base64.b64encode(f"{WORKSPACE}:{KEY}".encode()).decode()
        with closing(http.client.HTTPConnection(address.hostname or "", address.port or 1)) as link:
            for number in numbers:
                order = {"customer": f"c{number % 40}", "number": number, "at": 1_700_000_000_000}
                link.request(
                    "POST",
                    "/v1/partner/shop/events?configName=orders",
                    body=json.dumps({"orders": [order]}),
                    headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
                )
                answer = link.getresponse()
                said = answer.read()
                assert answer.status == 200, said

    def settle(self) -> None:
        """Wait until everything is applied and delivered."""
        with self.hub.reading() as data:
            wait_until(lambda: unsettled(data) == (0, 0), "all is settled", said=self.hub.output)

    def wait_applied(self) -> None:
        """Wait until everything is applied, delivered or not."""
        with self.hub.reading() as data:
            wait_until(lambda: unsettled(data)[0] == 0, "all is applied", said=self.hub.output)

    def readyz(self) -> dict[str, Any]:
        """Return the gateway's page, its `status` the HTTP status."""
        address = urlsplit(self.roles["gateway"].address or "")
        with closing(http.client.HTTPConnection(address.hostname or "", address.port or 1)) as link:
            link.request("GET", "/readyz")
            answer = link.getresponse()
            return {**json.loads(answer.read()), "status": answer.status}

    def received(self) -> dict[int, set[str]]:
        """Order -> idempotency keys under which the sink got it."""
        keys: dict[int, set[str]] = {}
        for request in self.sink.received():
            number = request["body"]["properties"]["number"]
            keys.setdefault(number, set()).add(request["headers"]["idempotency-key"])
        return keys

    def keep(self, name: str, into: Path) -> None:
        """Copy a file of the data folder with what SQLite has beside it."""
        into.mkdir(exist_ok=True)
        for path in self.data.glob(f"{name}*"):
            if path.is_file():
                shutil.copy2(path, into / path.name)

    def put_back(self, name: str, kept: Path | None) -> None:
        """Replace a file by the kept one, or remove it."""
        for path in self.data.glob(f"{name}*"):
            if path.is_file():
                path.unlink()
        if kept is not None:
            for path in kept.glob(f"{name}*"):
                shutil.copy2(path, self.data / path.name)

    def must_stall(self, code: str) -> None:
        """Assert that the worker applies nothing and that everything one can ask says so."""
        wait_until(
            lambda: f'"{code}"' in self.hub.output() or f"code={code}" in self.hub.output(),
            f"the worker says {code}",
            said=self.hub.output,
        )
        status = self.hub.run("status", "--json")
        assert status.returncode == 1, status.stdout
        assert json.loads(status.stdout)["stalled"]
        audit = self.hub.run("audit")
        assert audit.returncode == 1, audit.stdout
        assert "NOT balanced" in audit.stdout
        page = self.readyz()
        assert page["status"] == 200, "the gateway keeps requests, so it stays in service"
        (said,) = [check for check in page["checks"] if check["name"] == "lineage"]
        assert said["state"] == "warning"
        assert "stalls" in said["message"]

    def must_be_whole(self, *, full: bool = True) -> None:
        """Assert that the audit balances and that nothing stalls; the hub may run or not."""
        audit = self.hub.run("audit", *(["--full"] if full else []))
        assert audit.returncode == 0, audit.stdout + audit.stderr
        assert self.hub.json("status")["stalled"] is None
