"""Timers, states and derived events of a real stage, in a process that is killed again and again."""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from heliograph.model.event import Event
from heliograph.operations.look.condition.audit import audit
from heliograph.storage.data import Data
from heliograph.storage.events.stored_events import event_or_none
from heliograph.testing.running.load import Load, configuration
from heliograph.testing.running.nap_stage import NAP_ENDED
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.testing.running.reckoning import Sink

KILLS = 5
SETTINGS = {"engine.timer_grace_ms": "50"}


def start(hub: HubFolder, marker: Path) -> subprocess.Popen[bytes]:
    script = Path(__file__).parent / "napping_worker.py"
    with (hub.data_dir / "napping.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, str(script), str(marker), *hub.arguments],
            env=hub.environ, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip


@contextmanager
def napping(hub: HubFolder, marker: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the worker; the last of the list is the one that runs."""
    processes = [start(hub, marker)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def events_of(data: Data) -> list[Event]:
    found: list[Event] = []
    for partition in range(data.journal.partitions):
        after = 0
        while entries := data.journal.read(partition, after, 500):
            after = entries[-1].position
            found += [event for one in entries if (event := event_or_none(one)) is not None]
    return found


def at_rest(data: Data) -> bool:
    """Everything is applied, no timer waits, nothing is in the outbox."""
    with data.store.read() as reader:
        places = reader.cursors.positions("engine")
        if reader.timers.next_due(range(data.journal.partitions)) or reader.outbox.count():
            return False
    return all(bounds.last == places.get(p, 0) for p, bounds in enumerate(data.journal.heads()))


def test_timers_fire_once_in_effect_and_derived_events_count_once_whatever_is_killed(
    tmp_path: Path, sink: Sink
) -> None:
    choose = random.Random(3)
    pause = threading.Event()  # never set: the moment of a kill is what is tried
    marker = tmp_path / "died-before-the-outbox-was-emptied"
    folder = configuration(tmp_path / "configuration", sink.url)
    with HubFolder(tmp_path, folder, settings=SETTINGS) as hub:
        hub.apply()
        gateway = hub.start("gateway")
        gateway.wait_ready()
        with napping(hub, marker) as processes:

            def alive() -> None:
                if processes[-1].poll() is not None:
                    processes.append(start(hub, marker))

            for _ in range(KILLS):
                with Load(lambda: gateway.address):
                    pause.wait(choose.uniform(0.3, 0.9))
                alive()
                pause.wait(choose.uniform(0.1, 0.6))
                processes[-1].kill()
                processes[-1].wait()
                alive()
            with hub.reading() as data:

                def settled() -> bool:
                    alive()
                    return marker.exists() and at_rest(data)

                wait_until(settled, "everything is at rest", said=hub.output, timeout_s=120)
                events = events_of(data)
                report = audit(data)
                with data.store.read() as reader:
                    totals = reader.applied.counts()
    derived = [one for one in events if one.event == NAP_ENDED]
    orders = Counter(one.customer_id for one in events if one.event != NAP_ENDED)
    most: Counter[str | None] = Counter()
    for one in derived:
        counted = one.properties["events"]
        assert isinstance(counted, int)
        most[one.customer_id] = max(counted, most[one.customer_id])
    assert most == orders, "a state, or the last timer of somebody, was lost or counted twice"
    distinct = {one.event_id for one in derived}
    assert len(distinct) < len(derived), "nobody died between the append and the outbox"
    assert totals["duplicate"] == len(derived) - len(distinct)
    assert totals["applied"] == orders.total() + len(distinct)
    assert report.balanced, report.differences
    assert report.journal.derived == len(derived)
