"""Everything the demo needs, set up and taken down: twins, configuration, the hub, and a sender."""

import asyncio
import base64
import os
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Final

import aiohttp
import msgspec

from heliograph.app import wiring
from heliograph.app.demo.traffic import Shot
from heliograph.app.processes import RoleProcess
from heliograph.app.settings import Settings
from heliograph.app.settings_loading import load_settings
from heliograph.errors import ConfigError, HeliographError
from heliograph.operations.configuration.check import check_folder
from heliograph.operations.configuration.folder import read_folder
from heliograph.operations.configuration.transfer import apply, planned
from heliograph.storage.folder.run_files import running
from heliograph.twins import sandbox
from heliograph.twins.sandbox import RunningTwin, open_sandbox
from heliograph.twins.server.faults import Fault

WORKSPACE: Final = "demo"
DATA_API_KEY: Final = "demo-data-api-key"
WEAK_TWIN: Final = "webengage"
FAULTS: Final = (
    Fault(status=429, rate=0.003, retry_after_s=1),
    Fault(status=503, rate=0.05),
)
"""What is wrong with the twin of WebEngage, so that waiting and trying again can be seen.

A 429 stops everything to this destination for a second: more of them than this, and it would fall
behind the demo's traffic for good.
"""
READY_S: Final = 90.0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub said to one request."""

    shot: Shot
    status: int
    body: str


class Stage:
    """A running demo. Make it with `open_stage`."""

    def __init__(
        self,
        *,
        settings: Settings,
        hub: RoleProcess,
        twins: dict[str, RunningTwin],
        session: aiohttp.ClientSession,
    ) -> None:
        self.settings = settings
        self.hub = hub
        self.twins = twins
        self.sent = 0
        self.accepted = 0
        self.statuses: Counter[int] = Counter()
        self._session = session

    @property
    def address(self) -> str:
        """`http://host:port` of the gateway."""
        assert self.hub.address is not None
        return self.hub.address

    async def send(self, shot: Shot) -> Answer:
        """Send one request and count its answer.

        Raises:
            aiohttp.ClientError: the gateway did not answer; status 0 is counted.
        """
        credentials = f"{WORKSPACE}:{shot.password or DATA_API_KEY}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(credentials.encode()).decode(),
            "Content-Type": "application/json",
        }
        self.sent += 1
        try:
            async with self._session.post(
                self.address + shot.path, data=shot.body, headers=headers
            ) as response:
                answer = Answer(shot=shot, status=response.status, body=await response.text())
        except aiohttp.ClientError:
            self.statuses[0] += 1
            raise
        self.statuses[answer.status] += 1
        self.accepted += answer.status == 200
        return answer

    def trouble(self, on: bool) -> None:
        """Make the weak twin fail now and then, or heal it."""
        self.twins[WEAK_TWIN].server.faults.put(list(FAULTS) if on else [])


@asynccontextmanager
async def open_stage(
    data_dir: Path, *, port: int, twin_ports: int | None
) -> AsyncGenerator[Stage, None]:
    """Start twins and hub with the demo's configuration, and stop all of it at the end.

    Args:
        data_dir: an empty or missing folder.
        port: of the gateway; 0 takes a free one.
        twin_ports: first port of the twins; None takes free ones.

    Raises:
        HeliographError: the hub could not start.
        OSError: a port of the twins is taken.
    """
    arguments = [
        *("--data-dir", str(data_dir), "--set", f"gateway.port={port}"),
        # Shorter than in production, so that a person who watches sees deliveries come back.
        *("--set", "delivery.retry.first_s=1", "--set", "delivery.retry.factor=2"),
        *("--set", "log.level=warning"),
    ]
    async with open_sandbox(port_base=twin_ports) as twins, aiohttp.ClientSession() as session:
        environ = {
            **_clean(os.environ),
            **variables({name: twin.url for name, twin in twins.items()}, key=DATA_API_KEY),
        }
        settings = load_settings(environ={}, flags={"data_dir": str(data_dir)}).settings
        await asyncio.to_thread(_apply, settings, environ)
        with RoleProcess("up", arguments, environ=environ, log=data_dir / "hub.log") as hub:
            await asyncio.to_thread(hub.wait_ready, READY_S)
            stage = Stage(settings=settings, hub=hub, twins=twins, session=session)
            stage.trouble(True)
            try:
                yield stage
            finally:
                await asyncio.to_thread(hub.stop)


def configuration_folder() -> Path:
    """Return the demo's configuration, which is part of the package (examples/demo of the tree)."""
    return Path(str(resources.files("heliograph"))) / "demo_configuration"


def variables(urls: Mapping[str, str], *, key: str) -> dict[str, str]:
    """Return the variables that the demo's configuration names.

    Args:
        urls: name of each twin -> where it is.
        key: the Data API key of the demo's workspace.
    """
    return {
        "DEMO_DATA_API_KEY": key,
        "DEMO_WEBENGAGE_URL": urls["webengage"],
        "DEMO_WEBENGAGE_LICENSE": sandbox.WEBENGAGE_LICENSE,
        "DEMO_WEBENGAGE_KEY": sandbox.WEBENGAGE_API_KEY,
        "DEMO_MOENGAGE_URL": urls["moengage"],
        "DEMO_MOENGAGE_WORKSPACE": sandbox.MOENGAGE_WORKSPACE,
        "DEMO_MOENGAGE_KEY": sandbox.MOENGAGE_DATA_KEY,
        "DEMO_HEAP_URL": urls["heap"],
        "DEMO_HEAP_APP_ID": sandbox.HEAP_APP_ID,
        "DEMO_SINK_URL": f"{urls['sink']}/orders",
    }


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without settings of another hub."""
    return {name: value for name, value in environ.items() if not name.startswith("HELIOGRAPH_")}


def _apply(settings: Settings, environ: Mapping[str, str]) -> None:
    folder = read_folder(configuration_folder())
    problems = check_folder(folder, environ, secrets="error", cases=False)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        first = errors[0]
        raise ConfigError(first.code, first.message, where=first.file, hint=first.hint)
    clock = wiring.system_clock()
    wiring.prepare(settings)
    with wiring.writing_store(settings) as store:
        changes = planned(store, folder, prune=False)
        apply(store, folder, expected=changes, prune=False, now_ms=clock.now_ms())


def clear(folder: Path) -> None:
    """Remove what an earlier demo left.

    Raises:
        HeliographError: `process.locked`; that demo still runs.
    """
    note = running(folder, "up")
    if note is not None:
        raise HeliographError(
            "process.locked",
            "a demo runs in this folder already",
            where=str(folder),
            found=f"process {note.pid}",
            hint="Stop it with Ctrl-C in its terminal, or start this one in another folder.",
        )
    shutil.rmtree(folder, ignore_errors=True)
