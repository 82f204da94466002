"""How the gateway runs: uvicorn on uvloop and httptools around `Gateway`, from bind to drained stop.

```mermaid
sequenceDiagram
    participant stop
    participant uvicorn
    participant commit as group commit
    stop->>uvicorn: no new connections, idle ones closed
    uvicorn->>uvicorn: requests in flight are answered (at most drain_timeout_s)
    uvicorn->>commit: close
    commit->>commit: what was submitted is written
```

Beside the server run two small tasks: one looks for a new configuration, one ends connections that
stopped sending and reports log lines that were held back.
"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from typing import Final

import uvicorn

from heliograph.errors import ConfigError
from heliograph.gateway.directory import Directory, build_directory
from heliograph.gateway.http.addresses import at_port, why_not_listening
from heliograph.gateway.http.app import Gateway
from heliograph.gateway.http.health import HealthProblem, Readiness
from heliograph.gateway.http.hot_lane import protocol_for
from heliograph.gateway.http.protocol import BoundedProtocol
from heliograph.gateway.intake.group_commit import GroupCommit
from heliograph.gateway.meters import Meters
from heliograph.gateway.reception import Reception
from heliograph.gateway.settings import GatewaySettings
from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import Catalog
from heliograph.model.ids import IdSource
from heliograph.model.interpreter import Collector
from heliograph.model.secret import Secret
from heliograph.storage.events.intake import Intake
from heliograph.telemetry.logs import get_logger
from heliograph.telemetry.metrics import Family

LoadCatalog = Callable[[], tuple[int, Catalog]]

_log = get_logger("gateway")
_NOT_LOADED: Final = -1


async def serve(
    settings: GatewaySettings,
    *,
    intake: Intake,
    load_catalog: LoadCatalog,
    clock: Clock,
    ids: IdSource,
    health: Callable[[], Sequence[HealthProblem]] | None,
    stop: asyncio.Event,
    ready: Callable[[int], None] | None,
    families: Sequence[Family] = (),
    pages_token: Secret | None = None,
) -> None:
    """Serve until `stop` is set; on return everything that was acknowledged is durable.

    Args:
        settings: see `GatewaySettings`.
        intake: where requests go; stays open, the caller closes it.
        load_catalog: returns (revision, catalog); called in a thread, again and again.
        clock: wall and monotonic time.
        ids: makes request ids; used by this event loop only.
        health: what other parts have to say to `/readyz`; called in a thread.
        stop: ends the server.
        ready: called once with the port when requests are taken.
        families: what else the metrics page shows.
        pages_token: shows metrics and readiness in full to who sends it.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    listener = _listen(settings)
    meters = Meters(clock)
    meters.exposition.add(*families)
    commit = GroupCommit(
        intake,
        clock,
        max_units=settings.flush_records,
        gather_s=settings.flush_after_ms / 1000,
        max_pending_units=settings.max_pending_requests,
        max_pending_bytes=settings.max_pending_bytes,
        stall_s=settings.commit_stall_s,
        committed=meters.commit_done,
    )
    reception = Reception(
        settings,
        directory=Directory(_NOT_LOADED, {}, []),
        commit=commit,
        meters=meters,
        clock=clock,
        ids=ids,
    )
    readiness = Readiness(
        settings,
        intake=intake,
        commit=commit,
        clock=clock,
        directory=lambda: reception.directory,
        health=health,
    )
    gateway = Gateway(
        reception,
        readiness,
        meters,
        pages_for_everyone=settings.pages_for == "everyone",
        pages_token=pages_token,
    )
    collector = Collector(reception.slices.was_busy)
    reloader = Reloader(gateway, load_catalog, meters, clock)
    await reloader.reload()
    server = _Server(settings, gateway, lambda: ready and ready(listener.getsockname()[1]))
    meters.watch("pending_requests", "Requests waiting for a commit.", lambda: commit.pending)
    meters.watch(
        "open_connections", "Open connections.", lambda: len(server.server_state.connections)
    )
    meters.watch(
        "configuration_problems",
        "Documents that are not used as they are written.",
        lambda: len(reception.directory.problems),
    )
    commit.start()
    tasks = [
        asyncio.create_task(reloader.run(settings.catalog_poll_s), name="gateway-reload"),
        asyncio.create_task(
            _keep_house(server, reception, settings, collector), name="gateway-housekeeping"
        ),
        asyncio.create_task(_stop_when(stop, server), name="gateway-stop"),
    ]
    try:
        with _short_turns(settings), collector.in_charge():
            await server.serve(sockets=[listener])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        reception.slices.close()
        await commit.close()
        listener.close()


