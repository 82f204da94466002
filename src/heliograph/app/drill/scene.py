"""The processes of a drill: the roles, started and killed, and the commands that work beside them."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from heliograph.app.drill.orders import documents
from heliograph.app.drill.plan import Manner, Work
from heliograph.app.processes import RoleProcess
from heliograph.app.settings import Settings
from heliograph.app.settings_loading import load_settings
from heliograph.errors import HeliographError
from heliograph.storage.folder.run_files import Role, running

SETTINGS: Final[Mapping[str, str]] = {
    "log.level": "info",
    "worker.count": "2",
    "engine.lease_ttl_ms": "1500",
    "delivery.retry.first_s": "0.1",
    "delivery.retry.factor": "1.5",
    "delivery.retry.cap_s": "1",
    "delivery.request_timeout_s": "1.5",
    "delivery.lease_margin_s": "1",
    "delivery.circuit.cap_s": "1",
    "delivery.shutdown_grace_s": "1",
    "retention.keep_requests_days": "0.001",
    "retention.keep_events_days": "0.001",
    "retention.keep_delivered_days": "0.0003",
    "retention.check_s": "1",
}
"""Short leases, retries and retention, so that all of them take part in every minute."""
READY_S: Final = 90.0
BARE: Final[tuple[Role, ...]] = ("gateway", "worker", "worker-2")
"""Two workers share the work, in either manner."""


ALSO: Final[Mapping[Role, str]] = {"worker": "workers", "worker-2": "workers"}


class Scene:
    """A data folder and what works on it.

    Args:
        folder: of the drill: data, configuration and output go into it.
        receiver: address of the destinations.
    """

    def __init__(self, folder: Path, receiver: str) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "output.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.address = f"http://127.0.0.1:{self._port}"
        pairs = [p for k, v in SETTINGS.items() for p in ("--set", f"{k}={v}")]
        self._arguments = ["--data-dir", str(self.data_dir), *pairs]
        self._environ = {k: v for k, v in os.environ.items() if not k.startswith("HELIOGRAPH_")}
        self._folders = [folder / "configuration-0", folder / "configuration-1"]
        for revision, each in enumerate(self._folders):
            for name, text in documents(receiver, revision).items():
                (each / name).parent.mkdir(parents=True, exist_ok=True)
                (each / name).write_text(text, encoding="utf-8")
        self._roles: dict[str, RoleProcess] = {}
        self._ready: set[str] = set()
        self._frozen: list[int] = []
        self._works = 0
        self.work: asyncio.subprocess.Process | None = None
        self.backup = folder / "backup"
        """Where a backup goes, for as long as a round lasts."""

    @property
    def settings(self) -> Settings:
        """The settings of its processes."""
        return load_settings(
            environ={}, flags={**SETTINGS, "data_dir": str(self.data_dir)}
        ).settings

    async def start(self, manner: Manner) -> None:
        """Start what is missing in this manner and wait until it works.

        Raises:
            HeliographError: `process.failed`, with the end of the output.
        """
        for name in ("up",) if manner == "supervised" else BARE:
            if name not in self._roles or self._roles[name].exit_code is not None:
                self._start(name)
        for name, process in self._roles.items():
            if name not in self._ready:
                await asyncio.to_thread(process.wait_ready, READY_S)
                self._ready.add(name)

    def _start(self, name: str) -> None:
        if (old := self._roles.pop(name, None)) is not None:
            old.close()
        self._ready.discard(name)
        arguments = [*self._arguments, "--set", f"gateway.port={self._port}"]
        role, _, number = name.partition("-")
        if number:
            arguments += ["--number", number]
        self._roles[name] = RoleProcess(role, arguments, environ=self._environ, log=self.log)

    async def pids(self, role: Role) -> int:
        """Return the process that has a role: the one started here, else the holder once there is one.

        Raises:
            TimeoutError: nobody starts it.
        """
        if role in self._roles:
            return self._roles[role].pid
        async with asyncio.timeout(READY_S):
            while True:
                note = running(self.data_dir, role)
                if note is not None and note.pid:
                    return note.pid
                await asyncio.sleep(0.02)

    async def strike(self, victim: str, number: int, *, hold_s: float, manner: Manner) -> list[str]:
        """Send a signal to a victim; what is frozen is thawed after `hold_s`. Returns whom it met.

        Args:
            victim: a role, `workers`, `all` or `command`.
            number: SIGKILL or SIGSTOP.
            hold_s: for SIGSTOP.
            manner: what was killed is started again at once when `bare`.
        """
        if victim == "command":
            if self.work is None or self.work.returncode is not None:
                victim = "worker"
            else:
                return await self._signal({"command": self.work.pid}, number, hold_s)
        everybody: list[Role] = [*BARE, "up"] if manner == "supervised" else [*BARE]
        roles: list[Role] = [role for role in everybody if victim in (role, "all", ALSO.get(role))]
        pids = {role: await self.pids(role) for role in roles}
        struck = await self._signal(pids, number, hold_s)
        if number == signal.SIGKILL:
            await self._again(roles)
        return struck

    async def _signal(self, pids: Mapping[str, int], number: int, hold_s: float) -> list[str]:
        struck: list[str] = []
        for name, pid in pids.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
                struck.append(name)
        if number == signal.SIGSTOP:
            self._frozen += pids.values()
            await asyncio.sleep(hold_s)
            self.thaw()
        return struck

    def thaw(self) -> None:
        """Let everything that was frozen go on."""
        for pid in self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._frozen.clear()

    async def _again(self, roles: Sequence[str]) -> None:
        """Start again what nobody else would: the supervisor, and roles that have none."""
        for role in roles:
            if role in self._roles:
                process = self._roles[role]
                await asyncio.to_thread(process.wait)
                self._start(role)

    async def begin(self, work: Work) -> None:
        """Begin a piece of work, unless the last one is still at it."""
        if work == "none" or (self.work is not None and self.work.returncode is None):
            return
        self._works += 1
        match work:
            case "apply":
                command = ["apply", str(self._folders[self._works % 2]), "--yes"]
            case "remap":
                mapper = f"orders_v{2 + self._works % 2}"
                command = [
                    "remap",
                    "--source",
                    "shop",
                    "--mapper",
                    mapper,
                    "--of",
                    "orders",
                    "--yes",
                ]
            case "resume":
                command = await self._resume() or ["status", "--json"]
            case "replay":
                command = ["deadletters", "replay", "--all"]
            case "look":
                command = ["audit", "--json"]
            case "backup":
                command = ["backup", str(self.backup)]
        self.work = await self._command(command)

    async def _resume(self) -> list[str] | None:
        code, said = await self.run(["remap", "list", "--json"])
        if code:
            return None
        open_ = [each["remap_id"] for each in json.loads(said) if each["state"] != "done"]
        return ["remap", "resume", open_[-1]] if open_ else None

    async def _command(self, command: list[str]) -> asyncio.subprocess.Process:
        with self.log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "heliograph.cli", *command, *self._arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environ,
                start_new_session=True,
            )

    async def run(self, command: list[str]) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it said."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "heliograph.cli", *command, *self._arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environ,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode("utf-8", "replace")

    async def must(self, command: list[str]) -> str:
        """Run a command that must succeed.

        Raises:
            HeliographError: `process.failed`, with what it said.
        """
        code, said = await self.run(command)
        if code:
            raise HeliographError(
                "process.failed", f"exit code {code}", where=" ".join(command), found=said[-2000:]
            )
        return said

    async def apply(self) -> None:
        """Bring the configuration into force."""
        await self.must(["apply", str(self._folders[0]), "--yes"])

    async def finish_work(self) -> None:
        """Let the work under way end, and finish every remap that was interrupted."""
        if self.work is not None:
            await self.work.wait()
            self.work = None
        while (command := await self._resume()) is not None:
            await self.must(command)

    async def prepare(self) -> None:
        """Let a role bring the folder to this release's form: a drill may go on with a newer one."""
        self._start("gateway")
        await asyncio.to_thread(self._roles["gateway"].wait_ready, READY_S)
        await self.stop()

    async def upgrade(self, after_s: float) -> None:
        """Start gateway and worker on a folder of an older release, and kill both when it is open.

        Args:
            after_s: from the opening of the store to the kill.
        """
        roles = ("gateway", "worker")
        for name in roles:
            self._start(name)
        opened = self.data_dir / "store.db-shm"
        async with asyncio.timeout(READY_S):
            while not opened.exists():  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.005)
        await asyncio.sleep(after_s)
        for name in roles:
            process = self._roles.pop(name)
            await asyncio.to_thread(process.kill)
            process.close()

    async def stop(self) -> None:
        """Stop every role in order."""
        self.thaw()
        if self.work is not None and self.work.returncode is None:
            self.work.kill()
            await self.work.wait()
        for name in ("up", *BARE):
            process = self._roles.pop(name, None)
            if process is not None:
                await asyncio.to_thread(process.stop)
                process.close()

    def close(self) -> None:
        """Kill whatever still runs."""
        self.thaw()
        for process in self._roles.values():
            process.close()
        self._roles.clear()
