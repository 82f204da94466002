"""What a batch of events does to people, to deliveries and to what is known as applied.

Through journal and engine alone, so that the tests say what holds and not how it is made.
"""

from types import SimpleNamespace
from typing import Any

import pytest

from heliograph.model.event import Event
from heliograph.model.identity import first_profile_id
from heliograph.profiles import identity
from heliograph.testing.memory.hub import MemoryHub


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


def event(number: int, who: str | None = "ann", **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "type": "track",
        "event": "Order",
        "event_id": f"evt_{number:04}",
        "workspace": "acme",
        "source_id": "shop",
        "request_id": f"req_{number:04}",
        "item_index": 0,
        "timestamp": number * 1_000,
        "received_at": number * 1_000,
        "customer_id": who,
    }
    return Event(**{**fields, **changes})


def corrected(of: Event, number: int, **changes: Any) -> Event:
    """Return the next generation of an event, as a remap appends it."""
    fields = {name: getattr(of, name) for name in of.__struct_fields__}
    generation = of.generation + 1
    stem = of.event_id.partition("~")[0]
    return Event(
        **{
            **fields,
            "event_id": f"{stem}~{generation}",
            "generation": generation,
            "supersedes": of.event_id,
            "remap": f"rmp_{number}",
            **changes,
        }
    )


def to(hub: MemoryHub, *destinations: str, **pipeline: Any) -> None:
    for name in destinations:
        hub.put("destination", name, {"type": "webhook", "settings": {"url": "https://x.test/"}})
    targets: Any = [{"name": name} for name in destinations]
    hub.put("pipeline", "all", {"destinations": targets, **pipeline})


class TestOnce:
    def test_an_event_that_comes_twice_has_its_effect_once(self, hub: MemoryHub):
        to(hub, "a")
        hub.append(event(1, traits={"n": 1}), event(1, traits={"n": 1}))
        hub.append(event(1, traits={"n": 2}))
        hub.drain(batch=1)
        assert hub.traits() == {"ann": {"n": 1}}
        assert [(d.event_id, d.destination) for d in hub.deliveries()] == [("evt_0001", "acme/a")]

    @pytest.mark.parametrize("batch", [1, 2, 3, 500])
    def test_how_events_are_cut_into_batches_changes_nothing(self, hub: MemoryHub, batch: int):
        to(hub, "a", "b")
        for n in range(1, 30):
            hub.append(event(n, f"c{n % 3}", traits={"n": n, f"t{n % 4}": n}))
        hub.drain(batch=batch)
        assert hub.traits() == {
            f"c{who}": {
                "n": max(n for n in range(1, 30) if n % 3 == who),
                **{
                    f"t{k}": max(n for n in range(1, 30) if (n % 3, n % 4) == (who, k))
                    for k in range(4)
                },
            }
            for who in range(3)
        }
        assert len(hub.deliveries()) == 2 * 29

    def test_deliveries_of_one_person_are_in_the_order_of_the_events(self, hub: MemoryHub):
        to(hub, "a")
        hub.append(*(event(n, f"c{n % 2}") for n in range(1, 9)))
        hub.drain(batch=3)
        by_key: dict[str, list[str]] = {}
        for delivery in hub.deliveries():
            by_key.setdefault(delivery.key, []).append(delivery.event_id)
        assert sorted(by_key.values()) == [
            [f"evt_{n:04}" for n in (1, 3, 5, 7)],
            [f"evt_{n:04}" for n in (2, 4, 6, 8)],
        ]


class TestAttributes:
    def test_the_later_time_wins_whatever_comes_first(self, hub: MemoryHub):
        hub.append(event(5, traits={"x": "late"}), event(2, traits={"x": "early", "y": 1}))
        hub.drain()
        assert hub.traits() == {"ann": {"x": "late", "y": 1}}

    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
    def test_a_time_far_ahead_of_its_receipt_wins_over_nothing(
        self, hub: MemoryHub, order: tuple[int, ...]
    ):
        day = 86_400_000
        events = [
            event(1, timestamp=1 * day, received_at=1 * day, traits={"plan": "free", "a": 1}),
            event(2, timestamp=90_000 * day, received_at=2 * day, traits={"plan": "?", "b": 2}),
            event(3, timestamp=3 * day + 5, received_at=2 * day + 5, traits={"a": 3}),
        ]
        hub.append(*(events[n] for n in order))
        hub.drain()
        assert hub.traits() == {"ann": {"plan": "free", "a": 3, "b": 2}}

    def test_events_before_a_login_belong_to_the_person(self, hub: MemoryHub):
        hub.append(event(1, None, anonymous_id="a1", traits={"seen": 1}))
        hub.append(event(2, "ann", anonymous_id="a1", traits={"name": "Ann"}))
        hub.drain()
        people = hub.people()
        with hub.store.read() as reader:
            [merge] = reader.profiles.overrides()
        assert (merge.old, merge.canonical) == (people["a1"].profile_id, people["ann"].profile_id)
        assert merge.reason == "event:evt_0002"


