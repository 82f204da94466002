"""The whole hub as `heliograph up` runs it: gateway and workers under one supervisor."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from heliograph.app import wiring
from heliograph.app.lifeline import stop_with_parent
from heliograph.app.roles import Tether
from heliograph.app.settings import Settings
from heliograph.app.supervisor import Child, Supervisor
from heliograph.storage.folder.run_files import RoleNote, worker_role, write_note

SLACK_S: Final = 10.0
"""Added to a role's own limit for draining before it is killed."""


def run_hub(
    settings: Settings,
    arguments: Sequence[str],
    *,
    tether: Tether,
    on_ready: Callable[[Mapping[str, str | None]], object],
) -> int:
    """Run gateway and workers until told to stop, and return the exit code.

    Args:
        settings: those in force; the children read the same ones from `arguments`.
        arguments: `--config`, `--data-dir` and `--set` as this process got them.
        tether: stop when the process that started this one is gone.
        on_ready: called once with role -> address, when all work.

    Raises:
        HeliographError: `process.locked`; another hub has the data folder.
        StoreUnavailable: the data folder cannot be used.
    """
    clock = wiring.system_clock()
    with wiring.holding(settings, "up", clock):
        note = RoleNote(role="up", pid=os.getpid(), started_at=clock.now_ms())
        write_note(settings.data_path, note)
        wiring.prepare(settings)
        supervisor = Supervisor(children(settings, arguments), clock=clock, on_ready=on_ready)
        if tether.lifeline_fd is not None:
            stop_with_parent(tether.lifeline_fd, supervisor.stop)
        return supervisor.run()


def children(settings: Settings, arguments: Sequence[str]) -> list[Child]:
    """Return the roles as the supervisor starts them: this interpreter, the same settings."""

    def gateway(address: str | None) -> list[str]:
        command = role_command("gateway", arguments)
        if address is not None:
            # Senders know the address by now: a restarted gateway must have it again.
            command += ["--set", f"gateway.port={address.rpartition(':')[2]}"]
        return command

    def worker(number: int) -> Child:
        return Child(
            role=worker_role(number),
            command=lambda _: role_command("worker", [*arguments, "--number", str(number)]),
            stop_within_s=settings.delivery.shutdown_grace_s + SLACK_S,
        )

    return [
        Child(
            role="gateway",
            command=gateway,
            stop_within_s=settings.gateway.drain_timeout_s + SLACK_S,
        ),
        *(worker(number) for number in range(1, settings.worker.count + 1)),
    ]


def role_command(role: str, arguments: Sequence[str]) -> list[str]:
    """Return the command line that starts a role with this very interpreter."""
    return [sys.executable, "-m", "heliograph.cli", role, *arguments]
