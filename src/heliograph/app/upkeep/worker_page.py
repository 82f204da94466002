"""The worker's own small HTTP server: `/metrics` and `/healthz`, when `[worker] metrics_port` is set.

It shows what the worker's process counts (attempts by verdict, durations, budgets, batches); what follows
from the store is on the gateway's `/metrics`, whether a worker runs or not.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest

from heliograph.errors import ConfigError
from heliograph.telemetry.metrics import CONTENT_TYPE

NO_STORE = {"Cache-Control": "no-store"}


@asynccontextmanager
async def open_page(host: str, port: int) -> AsyncGenerator[int]:
    """Serve the page inside the block and give the port; 0 takes a free one.

    Raises:
        ConfigError: `settings.invalid`; the address cannot be listened on.
    """
    application = web.Application()
    application.router.add_get("/metrics", _metrics)
    application.router.add_get("/healthz", _alive)
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigError(
                "settings.invalid",
                f"cannot listen on {host}:{port}: {error.strerror or error}",
                where="worker.metrics_host, worker.metrics_port",
                hint="Stop what uses the port, choose another one, or 0 for a free one.",
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _metrics(_: web.Request) -> web.Response:
    headers = {**NO_STORE, "Content-Type": CONTENT_TYPE}
    return web.Response(body=generate_latest(REGISTRY), headers=headers)


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"}, headers=NO_STORE)
