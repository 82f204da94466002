"""The two roles of the hub, each one operating-system process: the gateway, and everything else.

`run_gateway` and `run_worker` return when they were told to stop (a signal, or their supervisor is
gone) and everything they owed is done. Both hold the lock of their role on the data folder.
"""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import msgspec
from prometheus_client import Counter

from heliograph.app import wiring
from heliograph.app.half_restored import unless_half_restored
from heliograph.app.lifeline import announce_ready, stop_on_signals, stop_with_parent
from heliograph.app.notebook import Notebook
from heliograph.app.settings import Settings
from heliograph.app.upkeep.clock_watch import (
    ClockWatch,
    Witness,
    keep_watch,
    longest_wait_ms,
    step_tally,
    trusted_ms,
)
from heliograph.app.upkeep.gauges import HubGauges
from heliograph.app.upkeep.housekeeping import (
    Housekeeping,
    JournalHousekeeping,
    LeasedHousekeeping,
    StoreHousekeeping,
    keep_house,
)
from heliograph.app.upkeep.worker_answers import answering
from heliograph.errors import ConfigError
from heliograph.gateway.http.addresses import at_port
from heliograph.gateway.http.health import HealthProblem
from heliograph.model.clock import Clock, SystemSightings
from heliograph.model.interpreter import rare_collections
from heliograph.model.secret import Secret
from heliograph.operations.look.condition.health import worker_problems
from heliograph.operations.look.condition.worker import look_at_workers
from heliograph.storage.data import Data
from heliograph.storage.folder.run_files import free_number, worker_role
from heliograph.telemetry.logs import get_logger
from heliograph.telemetry.metrics import Tally

T = TypeVar("T")
log = get_logger("roles")
PRUNED: Final = Counter(
    "heliograph_retention_pruned_total",
    "Deliveries, and effects of trimmed events, whose time was up.",
    ["what"],
)
ENGINE_STOP_S: Final = 30.0


class Tether(msgspec.Struct, frozen=True, kw_only=True):
    """How a role is tied to the process that started it; all None when a person started it."""

    lifeline_fd: int | None = None
    """The role stops when the other end of this pipe is closed."""
    ready_fd: int | None = None
    """One line with the address, or `-`, is written here when the role works."""


def run_gateway(settings: Settings, tether: Tether) -> None:
    """Take requests until told to stop; on return everything acknowledged is on disk.

    Raises:
        HeliographError: `process.locked`, `settings.invalid` (cannot listen), or no access to the data.
    """
    clock = wiring.system_clock()
    wiring.prepare(settings)
    with (
        wiring.holding(settings, "gateway", clock),
        unless_half_restored(settings),
        wiring.opened(settings, journal_writes=True, store_writes=False) as data,
    ):
        notebook = Notebook(settings.data_path, "gateway", clock)
        _in_uvloop(
            lambda stop: _serve(settings, data, tether, notebook=notebook, clock=clock, stop=stop),
            tether,
        )


def run_worker(settings: Settings, tether: Tether, *, number: int = 1) -> bool:
    """Apply events and deliver them until told to stop; on return its leases are given back.

    The engine has a thread of its own, the courier the main thread's event loop.

    Args:
        settings: of the hub.
        tether: to the supervisor.
        number: which worker this is, from 1; each has a lock of its own.

    Returns:
        Whether it worked to the end; False when it was stopped while something held it up that only a person
        ends, as `status` says.

    Raises:
        HeliographError: `process.locked`, or no access to the data.
    """
    clock = wiring.system_clock()
    wiring.prepare(settings)
    with (
        wiring.holding(settings, worker_role(number), clock, otherwise=_beside(settings)),
        unless_half_restored(settings),
        wiring.opened(settings, journal_writes=True, store_writes=True) as data,
    ):
        role = worker_role(number)
        work = Work(
            settings=settings,
            data=data,
            tether=tether,
            notebook=Notebook(settings.data_path, role, clock),
            role=role,
            number=number,
        )
        with rare_collections():
            return _in_uvloop(lambda stop: _work_and_show(work, clock=clock, stop=stop), tether)


