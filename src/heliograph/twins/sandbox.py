"""All twins on ports of this machine, with the credentials they accept and a destination that fits each.

async with open_sandbox() as sandbox:
    sandbox["webengage"].url          # http://127.0.0.1:<free port>
    sandbox["webengage"].destination  # {"type": "webengage", "settings": {...}}
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from heliograph.model.clock import Clock, SystemClock
from heliograph.twins.heap.vendor import HeapTwin
from heliograph.twins.memory.ledger import KEPT_REQUESTS, Ledger, Record
from heliograph.twins.moengage.vendor import MoEngageTwin
from heliograph.twins.server.shell import TwinServer
from heliograph.twins.sink import SinkTwin
from heliograph.twins.webengage.vendor import WebEngageTwin
from heliograph.twins.wire import Vendor

PORT_BASE: Final = 9100
HOST: Final = "127.0.0.1"

# What the twins accept; these open nothing but a twin.
MOENGAGE_WORKSPACE: Final = "TWINWORKSPACE00000000000"
MOENGAGE_DATA_KEY: Final = "twin-data-api-key"
WEBENGAGE_LICENSE: Final = "twin~1a2b3c4d"
WEBENGAGE_API_KEY: Final = "twin-rest-api-key"
HEAP_APP_ID: Final = "1000000001"

_MAKERS: Final[dict[str, Callable[[], Vendor]]] = {
    "moengage": lambda: MoEngageTwin(workspace=MOENGAGE_WORKSPACE, data_key=MOENGAGE_DATA_KEY),
    "webengage": lambda: WebEngageTwin(license_code=WEBENGAGE_LICENSE, api_key=WEBENGAGE_API_KEY),
    "heap": lambda: HeapTwin(app_id=HEAP_APP_ID),
    "sink": SinkTwin,
}
TWINS: Final = tuple(_MAKERS)


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """The `destinations/<name>.toml` that delivers to a twin."""

    type: str
    settings: dict[str, str]

    def toml(self) -> str:
        """Return it as the text of that file."""
        lines = [f'{name} = "{value}"' for name, value in self.settings.items()]
        return f'type = "{self.type}"\n\n[settings]\n' + "\n".join(lines) + "\n"


class RunningTwin(msgspec.Struct, frozen=True, kw_only=True):
    """One twin that listens."""

    name: str
    url: str
    """`http://127.0.0.1:<port>`, without a path."""
    destination: Destination
    server: TwinServer


def destination_of(name: str, url: str) -> Destination:
    """Return the destination that delivers to the twin `name` at `url`."""
    match name:
        case "moengage":
            settings = {
                "base_url": url,
                "workspace_id": MOENGAGE_WORKSPACE,
                "data_api_key": MOENGAGE_DATA_KEY,
            }
            return Destination(type="moengage", settings=settings)
        case "webengage":
            settings = {
                "api_host": url,
                "license_code": WEBENGAGE_LICENSE,
                "rest_api_key": WEBENGAGE_API_KEY,
            }
            return Destination(type="webengage", settings=settings)
        case "heap":
            return Destination(type="heap", settings={"host": url, "app_id": HEAP_APP_ID})
        case _:
            return Destination(type="webhook", settings={"url": f"{url}/events"})


@asynccontextmanager
async def open_sandbox(
    names: Sequence[str] = TWINS,
    *,
    port_base: int | None = None,
    host: str = HOST,
    record: Path | None = None,
    keep: int = KEPT_REQUESTS,
    clock: Clock | None = None,
) -> AsyncGenerator[dict[str, RunningTwin]]:
    """Start twins and give them by name until the block ends.

    Args:
        names: which; each of `TWINS`.
        port_base: `moengage` listens here, the others behind it in the order of `TWINS`; None takes
            free ports.
        host: address to listen on.
        record: file that every request of every twin is appended to.
        keep: requests each twin keeps in memory.
        clock: the time rate limits and future dates are judged by; the machine's by default.

    Raises:
        OSError: a port is taken.
    """
    log = Record(record) if record is not None else None
    runners: list[web.AppRunner] = []
    running: dict[str, RunningTwin] = {}
    try:
        for name in names:
            vendor = _MAKERS[name]()
            ledger = Ledger(name, keep=keep, record=log)
            server = TwinServer(vendor, clock=clock or SystemClock(), ledger=ledger)
            runner = web.AppRunner(
                server.application(),
                access_log=None,
                handle_signals=False,
                handler_cancellation=True,
                shutdown_timeout=5,
            )
            await runner.setup()
            runners.append(runner)
            port = 0 if port_base is None else port_base + TWINS.index(name)
            site = web.TCPSite(runner, host, port, backlog=1024)
            await site.start()
            url = f"http://{host}:{runner.addresses[0][1]}"
            running[name] = RunningTwin(
                name=name, url=url, destination=destination_of(name, url), server=server
            )
        yield running
    finally:
        for runner in runners:
            await runner.cleanup()
        if log is not None:
            log.close()