class TestCorrections:
    def test_a_correction_takes_the_place_of_what_it_supersedes(self, hub: MemoryHub):
        first = event(1, traits={"x": 1, "gone": True})
        hub.append(first)
        hub.drain()
        hub.append(corrected(first, 1, traits={"x": 2}))
        hub.drain()
        assert hub.traits() == {"ann": {"x": 2}}
        old, new = hub.applied("evt_0001"), hub.applied("evt_0001~2")
        assert old is not None
        assert new is not None
        assert new.reason is None

    def test_what_an_earlier_event_said_comes_back(self, hub: MemoryHub):
        hub.append(event(1, traits={"x": "first"}))
        wrong = event(2, traits={"x": "wrong"})
        hub.append(wrong)
        hub.drain()
        assert hub.traits() == {"ann": {"x": "wrong"}}
        hub.append(corrected(wrong, 1, traits={}))
        hub.drain()
        assert hub.traits() == {"ann": {"x": "first"}}

    def test_one_that_moves_to_another_person_leaves_the_first(self, hub: MemoryHub):
        moving = event(1, "ann", traits={"x": 1})
        hub.append(moving)
        hub.drain()
        hub.append(corrected(moving, 1, customer_id="bob"))
        hub.drain()
        assert hub.traits() == {"bob": {"x": 1}}

    def test_a_retraction_takes_the_effect_away(self, hub: MemoryHub):
        hub.append(event(1, traits={"kept": 1}))
        gone = event(2, traits={"gone": 1})
        hub.append(gone)
        hub.drain()
        hub.append(corrected(gone, 1, retracted=True))
        hub.drain()
        assert hub.traits() == {"ann": {"kept": 1}}

    def test_a_correction_read_before_what_it_corrects_wins_all_the_same(self, hub: MemoryHub):
        first = event(1, traits={"x": "old", "gone": 1})
        hub.append(corrected(first, 1, traits={"x": "new"}))
        hub.append(first)
        hub.drain(batch=1)
        assert hub.traits() == {"ann": {"x": "new"}}

    @pytest.mark.parametrize("resend", [True, False])
    def test_corrections_are_sent_only_when_that_is_asked_for(self, hub: MemoryHub, resend: bool):
        to(hub, "a")
        first = event(1)
        hub.append(first)
        hub.drain()
        hub.append(corrected(first, 1, resend=resend, properties={"n": 1}))
        hub.drain()
        ids = [delivery.event_id for delivery in hub.deliveries()]
        assert ids == ["evt_0001", "evt_0001~2"][: 2 if resend else 1]

    @pytest.mark.parametrize("batch", [1, 2, 100])
    def test_many_corrections_in_one_batch_are_as_one_after_the_other(
        self, hub: MemoryHub, batch: int
    ):
        firsts = [event(n, f"c{n % 3}", traits={"n": n, "old": n}) for n in range(1, 20)]
        hub.append(*firsts)
        hub.drain()
        seconds = [
            corrected(each, 1, traits={"n": each.traits["n"]}, retracted=number % 5 == 0)
            for number, each in enumerate(firsts)
        ]
        hub.append(*seconds)
        hub.drain(batch=batch)
        kept = [each for each in seconds if not each.retracted]
        wanted = {
            who: {"n": max(int(str(e.traits["n"])) for e in kept if e.customer_id == who)}
            for who in ("c0", "c1", "c2")
        }
        assert hub.traits() == wanted


class TestNobody:
    """What an earlier release took for a visitor, and this one knows to stand for nobody."""

    ZEROS = "00000000-0000-0000-0000-000000000000"

    def merged_by_an_earlier_release(self, hub: MemoryHub, monkeypatch: Any) -> list[Event]:
        sent = [
            event(1, None, anonymous_id=self.ZEROS, traits={"seen": 1}),
            event(2, "ann", anonymous_id=self.ZEROS, traits={"plan": "pro"}),
            event(3, None, anonymous_id=self.ZEROS, traits={"seen": 3}),
        ]
        identity._identifier.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr(identity, "BUILT_IN", SimpleNamespace(holds=lambda value: False))
            hub.append(*sent)
            hub.drain()
        identity._identifier.cache_clear()
        assert self.is_merged(hub)
        return sent

    def is_merged(self, hub: MemoryHub) -> bool:
        zeros = first_profile_id("acme", "anonymous", self.ZEROS)
        with hub.store.read() as reader:
            return zeros in reader.profiles.merges_of([zeros])

    def test_a_remap_takes_strangers_apart(self, hub: MemoryHub, monkeypatch: Any):
        first, second, third = self.merged_by_an_earlier_release(hub, monkeypatch)
        hub.append(
            corrected(first, 1, retracted=True),
            corrected(second, 1, anonymous_id=None),
            corrected(third, 1, retracted=True),
        )
        hub.drain()
        assert hub.traits() == {"ann": {"plan": "pro"}}
        assert not self.is_merged(hub)

    def test_one_correction_is_enough_to_end_the_merge(self, hub: MemoryHub, monkeypatch: Any):
        _, second, _ = self.merged_by_an_earlier_release(hub, monkeypatch)
        hub.append(corrected(second, 1, anonymous_id=None))
        hub.drain()
        assert not self.is_merged(hub)
        assert hub.traits()["ann"] == {"plan": "pro"}

    def test_another_event_of_the_merge_may_be_corrected(self, hub: MemoryHub, monkeypatch: Any):
        first, _, _ = self.merged_by_an_earlier_release(hub, monkeypatch)
        hub.append(event(4, "bob", anonymous_id=self.ZEROS))
        hub.append(corrected(first, 1, traits={"seen": 2}))
        hub.drain()
        assert hub.traits()["ann"] == {"plan": "pro"}

    def test_what_comes_later_belongs_to_nobody(self, hub: MemoryHub, monkeypatch: Any):
        self.merged_by_an_earlier_release(hub, monkeypatch)
        before = hub.traits()
        hub.append(event(4, "bob", anonymous_id=self.ZEROS, traits={"plan": "free"}))
        hub.append(event(5, None, anonymous_id=self.ZEROS, traits={"seen": 5}))
        hub.drain()
        assert hub.traits() == {**before, "bob": {"plan": "free"}}