async def _serve(
    settings: Settings,
    data: Data,
    tether: Tether,
    *,
    notebook: Notebook,
    clock: Clock,
    stop: asyncio.Event,
) -> None:
    from heliograph.gateway.http.server import serve

    gateway = settings.gateway
    if gateway.data_dir is None:
        gateway = msgspec.structs.replace(gateway, data_dir=str(settings.data_path))

    hub = wiring.hub_of(settings, data, clock=clock)

    def ready(port: int) -> None:
        address = f"http://{at_port(gateway.host, port)}"
        notebook.listens(address)
        _announce(tether, address)
        if tether.ready_fd is None:
            log.info("gateway listens; Ctrl-C or SIGTERM stops it", address=address)

    def health() -> Sequence[HealthProblem]:
        return worker_problems(hub)

    gauges = HubGauges(
        data,
        clock=clock,
        sightings=hub.sightings,
        worker_works=lambda: all(worker.works for worker in look_at_workers(hub)),
    )

    trimmed = Tally(
        "heliograph_retention_trimmed_total", "Requests and events whose time was up.", ["what"]
    )
    sightings = SystemSightings()
    housekeeping = JournalHousekeeping(
        settings.retention, data=data, now_ms=lambda: trusted_ms(data.store, sightings)
    )
    steps = step_tally()
    watch = _Watch(Witness(sightings, lambda direction: steps.add((direction,))).look)
    tidy = _Tidy(settings, housekeeping, clock, lambda what, number: trimmed.add((what,), number))
    try:
        await serve(
            gateway,
            intake=data.intake,
            load_catalog=data.catalog(notebook.configured).current,
            clock=clock,
            ids=wiring.new_ids(clock, data),
            health=health,
            stop=stop,
            ready=ready,
            families=[trimmed, steps, *gauges.families()],
            pages_token=_token(gateway.pages_token_env),
        )
    except ConfigError as error:
        # An address that is taken is the environment's fault, and trying again would not help.
        if error.where and error.where.startswith("gateway."):
            raise ConfigError(
                "settings.invalid", error.message, where=error.where, hint=error.hint
            ) from error
        raise
    finally:
        await watch.end()
        await tidy.end()


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is made of."""

    settings: Settings
    data: Data
    tether: Tether
    notebook: Notebook
    role: str
    number: int


async def _work_and_show(work: Work, *, clock: Clock, stop: asyncio.Event) -> bool:
    worker = work.settings.worker
    if worker.metrics_port is None:
        return await _work(work, clock=clock, stop=stop)
    from heliograph.app.upkeep.worker_page import open_page

    wanted = worker.metrics_port + work.number - 1 if worker.metrics_port else 0
    async with open_page(worker.metrics_host, wanted) as port:
        log.info(
            "worker shows its metrics",
            address=f"http://{at_port(worker.metrics_host, port)}/metrics",
        )
        return await _work(work, clock=clock, stop=stop)


async def _work(work: Work, *, clock: Clock, stop: asyncio.Event) -> bool:
    settings, data = work.settings, work.data
    # The role's lock says that a predecessor on this data folder is gone, not frozen. So its leases may
    # pass to this process at once: they bear the same name.
    owner = f"{work.role}@{socket.gethostname()}"
    engine, courier = wiring.worker_parts(
        settings, data, clock=clock, owner=owner, configured=work.notebook.configured
    )
    engine_stop = threading.Event()
    loop = asyncio.get_running_loop()
    engine_done: asyncio.Future[None] = loop.create_future()

    def run_engine() -> None:
        failure: BaseException | None = None
        try:
            engine.run(engine_stop)
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which ends the process
            failure = error
        loop.call_soon_threadsafe(_settle, engine_done, failure)

    sightings = SystemSightings()
    clock_watch = ClockWatch(
        data.store, sightings, longest_wait_ms=longest_wait_ms(settings.delivery)
    )
    clock_watch.look()  # before anything is found due by a clock that was set while nothing ran
    watch = _Watch(clock_watch.look)
    keeps = LeasedHousekeeping(
        StoreHousekeeping(
            settings.retention, data=data, now_ms=lambda: trusted_ms(data.store, sightings)
        ),
        store=data.store,
        owner=owner,
        every_s=settings.retention.check_s,
        clock=clock,
    )
    tidy = _Tidy(settings, keeps, clock, lambda what, number: PRUNED.labels(what).inc(number))
    thread = threading.Thread(target=run_engine, name="engine", daemon=True)
    courier_task = asyncio.create_task(courier.run(stop), name="courier")
    thread.start()
    _announce(work.tether, None)
    if work.tether.ready_fd is None:
        log.info("worker is ready; Ctrl-C or SIGTERM stops it", number=work.number)
    try:
        async with answering(settings.data_path, work.role, courier.stats):
            await asyncio.wait([engine_done, courier_task], return_when=asyncio.FIRST_COMPLETED)
        # One that ended unasked ends the role: half a worker must not look like a whole one.
        stop.set()
        engine_stop.set()
        data.journal.wake()
        await asyncio.gather(engine_done, courier_task)
    finally:
        engine_stop.set()
        data.journal.wake()
        await watch.end()
        await tidy.end()
        await asyncio.to_thread(keeps.release)
        await asyncio.to_thread(thread.join, ENGINE_STOP_S)
    return not engine.stall_log.stalls


def _beside(settings: Settings) -> str:
    return f"start a further worker beside it with --number {free_number(settings.data_path)}"


def _token(variable: str | None) -> Secret | None:
    """Return the token that an environment variable holds; None when no variable is named.

    Raises:
        ConfigError: `settings.invalid`, the variable is not set: the page would be kept from its readers.
    """
    if variable is None:
        return None
    token = os.environ.get(variable)
    if not token:
        raise ConfigError(
            "settings.invalid",
            f"the environment variable {variable} is not set",
            where="gateway.pages_token_env",
            hint=f"Set it in the environment of the gateway: export {variable}=…",
        )
    return Secret(token)


class _Watch:
    """A watch of the clocks in a thread of its own, from now until `end`."""

    def __init__(self, look_once: Callable[[], object]) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: keep_watch(look_once, self._stop), name="clock", daemon=True
        )
        self._thread.start()

    async def end(self) -> None:
        """Stop after the look in hand."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)


