"""What the status makes of the page of a gateway that runs."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from heliograph.operations.look.condition.gateway import gateway_problems
from heliograph.storage.folder.run_files import RoleNote

DISK = {"name": "disk", "state": "failed", "message": "0 MB free"}
LAG = {"name": "worker", "state": "warning", "message": "does not run"}


class Page(BaseHTTPRequestHandler):
    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/readyz" else 404)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def note() -> Iterator[RoleNote]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield RoleNote(
        role="gateway", pid=7, started_at=1, address=f"http://127.0.0.1:{server.server_port}"
    )
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, json.dumps({"checks": [LAG]}).encode(), []),
        (503, json.dumps({"checks": [LAG, DISK]}).encode(), ["disk: 0 MB free"]),
        (503, b'{"status": "unready"}', ["its page /readyz says why"]),
        (503, b"<html>", ["its page /readyz says why"]),
        (503, b"[1]", ["its page /readyz says why"]),
    ],
)
def test_a_page_that_is_not_ready_is_told(
    note: RoleNote, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, said: list[str]
) -> None:
    monkeypatch.setattr(Page, "status", status)
    monkeypatch.setattr(Page, "body", body)
    wanted = [f"The gateway (process 7) refuses requests: {each}" for each in said]
    assert gateway_problems(note) == wanted


def test_one_that_does_not_listen_is_not_asked() -> None:
    assert gateway_problems(None) == []
    assert gateway_problems(RoleNote(role="gateway", pid=7, started_at=1)) == []


def test_one_that_cannot_be_asked_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        [said] = gateway_problems(RoleNote(role="gateway", pid=7, started_at=1, address=address))
    assert said.startswith(f"The gateway (process 7) cannot be asked at {address}: ")
