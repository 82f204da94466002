"""A state machine that leads the deliveries of a store and `MemoryDeliveries` through one life."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from heliograph.model.delivery import (
    TRANSITIONS,
    Attempt,
    Delivered,
    Delivery,
    DeliveryState,
    NewDelivery,
)
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import Deliveries, DeliveryQuery, Finish
from heliograph.testing.memory.work.deliveries import MemoryDeliveries

EVERYTHING = DeliveryQuery(limit=10_000)
DESTINATIONS = ["w/crm", "w/heap"]
KEYS = ["a", "b", "c"]
NEXT: list[DeliveryState] = ["delivered", "waiting", "held", "dead"]


def _same(delivery: Delivery) -> tuple[object, ...]:
    return tuple(getattr(delivery, name) for name in Delivery.__struct_fields__ if name != "reason")


class DeliveryMachine(RuleBasedStateMachine):
    """`fresh` is set by the suite that runs it."""

    fresh: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store: Store = self.fresh()
        self.model = MemoryDeliveries()
        self.now = 1_000
        self.made = 0
        self.states: dict[str, str] = {}

    def both(self, call: Callable[[Deliveries], Any]) -> None:
        """Do the same on both sides and compare what they answer."""
        with self.store.transaction() as tx:
            real = call(tx.deliveries)
        assert real == call(self.model)

    @rule(
        places=st.lists(
            st.tuples(st.sampled_from(DESTINATIONS), st.sampled_from(KEYS)), max_size=6
        ),
        again=st.booleans(),
        priority=st.sampled_from([0, 1, 2]),
    )
    def enqueue(self, places: list[tuple[str, str]], again: bool, priority: int) -> None:
        first = max(0, self.made - 2) if again else self.made
        new = [
            NewDelivery(
                delivery_id=f"dlv_{n}",
                destination=destination,
                pipeline="main",
                blueprint=None,
                key=key,
                profile_id=f"p_{key}",
                event_id=f"evt_{n}",
                partition=0,
                position=n,
                event=b"%d" % n,
                priority=priority,
            )
            for n, (destination, key) in enumerate(places, first)
        ]
        self.made = max(self.made, first + len(places))
        self.both(lambda deliveries: deliveries.enqueue(new, now_ms=self.now))

    @rule(
        destination=st.sampled_from(DESTINATIONS),
        priority=st.sampled_from([0, 1, 2]),
        limit=st.integers(1, 4),
    )
    def look(self, destination: str, priority: int, limit: int) -> None:
        self.both(
            lambda deliveries: [
                _same(delivery)
                for delivery in deliveries.load(
                    deliveries.due(destination, priority=priority, limit=limit, now_ms=self.now)
                )
            ]
        )

    @rule(
        turns=st.lists(
            st.tuples(st.integers(0, 12), st.sampled_from(NEXT), st.integers(0, 20)),
            max_size=4,
            unique_by=lambda turn: turn[0],
        ),
    )
    def finish(self, turns: list[tuple[int, DeliveryState, int]]) -> None:
        finishes = [
            Finish(
                delivery_id=f"dlv_{n}",
                outcome=Delivered(),
                state=state,
                due_at=self.now + delay,
                steps_done=delay % 3,
                retries=delay % 5,
                reason=None,
                attempts=(self.attempt(n, (None, 503, 500)[delay % 3]),),
                seq=(0, n + 1, n + 2)[delay % 3],
            )
            for n, state, delay in turns
        ]
        self.both(lambda deliveries: deliveries.finish(finishes, now_ms=self.now))

    def attempt(self, n: int, status: int | None) -> Attempt:
        return Attempt(
            delivery_id=f"dlv_{n}",
            number=1,
            step=0,
            at=self.now,
            duration_ms=1.0,
            method="POST",
            url="https://example.test",
            request_headers={},
            request_body="",
            status=status,
            response_headers={},
            response_body="",
            verdict="retry",
            reason="",
        )

    @rule(destination=st.sampled_from(DESTINATIONS))
    def hasten(self, destination: str) -> None:
        self.both(
            lambda deliveries: deliveries.hasten(destination, statuses={502, 503}, now_ms=self.now)
        )

    @rule(old=st.sampled_from(KEYS), new=st.sampled_from(KEYS))
    def rekey(self, old: str, new: str) -> None:
        """A merge of two persons; what is open of both goes in the order of seqs from then on."""
        if old != new:
            self.both(lambda deliveries: deliveries.rekey({old: new}))

    @rule(of=st.sets(st.sampled_from(KEYS)), old=st.sampled_from(KEYS), new=st.sampled_from(KEYS))
    def part(self, of: set[str], old: str, new: str) -> None:
        """An un-merge: some ids of a person are another one again."""
        if old != new:
            ids = [f"p_{key}" for key in of]
            self.both(lambda deliveries: deliveries.part(ids, old=old, new=new, now_ms=self.now))

    @rule(keys=st.sets(st.sampled_from(KEYS)))
    def identified(self, keys: set[str]) -> None:
        ids = sorted(f"p_{key}" for key in keys)
        self.both(lambda deliveries: deliveries.identified(ids, now_ms=self.now))

    @rule(destination=st.none() | st.sampled_from(DESTINATIONS), limit=st.sampled_from([0, 1, 50]))
    def replay(self, destination: str | None, limit: int) -> None:
        query = DeliveryQuery(destination=destination, limit=limit)
        self.both(lambda deliveries: deliveries.replay(query, now_ms=self.now))

    @rule(back=st.integers(0, 10))
    def prune(self, back: int) -> None:
        self.both(lambda deliveries: deliveries.prune(self.now - back))

    @rule(ms=st.integers(1, 15))
    def wait(self, ms: int) -> None:
        self.now += ms

    @invariant()
    def both_sides_agree(self) -> None:
        with self.store.read() as reader:
            found = reader.deliveries.find(EVERYTHING)
            assert [d.delivery_id for d in found] == [
                d.delivery_id for d in self.model.find(EVERYTHING)
            ]
            for delivery in found:
                twin = self.model.get(delivery.delivery_id)
                assert twin is not None
                assert _same(delivery)[1:] == _same(twin)[1:]
                assert reader.deliveries.attempts(delivery.delivery_id) == self.model.attempts(
                    delivery.delivery_id
                )
            assert reader.deliveries.counts() == reader.deliveries.recount() == self.model.counts()
            for destination in DESTINATIONS:
                assert reader.deliveries.next_due(destination) == self.model.next_due(destination)
        self.only_drawn_steps(found)
        self.one_active_per_key(found)

    def only_drawn_steps(self, found: list[Delivery]) -> None:
        """Every change of state since the last look is a step of the drawing."""
        for delivery in found:
            old = self.states.get(delivery.delivery_id, "")
            if old != delivery.state:
                drawn = (old, delivery.state) in TRANSITIONS
                # A merge may put one in flight behind another of its key; its turn ends it all the same.
                late = old == "queued" and ("waiting", delivery.state) in TRANSITIONS
                assert drawn or late, f"{old} -> {delivery.state}"
        self.states = {delivery.delivery_id: delivery.state for delivery in found}

    def one_active_per_key(self, found: list[Delivery]) -> None:
        """Of the open deliveries of a (destination, key), exactly one is waiting."""
        is_open = {(d.destination, d.key) for d in found if d.state in ("queued", "waiting")}
        active = Counter((d.destination, d.key) for d in found if d.state == "waiting")
        assert active == Counter(is_open)

    def teardown(self) -> None:
        self.store.close()
