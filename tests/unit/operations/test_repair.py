"""What a repair reads again, and what it must not."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from heliograph.app.settings import RetentionSettings
from heliograph.app.upkeep.housekeeping import JournalHousekeeping, StoreHousekeeping
from heliograph.backends.sqlite import open_journal, open_store
from heliograph.engine.loop.loop import Engine
from heliograph.engine.settings import EngineSettings
from heliograph.model.event import Event, encode_event
from heliograph.operations.act.repair import repair
from heliograph.operations.look.condition.audit import audit
from heliograph.storage.catalog import CatalogReader
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Record
from heliograph.storage.lineage import pair
from heliograph.testing.clock import ManualClock
from heliograph.testing.hubs import TESTER, hub_of
from heliograph.testing.journal.fixtures import data_of

DAY_MS = 86_400_000
WEEK = RetentionSettings(keep_requests_days=7, keep_events_days=7, keep_delivered_days=7)


class World:
    """Journal and store in files, one key, and everything that works on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.data = self._open()
        with self.data.store.transaction() as tx:
            tx.configuration.put("w", "workspace", "workspace", {"id": "w"}, now_ms=0)
        pair(self.data.journal, self.data.store)

    def _open(self) -> Data:
        journal = open_journal(self.folder / "journal.db")
        return data_of(journal, open_store(self.folder / "store.db"))

    def close(self) -> None:
        self.data.journal.close()
        self.data.store.close()

    def append(self, *numbers: int) -> None:
        now_ms = self.clock.now_ms()
        events = [
            Event(
                type="track", event_id=f"evt_{number}", workspace="w", source_id="crm",
                request_id=f"req_{number:026d}", item_index=0, timestamp=now_ms, received_at=now_ms,
                customer_id="c",
            )
            for number in numbers
        ]  # fmt: skip
        self.data.journal.append(
            [Record(key="c", id=e.event_id, at=now_ms, value=encode_event(e)) for e in events]
        )

    def apply(self) -> None:
        engine = Engine(
            EngineSettings(),
            journal=self.data.journal,
            store=self.data.store,
            load_catalog=CatalogReader(self.data.store, {}).current,
            clock=self.clock,
            owner="test",
        )
        while engine.step():
            pass

    def retain(self) -> None:
        for kind in (JournalHousekeeping, StoreHousekeeping):
            work = kind(WEEK, data=self.data, now_ms=self.clock.now_ms)
            while work.step():
                pass

    def keep(self) -> None:
        self.close()
        (self.folder / "kept").mkdir()
        for path in self.folder.glob("journal.db*"):
            if path.is_file():
                shutil.copy(path, self.folder / "kept")
        self.data = self._open()

    def put_back(self) -> None:
        self.close()
        for end in ("", "-wal", "-shm"):
            (self.folder / f"journal.db{end}").unlink(missing_ok=True)
        shutil.copytree(self.folder / "kept", self.folder, dirs_exist_ok=True)
        self.data = self._open()

    def events(self) -> int:
        with self.data.store.read() as reader:
            [person] = reader.profiles.find(workspace=None, after=None, limit=10)
        return person.events


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def test_what_retention_had_forgotten_is_not_applied_a_second_time(world: World) -> None:
    """An older copy brings back events whose ids are not known any more."""
    world.append(1, 2, 3)
    world.apply()
    world.clock.advance(ms=5 * DAY_MS)
    world.append(4, 5)
    world.apply()
    world.keep()
    world.clock.advance(ms=3 * DAY_MS)
    world.append(6)
    world.apply()
    world.retain()  # 1 to 3 are over a week old
    assert world.events() == 6
    world.put_back()
    world.append(7)
    found = repair(TESTER, hub_of(world.data))
    assert (found.kind, found.passed_over, found.events) == ("repaired", 3, 3)
    world.apply()
    assert world.events() == 7, "4 and 5 are known by their ids, 1 to 3 are known to be forgotten"
    report = audit(world.data, full=True)
    assert report.differences == ()
    assert report.engine.duplicates == 2
    assert report.ids is not None
    assert (report.ids.orphans, report.ids.gone) == (0, 1), "6 is gone from the journal"


def test_a_repetition_that_outlives_its_first_is_still_known(world: World) -> None:
    """Retention forgot the id with its first place, and the audit missed what was repeated later."""
    world.append(1)
    world.apply()
    world.clock.advance(ms=5 * DAY_MS)
    world.append(1, 2)
    world.apply()
    world.clock.advance(ms=3 * DAY_MS)
    world.retain()
    assert audit(world.data, full=True).differences == ()
    world.append(1)
    world.apply()
    assert world.events() == 2
    world.clock.advance(ms=8 * DAY_MS)
    world.retain()
    report = audit(world.data, full=True)
    assert (report.differences, report.engine.duplicates) == ((), 2)


def test_without_retention_everything_is_read_again(world: World) -> None:
    world.append(1, 2, 3)
    world.apply()
    world.keep()
    world.append(4)
    world.apply()
    world.put_back()
    found = repair(TESTER, hub_of(world.data))
    assert (found.passed_over, found.events) == (0, 3)
    world.apply()
    assert world.events() == 4


def test_more_missing_from_a_partition_than_its_repair_explains_is_a_difference(
    world: World,
) -> None:
    world.append(1)
    world.apply()
    world.keep()
    world.append(2, 3)
    world.apply()
    world.put_back()
    repair(TESTER, hub_of(world.data))
    world.apply()
    assert audit(world.data, full=True).differences == ()
    # Another partition lost something too, and no repair has seen that.
    with world.data.store.transaction() as tx:
        [row] = [one for one in tx.applied.page(0, limit=9)[0] if one.event_id == "evt_3"]
        strays = [
            msgspec.structs.replace(row, event_id=f"stray_{n}", partition=(row.partition + 1) % 16)
            for n in range(2)
        ]
        tx.applied.add(strays)
    found = audit(world.data, full=True)
    assert found.differences[0] == "2 events were applied and are not in the journal"
    assert found.ids is not None
    assert (found.ids.orphans, found.ids.gone) == (2, 2)
