"""The drill from beginning to end: rounds of kills under load, each settled and reckoned.

Everything that must survive this process is in the folder of the drill: what was sent and acknowledged,
what the destinations took, and how far it came (`state.json`). So a drill can be interrupted at any moment
and goes on with the step it was at.
"""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final

import msgspec

from heliograph.app import wiring
from heliograph.app.drill import first_release
from heliograph.app.drill.backups import examine_backup
from heliograph.app.drill.orders import Book, Senders
from heliograph.app.drill.plan import ROUND, Manner, Step, manner_of, step, upgrades_of
from heliograph.app.drill.receiver import Receipts, Receiver, receiving
from heliograph.app.drill.reckoning import Reckoning, reckon, settled
from heliograph.app.drill.scene import BARE, Scene
from heliograph.app.drill.sequence import Sequence
from heliograph.errors import ConfigError
from heliograph.model.clock import Clock

STATE: Final = "state.json"


class DrillState(msgspec.Struct, kw_only=True):
    """How far a drill came."""

    seed: int
    steps: int = 0
    """Steps begun."""
    kills: dict[str, int] = {}
    """Role, or `command` -> how many of its processes were killed."""
    freezes: dict[str, int] = {}
    during: dict[str, int] = {}
    """Work -> how many processes were struck while it was going on."""
    rounds: int = 0
    """Rounds begun."""
    upgrades: int = 0
    """How often both roles were killed on a folder of the first release."""

    @property
    def killed(self) -> int:
        """How many kills there were."""
        return sum(self.kills.values())


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill came to."""

    passed: bool
    seed: int
    kills: dict[str, int]
    freezes: dict[str, int]
    during: dict[str, int]
    rounds: int
    requests: int
    unanswered: int
    statuses: dict[str, int]
    reckoning: Reckoning
    """Of the last round, over everything since the beginning."""


async def run_drill(
    folder: Path,
    *,
    kills: int,
    seed: int,
    random_of: Callable[[str], Random],
    clock: Clock,
    progress: Callable[[int, str], object],
) -> DrillReport:
    """Kill and freeze until there were `kills` kills, or a round does not come out.

    Args:
        folder: of this drill; one that was interrupted goes on.
        kills: in all, earlier runs included.
        seed: of the steps; must be that of the folder when it goes on.
        random_of: a generator for a text, the same for the same text.
        clock: for waiting.
        progress: is told the number of kills and what is done.

    Raises:
        ConfigError: the folder is another drill's.
        HeliographError: a role or a command failed.
    """
    state = _load(folder, seed)
    with contextlib.closing(Book(folder / "orders.log")) as book:
        async with receiving(Receipts(folder / "receipts.log")) as receiver:
            scene = Scene(folder, receiver.address)
            drill = _Drill(folder, state, scene, book, receiver, random_of, clock, progress)
            try:
                return await drill.run(kills)
            finally:
                scene.close()


class _Drill:
    def __init__(
        self,
        folder: Path,
        state: DrillState,
        scene: Scene,
        book: Book,
        receiver: Receiver,
        random_of: Callable[[str], Random],
        clock: Clock,
        progress: Callable[[int, str], object],
    ) -> None:
        self._folder = folder
        self._state = state
        self._scene = scene
        self._book = book
        self._receiver = receiver
        self._random_of = random_of
        self._clock = clock
        self._progress = progress
        self._sequence = Sequence()
        self._faults: list[str] = []

    async def run(self, kills: int) -> DrillReport:
        """Upgrade an old folder, then do rounds until there were enough kills."""
        if self._state.rounds == 0:
            await self._upgrade(upgrades_of(kills))
        await self._scene.prepare()
        await self._scene.apply()
        while True:
            manner = manner_of(self._state.rounds)
            goal = min(kills, self._state.killed + ROUND[manner])
            reckoning = await self._round(goal, manner)
            if reckoning.faults or self._state.killed >= kills:
                await self._scene.stop()
                return self._report(reckoning)

    async def _upgrade(self, times: int) -> None:
        """Kill both roles, again and again, while they bring a folder of the first release up to date."""
        scene, state = self._scene, self._state
        old = first_release.story()
        self._book.go_on_from(old.next, old.acknowledged)
        self._receiver.receipts.go_on_from(old.receipts)
        while state.upgrades < times:
            if set(self._revisions()) <= {"new", "nothing"}:
                first_release.place(scene.data_dir, now_ms=self._clock.now_ms())
            random = self._random_of(f"{state.seed}/upgrade/{state.upgrades}")
            state.upgrades += 1
            await scene.upgrade(random.uniform(0.0, 0.9))
            for role in ("gateway", "worker"):
                state.kills[role] = state.kills.get(role, 0) + 1
            met = "upgrade, half of it done" if len(set(self._revisions())) > 1 else "upgrade"
            state.during[met] = state.during.get(met, 0) + 2
            self._save()
            self._progress(state.killed, "kill while an old folder is upgraded")

    def _revisions(self) -> list[str]:
        """Return how far both files are; a fault when a migration was left half done."""
        found = first_release.revisions(self._scene.data_dir)
        for name, is_now in found.items():
            if is_now not in ("old", "new", "nothing"):
                self._faults.append(f"{name} was left by a killed upgrade {is_now}")
        return list(found.values())

    async def _round(self, goal: int, manner: Manner) -> Reckoning:
        number = self._state.rounds
        self._state.rounds += 1
        await self._scene.start(manner)
        async with Senders(self._scene.address, self._book, number) as senders:
            while self._state.killed < goal:
                await self._step(manner)
                await asyncio.to_thread(self._follow)
            self._progress(self._state.killed, "settling")
            self._receiver.weather = "fine"
            await self._scene.start(manner)
            await senders.end()
            await senders.introduce()
        return await self._close(manner)

    def _follow(self) -> None:
        with wiring.reading(self._scene.settings) as data:
            self._sequence.look(data)

    async def _step(self, manner: Manner) -> None:
        number = self._state.steps
        self._state.steps += 1
        self._save()
        what = step(number, self._random_of(f"{self._state.seed}/{number}"), manner)
        self._receiver.weather = what.weather
        await self._scene.begin(what.work)
        at_work = self._scene.work is not None and self._scene.work.returncode is None
        await asyncio.sleep(what.after_s)
        counts = self._state.kills if what.deed == "kill" else self._state.freezes
        for who in await self._strike(what, manner):
            counts[who] = counts.get(who, 0) + 1
            if at_work and what.work != "none":
                self._state.during[what.work] = self._state.during.get(what.work, 0) + 1
        if what.patience:
            await self._scene.start(manner)
            for role in BARE:
                await self._scene.pids(role)
        self._progress(self._state.killed, f"{what.deed} {what.victim}")

    async def _strike(self, what: Step, manner: Manner) -> list[str]:
        number = signal.SIGKILL if what.deed == "kill" else signal.SIGSTOP
        return await self._scene.strike(what.victim, number, hold_s=what.hold_s, manner=manner)

    async def _close(self, manner: Manner) -> Reckoning:
        """Let everything end that is under way, replay what is dead, and reckon."""
        await self._scene.finish_work()
        self._faults += await examine_backup(self._scene)
        with wiring.reading(self._scene.settings) as data:
            report = await settled(data, self._clock)
            while report.deliveries.dead:
                await self._scene.must(["deadletters", "replay", "--all"])
                report = await settled(data, self._clock)
            self._sequence.look(data)
            self._faults += self._sequence.faults(self._receiver.receipts)
            result = await asyncio.to_thread(
                reckon, data, report, self._book, self._receiver.receipts
            )
        result = msgspec.structs.replace(result, faults=(*self._faults, *result.faults))
        await self._scene.stop()
        self._save()
        return result

    def _report(self, reckoning: Reckoning) -> DrillReport:
        return DrillReport(
            passed=not reckoning.faults,
            seed=self._state.seed,
            kills=self._state.kills,
            freezes=self._state.freezes,
            during=self._state.during,
            rounds=self._state.rounds,
            requests=self._book.requests,
            unanswered=self._book.unanswered,
            statuses={str(k): v for k, v in sorted(Counter(self._book.statuses).items())},
            reckoning=reckoning,
        )

    def _save(self) -> None:
        path = self._folder / STATE
        temporary = path.with_suffix(".new")
        temporary.write_bytes(msgspec.json.encode(self._state))
        os.replace(temporary, path)


def _load(folder: Path, seed: int) -> DrillState:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / STATE
    if not path.exists():
        if any(folder.iterdir()):
            raise ConfigError(
                "settings.invalid",
                "this folder is not empty and no drill's",
                where=str(folder),
                hint="Name a new folder with --folder.",
            )
        return DrillState(seed=seed)
    state = msgspec.json.decode(path.read_bytes(), type=DrillState)
    if state.seed != seed:
        raise ConfigError(
            "settings.invalid",
            "the drill in this folder has another seed",
            where=str(folder),
            found=str(seed),
            allowed=str(state.seed),
        )
    return state
