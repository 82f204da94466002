"""A worker without the lock of its role: `lockless_worker.py OWNER --data-dir D --set key=value …`.

On one machine the lock already keeps a second worker away from a data folder. Between machines only epochs
and leases do; this script lets a test run two workers that rely on them alone.
"""

import asyncio
import threading

import click
import uvloop

from heliograph.app import wiring
from heliograph.app.settings import Settings
from heliograph.cli.terminal.options import SettingsSource, settings_options


async def work(settings: Settings, owner: str) -> None:
    clock = wiring.system_clock()
    with wiring.opened(settings, journal_writes=True, store_writes=True) as data:
        engine, courier = wiring.worker_parts(settings, data, clock=clock, owner=owner)
        threading.Thread(target=engine.run, args=(threading.Event(),), daemon=True).start()
        await courier.run(asyncio.Event())


@click.command()
@click.argument("owner")
@settings_options
def main(owner: str, source: SettingsSource) -> None:
    settings = source.settings()
    wiring.set_up_logging(settings)
    uvloop.run(work(settings, owner))


if __name__ == "__main__":
    main()
