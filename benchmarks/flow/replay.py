"""Whether a million deliveries that are all due now slow down the live ones, and get their own share.

`python benchmarks/flow/replay.py [--quick] [--json] [--rows N]`

A webhook destination may get 300 requests a second. Half of the rows are a replay's, half a campaign's. Live
events come first at half of the budget, then at twice the budget, each time with the rows and without.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
from rig import orders
from rig.builds import RunningHub, this_tree
from rig.native import NoCompiler, Receiver, Sender, lags_ms, program
from rig.result import Result, begun, handed_in, parsed, quantile, say

from heliograph.app import wiring
from heliograph.app.settings import Settings
from heliograph.backends.sqlite.file.driver import dbapi
from heliograph.model.clock import SystemClock
from heliograph.model.delivery import PRIORITIES, NewDelivery, Origin
from heliograph.model.event import Event, encode_event

PER_S = 300
EVENTS = 100_000
BATCH = 2_000
SETTLE_S = 3.0
CACHE = Path(__file__).resolve().parents[2] / ".cache"
SINK = f"{orders.WORKSPACE}/sink"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one load."""

    offered_per_s: float
    live_per_s: float
    replay_per_s: float = 0.0
    campaign_per_s: float = 0.0
    p50_ms: float = 0.0
    """From acknowledgement to receiver, of live events."""
    p99_ms: float = 0.0


def files(url: str) -> dict[str, str]:
    """Return a configuration with one source and one webhook of 300 requests a second."""
    return {
        "workspace.toml": f'id = "{orders.WORKSPACE}"\ndata_api_keys = ["{orders.KEY}"]\n'
        "requests_per_second = 1000000\n",
        **orders.mapper_files(),
        "destinations/sink.toml": f'type = "webhook"\n[settings]\nurl = "{url}/events"\n'
        f"requests_per_minute = {PER_S * 60}\n",
        "pipelines/all.toml": 'sources = ["*"]\n[[destinations]]\nname = "sink"\n',
    }


def due_now(number: int) -> Iterator[NewDelivery]:
    """Yield deliveries of as many persons, every other one a replay's or a campaign's."""
    origins: tuple[Origin, Origin] = ("replay", "campaign")
    for n in range(number):
        origin = origins[n % 2]
        event = Event(
            type="track",
            event="Order Placed",
            event_id=f"evt_old_{n:09d}",
            workspace=orders.WORKSPACE,
            source_id="shop",
            request_id=f"req_old_{n:09d}",
            item_index=0,
            timestamp=1_700_000_000_000 + n,
            received_at=1_700_000_000_000 + n,
            customer_id=f"old-{n}",
            properties={"total": 19.9, "currency": "EUR"},
        )
        yield NewDelivery(
            delivery_id=f"dlv_old_{n:09d}",
            destination=SINK,
            pipeline="all",
            blueprint=None,
            key=f"p_old_{n}",
            profile_id=f"p_old_{n}",
            event_id=event.event_id,
            partition=n % 16,
            position=1,
            event=encode_event(event),
            origin=origin,
            priority=PRIORITIES[origin],
        )


def fill(data: Path, rows: int) -> None:
    """Write that many deliveries that are due now."""
    clock = SystemClock()
    with wiring.writing_store(Settings(data_dir=str(data))) as store:
        coming = due_now(rows)
        while batch := list(islice(coming, BATCH)):
            with store.transaction() as tx:
                tx.deliveries.enqueue(batch, now_ms=clock.now_ms())


def delivered(data: Path) -> dict[str, int]:
    """Return origin -> deliveries that were delivered."""
    connection = dbapi.connect(f"file:{data / 'store.db'}?mode=ro", uri=True)
    try:
        return dict(
            connection.execute(
                "SELECT origin, count(*) FROM deliveries WHERE state = 'delivered' GROUP BY origin"
            ).fetchall()
        )
    finally:
        connection.close()