class _Tidy:
    """Housekeeping in a thread of its own, from now until `end`."""

    def __init__(
        self,
        settings: Settings,
        housekeeping: Housekeeping,
        clock: Clock,
        removed: Callable[[str, int], None],
    ) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=lambda: keep_house(
                housekeeping,
                every_s=settings.retention.check_s,
                clock=clock,
                stop=self._stop,
                removed=removed,
            ),
            name="housekeeping",
            daemon=True,
        )
        self._thread.start()

    async def end(self) -> None:
        """Stop after the step in hand, before the files it works on are closed."""
        self._stop.set()
        await asyncio.to_thread(self._thread.join)


def _settle(future: "asyncio.Future[None]", failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is not None:
        future.set_exception(failure)
    else:
        future.set_result(None)


def _in_uvloop(main: Callable[[asyncio.Event], Coroutine[None, None, T]], tether: Tether) -> T:
    """Run a coroutine with a stop event that signals and the lifeline set; return what it returns."""
    import uvloop

    async def body() -> T:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stop_soon() -> None:
            with suppress(RuntimeError):  # the loop is closed: the role is ending anyway
                loop.call_soon_threadsafe(stop.set)

        stop_on_signals(stop_soon)
        if tether.lifeline_fd is not None:
            stop_with_parent(tether.lifeline_fd, stop_soon)
        return await main(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(body())


def _announce(tether: Tether, address: str | None) -> None:
    if tether.ready_fd is not None:
        announce_ready(tether.ready_fd, address)
