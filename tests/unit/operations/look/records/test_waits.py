"""A delivery that was not sent yet says what it waits for, and one that a person hurries is due."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from heliograph.app.upkeep.worker_answers import answering
from heliograph.delivery.lane.lane import LaneStats
from heliograph.delivery.pace.budget import BudgetStats
from heliograph.model.delivery import DeliveryState
from heliograph.operations.act.sending.destinations import pause
from heliograph.operations.act.sending.trying import try_now
from heliograph.operations.delivery_views import TryView, WaitView
from heliograph.operations.hub import Hub
from heliograph.operations.look.records.deliveries import DeliveryFilter, show_delivery
from heliograph.operations.look.records.trace import trace
from heliograph.storage.folder import role_socket
from heliograph.storage.folder.run_files import role_lock
from heliograph.testing.clock import ManualClock
from heliograph.testing.hubs import TESTER
from heliograph.testing.samples import make_attempt, make_delivery, make_finish

HOOK = "acme/hook"
NOW = 1_767_225_600_000  # 2026-01-01, where a ManualClock begins


@pytest.fixture
def hub(hub: Hub, tmp_path: Path) -> Hub:
    """With a destination, two deliveries of one person in line, and one of somebody else."""
    with hub.data.store.transaction() as tx:
        document = {"type": "webhook", "settings": {"url": "https://example.test/"}}
        tx.configuration.put("acme", "destination", "hook", document, now_ms=1)
        made = [make_delivery(n, key=f"k{n // 3}", destination=HOOK) for n in (0, 1, 2, 3)]
        tx.deliveries.enqueue(made, now_ms=NOW - 5_000)
    return msgspec.structs.replace(hub, folder=tmp_path)


def waits(hub: Hub, id_: str) -> list[WaitView]:
    return show_delivery(TESTER, hub, id_).waits or []


def causes(hub: Hub, id_: str) -> list[str]:
    return [one.cause for one in waits(hub, id_)]


def tried(
    hub: Hub, n: int, *, due_at: int, state: DeliveryState = "waiting", reason="HTTP 503: no."
) -> None:
    """Let delivery `n` have been tried once."""
    with hub.data.store.transaction() as tx:
        attempts = (make_attempt(n, 1, at=NOW - 4_000),)
        turn = make_finish(f"dlv_{n}", state, due_at=due_at, attempts=attempts)
        tx.deliveries.finish([msgspec.structs.replace(turn, reason=reason)], now_ms=NOW - 3_000)


def lane(*, allowed: float | None = None, paused_s: float = 0.0, **changes: object) -> LaneStats:
    budget = BudgetStats(
        allowed_per_minute=allowed,
        learned_share=1.0,
        paused_for_s=paused_s,
        waiting=0,
        eta_s=None,
    )
    still = LaneStats(
        destination=HOOK, open=True, in_hand=0, in_flight_s=0.0, budget=budget, circuit="closed"
    )
    return msgspec.structs.replace(still, **changes)


async def asked(hub: Hub, id_: str, lanes: dict[str, LaneStats]) -> list[WaitView]:
    """Return what a delivery waits for while a worker runs that says this."""
    with role_lock(hub.folder, "worker", wait_s=0, monotonic_s=lambda: 0.0, pause=lambda _: None):
        async with answering(hub.folder, "worker", lambda: lanes):
            return await asyncio.to_thread(waits, hub, id_)


def test_a_worker_that_does_not_answer_is_not_one_without_the_destination(hub: Hub):
    """It runs, and has no socket: on a file system without them, or as long as it starts."""
    with role_lock(hub.folder, "worker", wait_s=0, monotonic_s=lambda: 0.0, pause=lambda _: None):
        [only] = waits(hub, "dlv_0")
        assert only.cause == "due"
        assert only.text.endswith(
            "; what the worker does with it is not known: it has no socket to be asked by, or not yet"
        )
        place = role_socket.listening(hub.folder, "worker")
        place.close()  # as a process leaves it that was killed, or is being stopped
        [only] = waits(hub, "dlv_0")
        assert "is not known: it cannot be asked (" in only.text


def test_one_in_line_names_the_one_before_it_and_what_that_waits_for(hub: Hub):
    tried(hub, 0, due_at=NOW + 90_000)
    behind, later = waits(hub, "dlv_2")
    assert (behind.cause, behind.behind, behind.since) == ("behind", "dlv_0", NOW - 5_000)
    assert behind.text.startswith("behind dlv_0 and 1 more: ")
    assert (later.cause, later.since, later.until) == ("later", NOW - 4_000, NOW + 90_000)
    assert later.text == (
        "that one is tried again at 2026-01-01 00:01:30 UTC, in 90 s, after 1 request: HTTP 503: no; "
        "`heliograph deliveries try dlv_0` tries it now"
    )
    assert waits(hub, "dlv_1")[0].text.startswith("behind dlv_0: ")
    assert waits(hub, "dlv_0")[0].text.startswith("tried again at 2026-01-01 00:01:30 UTC, in 90 s")


def test_a_paused_destination_says_since_when_and_why(hub: Hub):
    assert isinstance(hub.clock, ManualClock)
    pause(TESTER, hub, "hook", reason="they ask us to.")
    hub.clock.advance(s=60)
    [one] = waits(hub, "dlv_3")
    assert (one.cause, one.since) == ("paused", NOW)
    assert one.text == (
        "acme/hook is paused since 2026-01-01 00:00:00 UTC: they ask us to; "
        "`heliograph destination resume hook` sends again"
    )
    assert causes(hub, "dlv_1") == ["behind", "paused"]


@pytest.mark.parametrize("state", ["disabled", "removed", "misconfigured"])
def test_a_destination_that_is_not_sent_to_says_so(hub: Hub, state: str):
    document = {"type": "webhook", "settings": {"url": "https://example.test/"}, "enabled": False}
    with hub.data.store.transaction() as tx:
        if state == "removed":
            tx.configuration.delete("acme", "destination", "hook", now_ms=2)
        else:
            body = document if state == "disabled" else {"type": 7}
            tx.configuration.put("acme", "destination", "hook", body, now_ms=2)
    [one] = waits(hub, "dlv_0")
    assert (one.cause, one.since) == (state, None)
    assert one.text.startswith(f"acme/hook is {state}: ")


def test_one_that_is_held_says_what_it_takes(hub: Hub):
    tried(hub, 0, due_at=0, state="held", reason="no known customer")
    [one] = waits(hub, "dlv_0")
    assert (one.cause, one.since) == ("held", NOW - 5_000)
    assert one.text.startswith("no known customer; it is sent when ")


def test_without_a_worker_nothing_is_sent(hub: Hub):
    assert causes(hub, "dlv_0") == ["no_worker"]
    assert causes(hub, "dlv_1") == ["behind", "no_worker"]


def test_what_has_ended_waits_for_nothing(hub: Hub):
    tried(hub, 0, due_at=0, state="dead")
    tried(hub, 3, due_at=0, state="delivered")
    assert (show_delivery(TESTER, hub, "dlv_0").waits, waits(hub, "dlv_3")) == (None, [])


async def test_a_worker_tells_what_only_it_knows(hub: Hub):
    flying = lane(in_hand=1, in_flight_s=30.0)
    [one] = await asked(hub, "dlv_0", {HOOK: flying})
    assert (one.cause, one.since) == ("in_flight", NOW - 30_000)
    assert one.text == (
        "a request to acme/hook is in flight since 2025-12-31 23:59:30 UTC (30 s); its answer is awaited"
    )
    [one] = await asked(hub, "dlv_0", {HOOK: lane(in_hand=2, in_flight_s=1.0)})
    assert "acme/hook, the first of 2 in hand, is in flight" in one.text
    [one] = await asked(hub, "dlv_0", {HOOK: lane(paused_s=12.0, allowed=60.0)})
    assert (one.cause, one.until) == ("budget", NOW + 12_000)
    [one] = await asked(hub, "dlv_0", {HOOK: lane(allowed=60.0)})
    assert one.cause == "budget"
    assert "lets 60 requests a minute through, and 2 deliveries wait" in one.text
    [one] = await asked(hub, "dlv_0", {HOOK: lane(circuit="open")})
    assert one.cause == "circuit"
    for lanes in ({}, {HOOK: lane()}):
        [one] = await asked(hub, "dlv_0", lanes)
        assert (one.cause, one.since) == ("due", NOW - 5_000)
    tried(hub, 0, due_at=NOW + 9_000)
    found = await asked(hub, "dlv_0", {HOOK: lane(circuit="half_open")})
    assert [one.cause for one in found] == ["later", "circuit"]


async def test_a_folder_with_a_long_path_has_its_socket_too(hub: Hub, tmp_path: Path):
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    hub = msgspec.structs.replace(hub, folder=folder)
    [one] = await asked(hub, "dlv_0", {HOOK: lane(in_hand=1, in_flight_s=1.0)})
    assert one.cause == "in_flight"
    assert [path.name for path in (folder / "run").glob("*.sock")] == [], "taken away at the end"


class TestTryNow:
    """A person need not wait for the next try."""

    def due(self, hub: Hub) -> dict[str, int]:
        return {f"dlv_{n}": show_delivery(TESTER, hub, f"dlv_{n}").due_at for n in (0, 3)}

    def both_tried(self, hub: Hub) -> None:
        for n in (0, 3):
            tried(hub, n, due_at=NOW + 90_000)

    def test_those_that_are_named_are_due(self, hub: Hub):
        self.both_tried(hub)
        done = try_now(TESTER, hub, DeliveryFilter(), ids=["dlv_3"])
        assert done.hurried == 1
        assert self.due(hub) == {"dlv_0": NOW + 90_000, "dlv_3": NOW}

    def test_one_in_line_hurries_the_one_it_waits_for(self, hub: Hub):
        self.both_tried(hub)
        done = try_now(TESTER, hub, DeliveryFilter(), ids=["dlv_2"])
        assert (done.hurried, self.due(hub)["dlv_0"]) == (1, NOW)
        assert done.notes[0].startswith("dlv_2: behind dlv_0 and 1 more")

    @pytest.mark.parametrize(
        ("wanted", "hurried"),
        [
            (DeliveryFilter(), 2),
            (DeliveryFilter(destination="hook"), 2),
            (DeliveryFilter(event_id="evt_3"), 1),
            (DeliveryFilter(workspace="beta"), 0),
        ],
    )
    def test_a_filter_says_which(self, hub: Hub, wanted: DeliveryFilter, hurried: int):
        self.both_tried(hub)
        assert try_now(TESTER, hub, wanted).hurried == hurried
        assert try_now(TESTER, hub, wanted).hurried == 0, "they are due already"

    def test_what_stands_in_the_way_is_said(self, hub: Hub):
        self.both_tried(hub)
        pause(TESTER, hub, "hook", reason="why not")
        done = try_now(TESTER, hub, DeliveryFilter(destination="hook"))
        assert done.hurried == 2
        [note] = done.notes
        assert note.startswith("acme/hook is paused since ")

    def test_what_has_ended_says_so(self, hub: Hub):
        tried(hub, 0, due_at=0, state="dead")
        tried(hub, 3, due_at=0, state="delivered")
        done = try_now(TESTER, hub, DeliveryFilter(), ids=["dlv_0", "dlv_3"])
        assert done == TryView(
            hurried=0,
            notes=[
                "dlv_0 was given up; `heliograph deliveries replay` sends it again.",
                "dlv_3 is delivered.",
            ],
        )


class TestHalted:
    """An event without a delivery says why."""

    def halted(self, hub: Hub, event_id: str) -> str:
        [life] = trace(TESTER, hub, event_id).events
        return life.halted or ""

    def pipeline(self, hub: Hub, **changes: object) -> None:
        body = {"sources": ["*"], "destinations": [{"name": "hook"}], **changes}
        with hub.data.store.transaction() as tx:
            tx.configuration.put("acme", "pipeline", "all", body, now_ms=1)  # type: ignore[arg-type]

    def test_what_was_not_applied_yet_says_how_many_are_before_it(
        self, hub: Hub, receive: Callable[..., list]
    ):
        made = [receive(n, apply=False, customer_id="c")[0] for n in (1, 2, 3)]
        assert self.halted(hub, made[0].event_id).endswith("it is the next")
        assert self.halted(hub, made[2].event_id).endswith("2 stand before it")

    def test_a_missing_pipeline_and_one_that_does_not_take_it_are_told_apart(
        self, hub: Hub, receive: Callable[..., list]
    ):
        [event] = receive(1)
        assert "workspace acme has no enabled pipeline" in self.halted(hub, event.event_id)
        self.pipeline(hub, sources=["crm"])
        assert self.halted(hub, event.event_id) == (
            "it has no delivery: no pipeline of acme takes 'Ordered' from source shop; "
            "`heliograph pipeline list` shows what each takes"
        )
        self.pipeline(hub)
        assert "did not when it was applied" in self.halted(hub, event.event_id)
        self.pipeline(hub, enabled=False)
        assert "no enabled pipeline" in self.halted(hub, event.event_id)
