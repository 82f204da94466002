"""What can be asked of deliveries, and which of those that wait can be hurried."""

from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import DeliveryQuery
from heliograph.testing.samples import make_attempt, make_delivery, make_finish
from heliograph.testing.store.fixtures import StoreFixtures


class AskedDeliveriesConformance(StoreFixtures):
    """`find` with every filter, `try_now`."""

    def test_find_filters_and_pages(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue(
                [
                    make_delivery(
                        n, destination="w/heap" if n % 3 == 0 else "w/crm", key=f"k{n % 4}"
                    )
                    for n in range(20)
                ],
                now_ms=0,
            )

            def ids(query: DeliveryQuery) -> list[int]:
                return [int(d.delivery_id[4:]) for d in tx.deliveries.find(query)]

            assert ids(DeliveryQuery(limit=3)) == [19, 18, 17]
            (mark,) = tx.deliveries.find(DeliveryQuery(event_id="evt_17"))
            assert ids(DeliveryQuery(before_seq=mark.seq, limit=2)) == [16, 15]
            assert ids(DeliveryQuery(id_prefix="dlv_1", limit=3)) == [19, 18, 17]
            assert ids(DeliveryQuery(id_prefix="dlv_%")) == []
            assert ids(DeliveryQuery(id_suffix="2")) == [12, 2]
            assert ids(DeliveryQuery(id_suffix="_2", workspace="w")) == [2]
            assert ids(DeliveryQuery(id_suffix="%2")) == []
            assert ids(DeliveryQuery(key="k1", limit=2)) == [17, 13]
            assert ids(DeliveryQuery(destination="w/heap", limit=2)) == [18, 15]
            assert ids(DeliveryQuery(event_ids=("evt_3", "evt_5"))) == [5, 3]
            assert ids(DeliveryQuery(workspace="w", limit=2)) == [19, 18]
            assert ids(DeliveryQuery(workspace="w", destination="w/heap", limit=1)) == [18]
            for other in ("x", "w0", "", "w/"):
                assert ids(DeliveryQuery(workspace=other)) == []
            waiting = ids(DeliveryQuery(states=("waiting",)))
            queued = ids(DeliveryQuery(states=("queued", "dead")))
            assert sorted(waiting + queued) == list(range(20))

    def test_those_of_some_persons_are_found(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue(
                [make_delivery(n, profile_id=f"p_{n % 3}") for n in range(6)], now_ms=0
            )

            def ids(*people: str) -> list[str]:
                found = tx.deliveries.find(DeliveryQuery(profile_ids=people))
                return [one.delivery_id for one in found]

            assert ids("p_1") == ["dlv_4", "dlv_1"]
            assert ids("p_1", "p_2", "p_9") == ["dlv_5", "dlv_4", "dlv_2", "dlv_1"]
            assert ids("p_9") == []

    def test_what_waits_for_later_is_tried_now_and_keeps_what_it_was(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.deliveries.enqueue([make_delivery(n, key=f"k{n % 4}") for n in range(6)], now_ms=0)
            for n, state in ((0, "waiting"), (1, "waiting"), (2, "held"), (3, "dead")):
                tried = (make_attempt(n, 1, at=4),)
                turn = make_finish(f"dlv_{n}", state, due_at=900, attempts=tried)  # type: ignore[arg-type]
                tx.deliveries.finish([turn], now_ms=5)
            before = {one.delivery_id: one for one in tx.deliveries.find(DeliveryQuery())}

            assert tx.deliveries.try_now(DeliveryQuery(delivery_ids=("dlv_1",)), now_ms=7) == 1
            assert tx.deliveries.try_now(DeliveryQuery(limit=1), now_ms=8) == 1, "all that are left"
            assert tx.deliveries.try_now(DeliveryQuery(), now_ms=8) == 0
            after = {one.delivery_id: one for one in tx.deliveries.find(DeliveryQuery())}

            assert {i: one.due_at for i, one in after.items() if one != before[i]} == {
                "dlv_0": 8,
                "dlv_1": 7,
            }
            assert (after["dlv_0"].first_attempt_at, after["dlv_0"].attempts) == (4, 1)
            assert tx.deliveries.next_due("w/crm") == 7
            assert tx.deliveries.recount() == tx.deliveries.counts()
