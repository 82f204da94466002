"""How long gateway and worker are away after `kill -9`.

`python benchmarks/flow/recovery.py [--quick] [--json]`

`heliograph up` runs under a steady load. The gateway is killed and asked again and again until it answers
200; the worker is killed and the sink twin watched until a delivery of the new one arrives. Both are
started again by their supervisor, as on any other day. Every round has a fresh hub, because a supervisor
waits longer before it starts a role that has died shortly before.
"""

import base64
import http.client
import os
import signal
import statistics
import time
from urllib.parse import urlsplit

from rig import orders
from rig.hub import BenchHub, bench_hub, webhook
from rig.processes import hub_cores, pinned
from rig.result import begun, handed_in, options, quantile, say
from rig.twin import Twin

from heliograph.storage.folder.run_files import Role, running

POLL_S = 0.005
PATIENCE_S = 60.0
WARM_S = 1.0
"""Traffic before a kill."""


class Client:
    """Sends single orders, each on a connection of its own."""

    def __init__(self, address: str) -> None:
        self._place = urlsplit(address)
        token = base64.b64encode(f"{orders.WORKSPACE}:{orders.KEY}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._number = 0

    def accepted(self) -> bool:
        """Send one order and tell whether it was answered 200."""
        connection = http.client.HTTPConnection(
            self._place.hostname or "", self._place.port or 80, timeout=5
        )
        self._number += 1
        try:
            body = orders.single(self._number, 0.0)
            connection.request("POST", orders.SINGLE_PATH, body=body, headers=self._headers)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def killed(hub: BenchHub, role: Role) -> tuple[int, float]:
    """Kill a role; return its process id and the moment."""
    note = running(hub.folder.settings.data_path, role)
    assert note is not None
    assert note.pid
    os.kill(note.pid, signal.SIGKILL)
    return note.pid, time.perf_counter()


def gateway_away(hub: BenchHub, client: Client) -> float:
    """Kill the gateway; return the seconds until it acknowledged a request again."""
    _, began = killed(hub, "gateway")
    while not client.accepted():
        if time.perf_counter() - began > PATIENCE_S:
            raise TimeoutError("the gateway did not come back")
        time.sleep(POLL_S)
    return time.perf_counter() - began


def worker_away(hub: BenchHub, client: Client, twin: Twin) -> float:
    """Kill the worker; return the seconds until a delivery of the next one arrived."""
    old, began = killed(hub, "worker")
    path = hub.folder.settings.data_path
    before: int | None = None
    while before is None or twin.taken() == before:
        if time.perf_counter() - began > PATIENCE_S:
            raise TimeoutError("the worker did not come back")
        client.accepted()
        note = running(path, "worker")
        if before is None and note is not None and note.pid not in (0, old):
            before = twin.taken()
        time.sleep(POLL_S)
    return time.perf_counter() - began


def one_round(twin: Twin) -> dict[str, float]:
    """Start a hub, kill each role once, and return how long it was away."""
    with bench_hub({"sink": webhook(f"{twin.url}/events")}) as hub:
        with pinned(hub_cores()):
            up = hub.folder.start("up")
        address = up.wait_ready()
        assert address is not None
        client = Client(address)
        warm(client, twin)
        gateway = gateway_away(hub, client)
        warm(client, twin)
        worker = worker_away(hub, client, twin)
        up.stop()
    return {"gateway": gateway, "worker": worker}


def warm(client: Client, twin: Twin) -> None:
    """Send for a moment and wait until something was delivered."""
    until, before = time.perf_counter() + WARM_S, twin.taken()
    while time.perf_counter() < until or twin.taken() == before:
        client.accepted()
        time.sleep(0.02)


def main() -> None:
    """Kill each role several times and print how long it was away."""
    asked = options(__doc__)
    kills = 1 if asked.quick else 5
    result, quiet = begun(
        "recovery", "Away after kill -9", asked, settings={"kills_of_each_role": kills}
    )
    away: dict[str, list[float]] = {"gateway": [], "worker": []}
    with Twin("sink") as twin:
        for number in range(kills):
            say(f"recovery: kill {number + 1} of {kills}")
            for role, seconds in one_round(twin).items():
                away[role].append(seconds)
    result.figures = {role: [round(s, 3) for s in times] for role, times in away.items()}
    result.table(
        "Seconds from the kill",
        ("killed", "until", "median", "longest", "kills"),
        [
            (role, until, round(statistics.median(away[role]), 2),
             round(quantile(away[role], 1.0), 2), len(away[role]))
            for role, until in (("gateway", "first 200"), ("worker", "first delivery"))
        ],
    )  # fmt: skip
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
