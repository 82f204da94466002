"""A worker with one more stage, that dies at the worst moment: `napping_worker.py MARKER … --data-dir D`.

The first time that derived events were appended to the journal, and before they are removed from the
outbox, the process is killed with SIGKILL; MARKER is the file that says it was.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import click
import uvloop

from heliograph.app import wiring
from heliograph.app.settings import Settings
from heliograph.cli.terminal.options import SettingsSource, settings_options
from heliograph.engine.loop.loop import Engine
from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.stages.standard import standard_stages
from heliograph.storage.events.journal import Record
from heliograph.testing.running.nap_stage import NapStage

OWNER = "napping@here"
NAP_MS = 300


async def work(settings: Settings, marker: Path) -> None:
    clock = wiring.system_clock()
    with wiring.opened(settings, journal_writes=True, store_writes=True) as data:
        append = data.journal.append

        def append_and_die(records: Sequence[Record]) -> list[tuple[int, int]]:
            places = append(records)
            if not marker.exists():
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return places

        data.journal.append = append_and_die

        def stages(routes: RouteBook):
            return (*standard_stages(routes), NapStage(NAP_MS))

        engine = Engine(
            settings.engine,
            journal=data.journal,
            store=data.store,
            load_catalog=data.catalog().current,
            clock=clock,
            owner=OWNER,
            stages=stages,
        )
        thread = threading.Thread(target=engine.run, args=(threading.Event(),), daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join)


@click.command()
@click.argument("marker", type=click.Path(path_type=Path))
@settings_options
def main(marker: Path, source: SettingsSource) -> None:
    settings = source.settings()
    wiring.set_up_logging(settings)
    uvloop.run(work(settings, marker))


if __name__ == "__main__":
    main()
