"""What every store must keep, as tests; see the numbered guarantees of `storage.store`.

```python
class TestSqliteStore(StoreConformance):
    opener = "heliograph.backends.sqlite:open_store"
```

`opener` names a function that takes a `Path` and returns the store in that place, made when new. A store
that keeps nothing when it is closed sets `durable` to False, one that only one process may open sets
`shared` to False.
"""

import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from heliograph.errors import InvariantBroken, StoreUnavailable
from heliograph.storage.store import Store
from heliograph.testing.samples import make_applied, make_delivery
from heliograph.testing.store.clock import ClockConformance
from heliograph.testing.store.configuration import ConfigurationConformance
from heliograph.testing.store.fixtures import StoreFixtures, StoreOpener
from heliograph.testing.store.profiles import ProfilesConformance
from heliograph.testing.store.reading.applied import AppliedConformance, RemapsConformance
from heliograph.testing.store.reading.cursors import CursorsConformance
from heliograph.testing.store.reading.readers import ReadersConformance
from heliograph.testing.store.stages import StagesConformance
from heliograph.testing.store.work.asking import AskedDeliveriesConformance
from heliograph.testing.store.work.deliveries import DeliveriesConformance
from heliograph.testing.store.work.leases import LeasesConformance
from heliograph.testing.store.work.merges import MergedDeliveriesConformance


class TransactionsConformance(StoreFixtures):
    """Atomic, durable, isolated; mixed into `StoreConformance`."""

    def test_a_transaction_commits_at_the_end_of_the_block(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
        with store.read() as reader:
            assert reader.applied.get("evt_1") == make_applied(1)

    def test_an_exception_rolls_everything_back(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.cursors.take("engine", [0])
        before = self._everything(store)

        def fails() -> None:
            with store.transaction() as tx:
                tx.applied.add([make_applied(1)])
                tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
                tx.configuration.put("w", "source", "crm", {"name": "crm"}, now_ms=0)
                tx.cursors.advance("engine", 0, old=0, new=9, epoch=1)
                raise LookupError("changed my mind")

        with pytest.raises(LookupError, match="changed my mind"):
            fails()
        assert self._everything(store) == before
        with store.transaction() as tx:
            assert tx.cursors.advance("engine", 0, old=0, new=1, epoch=1)

    def test_a_transaction_sees_its_own_writes(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=0)
            assert tx.deliveries.get("dlv_1") is not None

    def test_a_reader_sees_one_state_while_others_write(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
        with store.read() as reader:
            assert reader.applied.counts()["applied"] == 1
            with store.transaction() as tx:
                tx.applied.add([make_applied(2)])
            assert reader.applied.counts()["applied"] == 1
            assert reader.applied.get("evt_2") is None
        with store.read() as reader:
            assert reader.applied.counts()["applied"] == 2

    def test_a_reader_does_not_see_what_is_not_committed(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.applied.add([make_applied(1)])
            with store.read() as reader:
                assert reader.applied.get("evt_1") is None

    def test_writing_through_a_reader_raises(self, store: Store) -> None:
        def writes() -> None:
            with store.read() as reader:
                reader.applied.add([make_applied(1)])

        with pytest.raises(InvariantBroken):
            writes()
        with store.read() as reader:
            assert reader.applied.get("evt_1") is None

    def test_writers_wait_for_each_other(self, store: Store) -> None:
        """Two threads that read, add one and write never lose a step."""

        def count_up() -> None:
            for _ in range(50):
                with store.transaction() as tx:
                    at = tx.cursors.positions("counter")[0]
                    assert tx.cursors.advance("counter", 0, old=at, new=at + 1, epoch=1)

        with store.transaction() as tx:
            tx.cursors.take("counter", [0])
        threads = [threading.Thread(target=count_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as reader:
            assert reader.cursors.positions("counter") == {0: 200}

    def test_a_closed_store_says_so(self, fresh: StoreOpener) -> None:
        store = fresh()
        store.close()
        store.close()
        with pytest.raises(StoreUnavailable), store.transaction():
            raise AssertionError("a closed store began a transaction")
        with pytest.raises(StoreUnavailable), store.read():
            raise AssertionError("a closed store opened a reader")

    def test_what_was_committed_is_there_after_opening_again(self, open: StoreOpener) -> None:
        self.needs("durable")
        first = open()
        with first.transaction() as tx:
            tx.applied.add([make_applied(1)])
            tx.deliveries.enqueue([make_delivery(1)], now_ms=5)
            tx.configuration.put("w", "source", "crm", {"name": "crm"}, now_ms=0)
        kept = self._everything(first)
        first.close()
        assert self._everything(open()) == kept

    def test_a_killed_writer_leaves_whole_transactions(
        self, place: Path, open: StoreOpener
    ) -> None:
        """After `kill -9` at any moment: acknowledged batches are stored, and effects match the cursor."""
        self.needs("durable")
        random = Random(20260102)
        acknowledged = 0
        for life in range(3):
            said = self.acknowledged_before_kill(
                "heliograph.testing.store.applier", place, life=life, lines=random.randrange(1, 60)
            )
            acknowledged = int(said[-1])
        with closing(open()) as store, store.read() as reader:
            position = reader.cursors.positions("engine")[0]
            assert position >= acknowledged
            assert reader.applied.counts()["applied"] == position
            waiting = reader.deliveries.counts().get("w/crm", {})
            assert sum(waiting.values()) == position
            assert reader.deliveries.recount() == reader.deliveries.counts()

    @staticmethod
    def _everything(store: Store) -> object:
        with store.read() as reader:
            return (
                reader.cursors.positions("engine"),
                reader.applied.counts(),
                reader.deliveries.recount(),
                reader.deliveries.counts(),
                reader.configuration.revision(),
                reader.configuration.all(),
                reader.profiles.find(workspace=None, after=None, limit=1000),
            )


class StoreConformance(
    TransactionsConformance,
    CursorsConformance,
    LeasesConformance,
    ReadersConformance,
    StagesConformance,
    AppliedConformance,
    ProfilesConformance,
    AskedDeliveriesConformance,
    DeliveriesConformance,
    MergedDeliveriesConformance,
    ConfigurationConformance,
    RemapsConformance,
    ClockConformance,
):
    """Subclass it in a test file and name the opener."""
