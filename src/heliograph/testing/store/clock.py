"""What every store must keep of the machine's clocks, and how what waits moves with them."""

from heliograph.model.clock_steps import ClockRecord, Sighting
from heliograph.storage.store import Store
from heliograph.testing.samples import make_attempt, make_delivery, make_finish
from heliograph.testing.store.fixtures import StoreFixtures

NEVER_MS = 10**15


class ClockConformance(StoreFixtures):
    """The clock's record, and `Deliveries.shift_due`; mixed into `StoreConformance`."""

    def test_the_clocks_record_comes_back_whole(self, store: Store) -> None:
        with store.read() as reader:
            assert reader.clock.get() is None
        for trusted in (5, 7):
            record = ClockRecord(
                seen=Sighting(wall_ms=9, boot_id="b", boot_ms=3),
                trusted_ms=trusted,
                step_ms=-4,
                stepped_at=8,
            )
            with store.transaction() as tx:
                tx.clock.put(record)
            with store.read() as reader:
                assert reader.clock.get() == record

    def test_what_waits_moves_with_a_clock_that_was_set(self, store: Store) -> None:
        # Three wait: two since before the clock was set back by 5,000, one is due already.
        due = {1: 9_000, 2: 10_500, 3: 10_001}
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n) for n in due], now_ms=0)
            tx.deliveries.finish(
                [
                    make_finish(
                        f"dlv_{n}",
                        "waiting",
                        due_at=at,
                        attempts=(make_attempt(n, 1, at=8_000),),
                    )
                    for n, at in due.items()
                ],
                now_ms=8_000,
            )
            assert tx.deliveries.shift_due(after_ms=10_000, by_ms=-5_000, latest_ms=NEVER_MS) == 2
            tx.deliveries.shift_first_attempts(-5_000)
            rows = [tx.deliveries.get(f"dlv_{n}") for n in due]
            assert [row and row.due_at for row in rows] == [9_000, 5_500, 5_001]
            assert [row and row.first_attempt_at for row in rows] == [3_000, 3_000, 3_000]

    def test_nothing_is_due_later_than_can_have_been_meant(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(1)], now_ms=90_000)
            tx.deliveries.enqueue([make_delivery(2, key="key-1")], now_ms=90_000)
            assert tx.deliveries.shift_due(after_ms=0, by_ms=0, latest_ms=60_000) == 1
            first, behind = tx.deliveries.get("dlv_1"), tx.deliveries.get("dlv_2")
            assert first is not None
            assert behind is not None
            assert (first.due_at, first.first_attempt_at) == (60_000, None)
            assert (behind.state, behind.due_at) == ("queued", 90_000)
