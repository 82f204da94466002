"""Whether the gateway can do its work, in words an operator can act on.

`/readyz` answers 200 when every check is `ok` or `warning`, 503 when one has `failed`; each check says
what it looked at. A failed check means requests would be refused now; what only delays processing or
keeps a new configuration from taking effect is a warning, because taking the gateway out of a load
balancer would turn a delay into a loss.
"""

import asyncio
import shutil
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from heliograph.errors import HeliographError, StoreError
from heliograph.gateway.directory import Directory
from heliograph.gateway.intake.group_commit import GroupCommit
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import NO_KEY
from heliograph.storage.events.intake import Intake

PROBE_TIMEOUT_S: Final = 3.0
_REMEMBERED_S: Final = 1.0
_LISTED_PROBLEMS: Final = 20


class HealthProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What another part of the system reports, e.g. how far the engine lags behind."""

    check: str
    """Name of the check, e.g. `engine`."""
    message: str
    """What is wrong and what to do; how it is, when it is `ok`."""
    severity: Literal["ok", "warning", "failed"] = "failed"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the readiness page."""

    name: str
    state: Literal["ok", "warning", "failed"]
    message: str


class Readiness:
    """Runs the checks; answers from memory for a second, so that asking often costs nothing."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        intake: Intake,
        commit: GroupCommit,
        clock: Clock,
        directory: Callable[[], Directory],
        health: Callable[[], Sequence[HealthProblem]] | None,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._commit = commit
        self._clock = clock
        self._directory = directory
        self._health = health
        self._lock = asyncio.Lock()
        self._checks: list[Check] = []
        self._checked_s = float("-inf")
        self._probe: asyncio.Future[None] | None = None
        self._seen_failure: StoreError | None = None
        """The failed commit that the last look has reported."""
        self.catalog_failure: str | None = None
        """Why the newest configuration could not be loaded; None when it was."""

    async def checks(self) -> list[Check]:
        """Return all checks, at most a second old."""
        async with self._lock:
            if self._clock.monotonic_s() - self._checked_s >= _REMEMBERED_S:
                self._checks = [
                    await self._check_journal(),
                    self._check_queue(),
                    *self._check_disk(),
                    *self._check_catalog(),
                    *await self._check_others(),
                ]
                self._checked_s = self._clock.monotonic_s()
            return self._checks

    async def _check_journal(self) -> Check:
        """Look at recent commits; probe the journal only when there are none to judge by.

        A commit that failed since the last look is the truth, whatever a probe would say: a batch may find
        no room where a probe does. When no more came, because a load balancer went elsewhere, a probe tells
        whether commits are possible again.
        """
        stalled = self._commit.stalled_s()
        if stalled > self._settings.commit_stall_s:
            return Check(
                name="journal",
                state="failed",
                message=f"the running commit has taken {stalled:.0f} s: the disk does not answer",
            )
        failure, seen = self._commit.last_failure, self._seen_failure
        self._seen_failure = failure
        if failure is not None and failure is not seen:
            return _refused(failure)
        idle = self._clock.monotonic_s() - self._commit.last_success_s
        if failure is None and idle < _REMEMBERED_S:
            return Check(name="journal", state="ok", message="requests are being written")
        if self._probe is None or self._probe.done():
            self._probe = asyncio.get_running_loop().run_in_executor(None, self._intake.probe)
        try:
            await asyncio.wait_for(asyncio.shield(self._probe), PROBE_TIMEOUT_S)
        except TimeoutError:
            message = f"a write did not return within {PROBE_TIMEOUT_S:g} s"
            return Check(name="journal", state="failed", message=message)
        except HeliographError as error:
            return Check(name="journal", state="failed", message=str(error))
        newest = self._commit.last_failure
        if newest is not None and newest is not failure:
            self._seen_failure = newest
            return _refused(newest)
        return Check(
            name="journal", state="ok", message="a write as large as a commit reached the disk"
        )

    def _check_queue(self) -> Check:
        reason = self._commit.refusal()
        if reason is not None:
            return Check(name="queue", state="failed", message=reason)
        return Check(
            name="queue", state="ok", message=f"{self._commit.pending} requests wait for a commit"
        )

    def _check_disk(self) -> list[Check]:
        folder = self._settings.data_dir
        if folder is None:
            return []
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            return [
                Check(name="disk", state="failed", message=f"{folder}: {error.strerror or error}")
            ]
        enough = free >= self._settings.min_free_bytes
        message = f"{free / 1e6:,.0f} MB free in {folder}"
        if not enough:
            message += (
                f", at least {self._settings.min_free_bytes / 1e6:,.0f} MB wanted. "
                "Free some space, or shorten the retention of raw requests"
            )
        return [Check(name="disk", state="ok" if enough else "failed", message=message)]

    def _check_catalog(self) -> list[Check]:
        directory = self._directory()
        checks: list[Check] = []
        if directory.revision < 0:
            reason = self.catalog_failure or "it was not read yet"
            checks.append(
                Check(name="catalog", state="failed", message=f"no configuration: {reason}")
            )
        elif not directory.desks:
            message = "no configuration was applied, every request is refused: heliograph apply DIR"
            checks.append(Check(name="catalog", state="failed", message=message))
        elif all(not desk.keys and desk.keys_problem for desk in directory.desks.values()):
            checks.append(Check(name="catalog", state="failed", message=NO_KEY))
        elif self.catalog_failure is not None:
            message = (
                f"working with revision {directory.revision}, because a newer one could not be "
                f"loaded: {self.catalog_failure}"
            )
            checks.append(Check(name="catalog", state="warning", message=message))
        else:
            number = len(directory.desks)
            workspaces = f"{number} workspace{'' if number == 1 else 's'}"
            message = f"revision {directory.revision}, {workspaces}"
            checks.append(Check(name="catalog", state="ok", message=message))
        problems = directory.problems
        checks.extend(
            Check(
                name="configuration",
                state="warning",
                message=f"{problem.workspace}: {problem.reason}",
            )
            for problem in problems[:_LISTED_PROBLEMS]
        )
        if len(problems) > _LISTED_PROBLEMS:
            message = f"more documents that cannot be used: {len(problems) - _LISTED_PROBLEMS}"
            checks.append(Check(name="configuration", state="warning", message=message))
        return checks

    async def _check_others(self) -> list[Check]:
        if self._health is None:
            return []
        problems = await asyncio.to_thread(self._health)
        return [
            Check(name=problem.check, state=problem.severity, message=problem.message)
            for problem in problems
        ]


def _refused(failure: StoreError) -> Check:
    """Say that requests are answered 503 now, and why."""
    return Check(name="journal", state="failed", message=f"requests are refused: {failure}")
