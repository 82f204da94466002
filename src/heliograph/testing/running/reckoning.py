"""Whether everything that was acknowledged is there: stored once, applied once, sent under one key."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from heliograph.model.event import decode_event
from heliograph.operations.look.condition.audit import audit
from heliograph.storage.data import Data
from heliograph.testing.running.load import Load, profile_of
from heliograph.testing.running.processes import HubFolder, wait_until
from heliograph.twins.fixture import TwinHandle


class Sink:
    """A twin that takes everything and writes each request to a file before it answers."""

    def __init__(self, twin: TwinHandle, record: Path) -> None:
        self.twin = twin
        self.url = str(twin.destination.settings["url"])
        self._record = record

    def received(self) -> Iterator[dict[str, Any]]:
        """Yield every request that was answered 200, oldest first."""
        for line in self._record.read_bytes().splitlines():
            request = json.loads(line)
            if request["status"] == 200:
                yield request


def stored_numbers(data: Data) -> dict[int, str]:
    """Return number -> event id of everything in the journal; a number stored twice fails."""
    found: dict[int, str] = {}
    for partition in range(data.journal.partitions):
        after = 0
        while entries := data.journal.read(partition, after, 500):
            after = entries[-1].position
            for entry in entries:
                event = decode_event(entry.record.value)
                number = event.properties["number"]
                assert isinstance(number, int)
                assert number not in found, f"order {number} is stored twice"
                found[number] = event.event_id
    return found


def unsettled(data: Data) -> tuple[int, int]:
    """Return how many events wait to be applied and how many deliveries to be delivered."""
    heads = sum(bounds.last for bounds in data.journal.heads())
    with data.store.read() as reader:
        positions = reader.cursors.positions("engine")
        counts = reader.deliveries.counts()
    opened = sum(
        n for states in counts.values() for state, n in states.items() if state != "delivered"
    )
    return heads - sum(positions.values()), opened


def wait_settled(data: Data, said: Callable[[], str]) -> None:
    """Return when everything is applied and delivered.

    Raises:
        AssertionError: nothing moved for two minutes before that.
    """
    left = unsettled(data)
    while left != (0, 0):
        before = left
        wait_until(
            lambda before=before: unsettled(data) != before,
            f"something moves: {before[0]} events wait to be applied, {before[1]} deliveries",
            timeout_s=120,
            said=said,
        )
        left = unsettled(data)


def reckon(hub: HubFolder, load: Load, sink: Sink) -> None:
    """Assert that every acknowledged order is stored once, applied once, and delivered under one key."""
    with hub.reading() as data:
        wait_settled(data, hub.output)
        report = audit(data)
        assert report.balanced, report.differences
        stored = stored_numbers(data)
        assert load.acknowledged <= stored.keys(), "an acknowledged order is missing"
        assert stored.keys() <= load.sent
        wanted = Counter(profile_of(number) for number in stored)
        newest: dict[str, int] = {}
        for number in stored:
            person = profile_of(number)
            newest[person] = max(number, newest.get(person, -1))
        with data.store.read() as reader:
            records = reader.profiles.get_many(wanted)
        assert {p: r.events for p, r in records.items()} == dict(wanted), (
            "applied more or less than once"
        )
        assert {p: r.attributes["last_number"].value for p, r in records.items()} == newest
    keys_of: dict[int, set[str]] = {}
    for request in sink.received():
        number = request["body"]["properties"]["number"]
        keys_of.setdefault(number, set()).add(request["headers"]["idempotency-key"])
    assert keys_of.keys() == stored.keys(), "delivered is not what is stored"
    assert all(len(keys) == 1 for keys in keys_of.values()), "an order went out under two keys"
    assert len({key for keys in keys_of.values() for key in keys}) == len(stored)