@contextlib.contextmanager
def _short_turns(settings: GatewaySettings) -> Generator[None]:
    """Have the threads take short turns with the interpreter, for the block."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(settings.switch_interval_ms / 1000)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


def _listen(settings: GatewaySettings) -> socket.socket:
    """Return a bound socket; uvicorn starts listening on it."""
    # An address with colons stands in brackets in a URL, and is written so here as well.
    host = settings.host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, settings.port))
    except (OSError, UnicodeError) as error:
        listener.close()
        said = getattr(error, "strerror", None) or error
        raise ConfigError(
            "config.invalid",
            f"cannot listen on {at_port(host, settings.port)}: {said}",
            where="gateway.host, gateway.port",
            hint=why_not_listening(error, host, settings.port),
        ) from error
    return listener


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own (the process has them) and with a word when ready."""

    def __init__(
        self, settings: GatewaySettings, gateway: Gateway, ready: Callable[[], object]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                gateway,
                http=protocol_for(
                    settings, gateway.reception, gateway.partner_door, gateway.receiving
                ),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=settings.listen_backlog,
                timeout_keep_alive=settings.keep_alive_s,
                timeout_graceful_shutdown=settings.drain_timeout_s,
            )
        )
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        # Before the first tick there would be answers without a Date.
        await self.on_tick(0)
        self._ready()


class Reloader:
    """Brings a changed configuration into the gateway; a broken one leaves the old in place."""

    def __init__(
        self, gateway: Gateway, load_catalog: LoadCatalog, meters: Meters, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._load_catalog = load_catalog
        self._meters = meters
        self._clock = clock

    async def run(self, interval_s: float) -> None:
        """Look for a change every `interval_s` seconds, for ever."""
        while True:
            await asyncio.sleep(interval_s)
            await self.reload()

    async def reload(self) -> None:
        """Load the configuration if it changed."""
        gateway = self._gateway
        try:
            directory = await asyncio.to_thread(self._load, gateway.reception.directory)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the old one works on
            reason = str(error) or type(error).__name__
            if gateway.readiness.catalog_failure != reason:
                _log.error("configuration not loaded, the old one stays", reason=reason)
                self._meters.reloads.add(("failed",))
            gateway.readiness.catalog_failure = reason
            return
        gateway.readiness.catalog_failure = None
        if directory is not None:
            gateway.reception.directory = directory
            self._meters.reloads.add(("loaded",))
            _log.info(
                "configuration loaded",
                revision=directory.revision,
                workspaces=len(directory.desks),
                problems=len(directory.problems),
            )

    def _load(self, previous: Directory) -> Directory | None:
        """Return the new directory, or None when nothing changed; runs in a thread."""
        revision, catalog = self._load_catalog()
        if revision == previous.revision:
            return None
        return build_directory(
            revision, catalog, now_s=self._clock.monotonic_s(), previous=previous
        )


async def _stop_when(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


async def _keep_house(
    server: uvicorn.Server, reception: Reception, settings: GatewaySettings, collector: Collector
) -> None:
    """Report log lines that were held back, sweep connections and collect garbage, about once a second."""
    pace_s = min(1.0, settings.receive_timeout_s, settings.keep_alive_s)
    while True:
        await asyncio.sleep(pace_s)
        reception.report_held_back()
        now_s = reception.clock.monotonic_s()
        connections: list[object] = [*server.server_state.connections]
        for connection in connections:
            if isinstance(connection, BoundedProtocol):
                connection.sweep(now_s)
        collector.turn()