@contextmanager
def hub_with(rows: int) -> Iterator[tuple[Path, Sender, Receiver]]:
    """Give a hub at work with so many rows due, its sender and its receiver."""
    CACHE.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=CACHE, prefix="bench-replay-") as folder,
        Receiver(EVENTS) as receiver,
        RunningHub(this_tree(), Path(folder), files(receiver.url), {}) as hub,
    ):
        data = Path(folder) / "data"
        fill(data, rows)
        for role in ("gateway", "worker"):
            hub.start(role)
        with Sender(EVENTS, orders.single_request(f"127.0.0.1:{hub.port}"), hub.port) as sender:
            sender.send(requests=50)
            time.sleep(SETTLE_S)
            yield data, sender, receiver


def loaded(data: Path, sender: Sender, receiver: Receiver, *, rate: float, seconds: float) -> Seen:
    """Send live events at a rate and return what arrived in that time."""
    first, before, began = sender.next, delivered(data), time.perf_counter()
    taken = receiver.taken
    sender.send(requests=round(rate * seconds), rate=rate, connections=64)
    took = time.perf_counter() - began
    came, after = receiver.taken - taken, delivered(data)
    time.sleep(SETTLE_S)
    lags = lags_ms(sender.board, receiver.board, range(first, sender.next)) or [0.0]
    return Seen(
        offered_per_s=rate,
        live_per_s=round(came / took, 1),
        replay_per_s=round((after.get("replay", 0) - before.get("replay", 0)) / took, 1),
        campaign_per_s=round((after.get("campaign", 0) - before.get("campaign", 0)) / took, 1),
        p50_ms=round(quantile(lags, 0.5), 1),
        p99_ms=round(quantile(lags, 0.99), 1),
    )


def report(result: Result, found: dict[str, Seen], rows: int) -> None:
    """Turn the figures into a table and the goals."""
    result.table(
        f"At most {PER_S} requests a second to the destination",
        (
            "load",
            "live offered/s",
            "live/s",
            "replay/s",
            "campaign/s",
            "live p50 ms",
            "live p99 ms",
        ),
        [(name, *msgspec.structs.astuple(one)) for name, one in found.items()],
    )
    alone, beside = found["alone, half"], found["beside, half"]
    result.target(
        f"median of live events beside {rows:,} rows due",
        "at most 500 ms later than alone",
        found=f"{beside.p50_ms:.0f} ms beside {alone.p50_ms:.0f} ms",
        met=beside.p50_ms - alone.p50_ms <= 500,
    )
    full = found["beside, twice"]
    result.target(
        "shares under more live events than the budget lets through",
        "live at least 70 %, replay and campaign at least 5 % each",
        found=f"{full.live_per_s:.0f}, {full.replay_per_s:.0f} and {full.campaign_per_s:.0f} a second",
        met=full.live_per_s >= 0.7 * PER_S
        and min(full.replay_per_s, full.campaign_per_s) >= 0.05 * PER_S,
    )


def main() -> None:
    """Measure alone and beside the rows, and print what came out."""

    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--rows", type=int, metavar="N", help="due now, 1,000,000 by default")

    asked, given = parsed(__doc__, more)
    rows = given.rows or (2_000 if asked.quick else 1_000_000)
    seconds = 2.0 if asked.quick else 15.0
    settings = {"rows": rows, "seconds": seconds, "per_s": PER_S}
    result, quiet = begun(
        "replay", "A million due now beside live events", asked, settings=settings
    )
    try:
        program("sender")
    except NoCompiler as reason:
        result.notes.append(f"Not measured: {reason}.")
        handed_in(result, quiet, asked)
        return
    found: dict[str, Seen] = {}
    for beside, number in (("alone", 0), ("beside", rows)):
        say(f"replay: {beside}, {number:,} rows")
        with hub_with(number) as hub:
            for load, rate in (("half", PER_S / 2), ("twice", PER_S * 2)):
                found[f"{beside}, {load}"] = loaded(*hub, rate=rate, seconds=seconds)
                say(f"replay: {beside}, {load}: {found[f'{beside}, {load}']}")
    result.figures = {name: msgspec.to_builtins(one) for name, one in found.items()}
    report(result, found, rows)
    handed_in(result, quiet, asked)


if __name__ == "__main__":
    main()
