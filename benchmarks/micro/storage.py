"""How fast SQLite appends, applies and delivers: `python benchmarks/micro/storage.py [--json] [--seconds S]`.

Every figure is the median of the rounds; latencies are of single calls over all rounds. Each call is one
durable transaction. Compare figures of one machine only.
"""

import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.backends.sqlite.file.driver import dbapi
from heliograph.model.delivery import Delivered, NewDelivery
from heliograph.model.event import Event, encode_event
from heliograph.model.json import Json
from heliograph.model.request import StoredRequest
from heliograph.profiles.apply import apply_events
from heliograph.profiles.decide import PlacedEvent
from heliograph.profiles.lookup import load_state
from heliograph.storage.events.journal import Record
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import Finish
from heliograph.testing.journal.fixtures import WholeJournal

ROUNDS = 3
ITEM: Json = {"sku": "a", "n": 1}
BODY = b"{" + b"x" * 598 + b"}"


def event(n: int, random: Random, users: int) -> Event:
    return Event(
        type="track",
        event_id=f"evt_{n:026d}",
        workspace="w",
        source_id="crm",
        request_id=f"req_{n:026d}",
        item_index=0,
        timestamp=n,
        received_at=n,
        event="Order Placed",
        customer_id=f"user-{random.randrange(users)}",
        properties={"total": 12.5, "currency": "EUR", "items": [ITEM, ITEM, ITEM]},
        traits={"email": "someone@example.test", "city": "Brno", "tier": n % 5},
        mapper="crm/v1@1",
    )


def timed(call: Callable[[], int], seconds: float) -> tuple[float, list[float]]:
    """Return units per second and the latency of every call, in ms."""
    latencies: list[float] = []
    units = 0
    start = now = time.perf_counter()
    while now - start < seconds:
        units += call()
        after = time.perf_counter()
        latencies.append((after - now) * 1000)
        now = after
    return units / (now - start), latencies


def report(
    name: str, call: Callable[[], int], seconds: float, before: Callable[[], object] = lambda: None
) -> dict[str, object]:
    """Return the figures of some rounds; `before` runs ahead of each and is not timed."""
    rates: list[float] = []
    latencies: list[float] = []
    for _ in range(ROUNDS):
        before()
        rate, mine = timed(call, seconds)
        rates.append(rate)
        latencies += mine
    latencies.sort()
    return {
        "case": name,
        "per_second": round(statistics.median(rates)),
        "p50_ms": round(latencies[len(latencies) // 2], 3),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)], 3),
        "max_ms": round(latencies[-1], 3),
        "calls": len(latencies),
    }


def appending(journal: WholeJournal, batch: int, numbers: Iterator[int]) -> Callable[[], int]:
    random = Random(1)
    value = encode_event(event(1, random, 10))

    def call() -> int:
        ids = [next(numbers) for _ in range(batch)]
        requests = [
            StoredRequest(
                request_id=f"req_{n:026d}",
                workspace="w",
                source_id="crm",
                received_at=n,
                state="accepted",
                items=1,
                events=1,
                mapper="crm/v1@1",
                path="/v1/partner/crm/events?configName=v1",
                headers={"content-type": "application/json", "user-agent": "bench"},
                body=BODY,
            )
            for n in ids
        ]
        records = [
            Record(key=f"user-{random.randrange(5000)}", id=f"evt_{n:026d}", at=n, value=value)
            for n in ids
        ]
        journal.take(requests, records)
        return batch

    return call


def applying(store: Store, batch: int, numbers: Iterator[int]) -> Callable[[], int]:
    random = Random(2)
    with store.transaction() as tx:
        (claim,) = tx.cursors.take("engine", [0])
    position = claim.position

    def call() -> int:
        nonlocal position
        placed = [
            PlacedEvent(partition=0, position=n, event=event(n, random, 20_000))
            for n in (next(numbers) for _ in range(batch))
        ]
        with store.transaction() as tx:
            changes = apply_events(load_state(tx, placed), placed)
            tx.applied.add(changes.applied)
            tx.profiles.put_many(changes.records)
            assert tx.cursors.advance(
                "engine", 0, old=position, new=position + batch, epoch=claim.epoch
            )
        position += batch
        return batch

    return call


def enqueueing(store: Store, batch: int, numbers: Iterator[int]) -> Callable[[], int]:
    random = Random(3)
    value = encode_event(event(1, random, 10))

    def call() -> int:
        new = [
            NewDelivery(
                delivery_id=f"dlv_{n:026d}",
                destination="w/crm",
                pipeline="main",
                blueprint="default",
                key=f"p_{random.randrange(20_000)}",
                profile_id="p_1",
                event_id=f"evt_{n:026d}",
                partition=0,
                position=n,
                event=value,
            )
            for n in (next(numbers) for _ in range(batch))
        ]
        with store.transaction() as tx:
            return len(tx.deliveries.enqueue(new, now_ms=1))

    return call


def delivering(store: Store, batch: int) -> Callable[[], int]:
    def call() -> int:
        with store.read() as reader:
            due = reader.deliveries.due("w/crm", priority=0, limit=batch, now_ms=3)
            found = reader.deliveries.load(due)
        turns = [
            Finish(
                delivery_id=delivery.delivery_id,
                outcome=Delivered(),
                state="delivered",
                due_at=0,
                steps_done=1,
                retries=0,
                reason=None,
                seq=delivery.seq,
            )
            for delivery in found
        ]
        with store.transaction() as tx:
            tx.deliveries.finish(turns, now_ms=3)
        return len(found)

    return call


def run(seconds: float) -> list[dict[str, object]]:
    results: list[dict[str, object]] = []
    numbers = count(1)
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 20, 200):
            with closing(open_journal(Path(folder) / f"journal-{batch}.db")) as journal:
                call = appending(journal, batch, numbers)
                results.append(report(f"append, {batch} requests a commit", call, seconds))
        with closing(open_store(Path(folder) / "store.db")) as store:
            for batch in (100, 1000):
                call = applying(store, batch, numbers)
                results.append(report(f"apply, {batch} events a commit", call, seconds))
        with closing(open_store(Path(folder) / "deliveries.db")) as store:
            enqueue = enqueueing(store, 1000, numbers)
            results.append(report("enqueue, 1000 deliveries a commit", enqueue, seconds))
            # More than a round can take, so that no call finds nothing.
            supply = range(max(1, round(20 * seconds)))
            for batch in (20, 200):
                call = delivering(store, batch)
                name = f"read and finish, {batch} a turn"
                results.append(
                    report(name, call, seconds, before=lambda: [enqueue() for _ in supply])
                )
    return results


if __name__ == "__main__":
    seconds = float(sys.argv[sys.argv.index("--seconds") + 1]) if "--seconds" in sys.argv else 2.0
    results = run(seconds)
    if "--json" in sys.argv:
        machine = {"python": platform.python_version(), "sqlite": dbapi.sqlite_version}
        print(json.dumps({"machine": machine, "results": results}, indent=2))
    else:
        for result in results:
            print(
                f"{result['case']:36} {result['per_second']:>8}/s   p50 {result['p50_ms']:>8} ms"
                f"   p99 {result['p99_ms']:>8} ms   max {result['max_ms']:>8} ms"
            )
