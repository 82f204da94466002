"""Whether the gateway that runs takes requests: it is asked, since only it knows of a full disk.

Its own page `/readyz` answers; what a hub's files say is looked at elsewhere.
"""

import http.client
import json
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

from heliograph.storage.folder.run_files import RoleNote

PATIENCE_S: Final = 5.0
"""Longer than the page's own longest look at the disk."""


def gateway_problems(note: RoleNote | None) -> list[str]:
    """Return why the gateway refuses requests now, or that it does not answer; empty while it takes them.

    Args:
        note: of the gateway that runs; None, or one without an address: it does not listen.
    """
    if note is None or note.address is None:
        return []
    place = urlsplit(note.address)
    who = f"The gateway (process {note.pid})"
    try:
        with closing(
            http.client.HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE_S)
        ) as connection:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            status, body = answer.status, answer.read()
    except TimeoutError:
        return [f"{who} does not answer within {PATIENCE_S:g} s; frozen?"]
    except (OSError, http.client.HTTPException) as error:
        return [f"{who} cannot be asked at {note.address}: {error}"]
    if status != http.client.SERVICE_UNAVAILABLE:
        return []
    failed = _failed(body)
    return [f"{who} refuses requests: {each}" for each in failed or ["its page /readyz says why"]]


def _failed(body: bytes) -> list[str]:
    """Return what failed; empty when the page keeps that to itself."""
    try:
        checks: list[dict[str, Any]] = json.loads(body).get("checks", [])
        return [f"{one['name']}: {one['message']}" for one in checks if one["state"] == "failed"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
