"""The courier against real HTTP servers and the SQLite store: what each answer leads to."""

import asyncio
from collections import defaultdict

import msgspec
import pytest
from aiohttp import web

from heliograph.delivery.courier import Courier
from heliograph.delivery.rows.hand import Result
from heliograph.delivery.rows.ledger import Ledger
from heliograph.delivery.settings import CircuitSettings, RetrySettings
from heliograph.destinations import registry
from heliograph.errors import StoreUnavailable
from heliograph.model.delivery import Reject
from heliograph.operations.act.sending.deliveries import (
    pause_destination,
    replay_dead_letters,
    resume_destination,
)
from heliograph.storage.work.deliveries import DeliveryQuery

QUICK_RETRY = RetrySettings(first_s=0.01, cap_s=0.05, min_retries=2)


def shows(courier: Courier, **wanted: object) -> bool:
    """Tell whether the lane of `hook` is there and its figures are as wanted."""
    lane = courier.stats().get("acme/hook")
    return lane is not None and all(getattr(lane, k) == v for k, v in wanted.items())


async def test_what_the_engine_made_is_delivered_once_each(hub, receiver, until):
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i % 7}") for i in range(200)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 200})
    assert sorted(receiver.numbers()) == list(range(1, 201))


async def test_a_key_is_sent_in_order_one_at_a_time_though_some_tries_fail(hub, receiver, until):
    """The next event of a customer leaves only after the one before it was taken."""
    in_flight: dict[str, int] = defaultdict(int)
    overlaps: list[str] = []

    async def answer(request: web.Request, number: int) -> web.Response:
        customer = receiver.bodies[number - 1]["customer_id"]
        in_flight[customer] += 1
        if in_flight[customer] > 1:
            overlaps.append(customer)
        await asyncio.sleep(0)  # lets another request of the customer in, if one was sent
        in_flight[customer] -= 1
        return web.Response(status=500 if number % 5 == 0 else 200)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i % 4}") for i in range(60)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 60})
    taken: dict[str, list[int]] = defaultdict(list)
    for body, status in zip(receiver.bodies, receiver.statuses, strict=True):
        if status == 200:
            taken[body["customer_id"]].append(body["properties"]["n"])
    assert not overlaps
    assert all(numbers == sorted(numbers) for numbers in taken.values())
    assert sum(len(numbers) for numbers in taken.values()) == 60


async def test_a_server_error_is_tried_again_with_the_same_idempotency_key(hub, receiver, until):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=503 if number < 3 else 200)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    [delivery] = hub.deliveries("hook")
    assert (delivery.retries, delivery.attempts) == (2, 3)
    assert {h["idempotency-key"] for h in receiver.headers} == {delivery.delivery_id}
    tries = hub.attempts(delivery.delivery_id)
    assert [(a.number, a.status, a.verdict) for a in tries] == [
        (1, 503, "retry"),
        (2, 503, "retry"),
        (3, 200, "delivered"),
    ]


async def test_too_many_requests_waits_as_asked(hub, receiver, until):
    async def answer(request: web.Request, number: int) -> web.Response:
        if number == 1:
            return web.Response(status=429, headers={"Retry-After": "1"})
        return web.Response()

    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=1)})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(20)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 20})
    assert receiver.statuses.count(429) == 1
    first = hub.attempts(hub.deliveries("hook")[0].delivery_id)
    assert [a.verdict for a in first] == ["throttle", "delivered"]
    assert first[1].at - first[0].at >= 1000
    assert [delivery.retries for delivery in hub.deliveries("hook")] == [1] + [0] * 19
    others = [hub.attempts(d.delivery_id)[0].at for d in hub.deliveries("hook")[1:]]
    assert min(others) - first[0].at >= 1000


@pytest.mark.parametrize("wish", ["0", "-5", "Thu, 01 Jan 1970 00:00:00 GMT"])
async def test_an_endless_429_that_may_be_asked_at_once_backs_off_and_ends(
    hub, receiver, until, quick, wish
):
    """A destination that takes others' events was asked 37 times in 6 s, and would have been for ever."""

    async def answer(request: web.Request, number: int) -> web.Response:
        refused = receiver.bodies[-1]["customer_id"] == "refused"
        return web.Response(status=429 if refused else 200, headers={"Retry-After": wish})

    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=1)})
    hub.apply(hub.event("refused"), *[hub.event(f"customer-{i}") for i in range(20)])
    slow = RetrySettings(first_s=0.5, factor=1.0, cap_s=0.5, horizon_s=1.0, min_retries=5)
    async with hub.delivering(msgspec.structs.replace(quick, retry=slow)):
        await until(lambda: hub.counts("hook") == {"delivered": 20, "dead": 1})
    [dead] = [one for one in hub.deliveries("hook") if one.state == "dead"]
    # Three as wished; then a tenth of the half second at least, until the second is over.
    assert 6 <= dead.attempts <= 3 + 20 + 1
    assert dead.reason.startswith("gave up after")


async def test_refused_credentials_stop_the_destination_and_keep_everything(hub, receiver, until):
    key = "old"

    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=200 if key == "new" else 401)

    def written() -> int:
        return sum(one.attempts for one in hub.deliveries("hook"))

    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=2)})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(30)])
    async with hub.delivering():
        await until(lambda: hub.state("hook")[0] == "misconfigured")
        # A refusal that comes in after the resumption would stop the destination again.
        await until(lambda: written() == len(receiver.bodies))
        assert hub.counts("hook") == {"waiting": 30}
        tried = len(receiver.bodies)
        assert "401" in hub.state("hook")[1]
        assert tried <= 2
        key = "new"
        change = resume_destination(hub.store, "acme/hook", clock=hub.clock, by="test")
        assert (change.before, change.after) == ("misconfigured", "active")
        await until(lambda: hub.counts("hook") == {"delivered": 30})
    assert all(delivery.retries == 0 for delivery in hub.deliveries("hook"))


async def test_no_look_from_before_a_refusal_was_stored_lets_more_be_refused(
    hub, receiver, until, monkeypatch, quick
):
    looks = 0
    look, hand_in = Courier._look, Ledger.hand_in
    handing: set[asyncio.Task[None]] = set()

    async def counted(self: Courier, ledger: Ledger) -> None:
        nonlocal looks
        await look(self, ledger)
        looks += 1

    def late(self: Ledger, result: Result, *, more: bool = False) -> None:
        async def after_looks() -> None:
            seen = looks
            await until(lambda: looks >= seen + 3)
            hand_in(self, result, more=more)

        if result.status is None:
            hand_in(self, result, more=more)
        else:
            handing.add(asyncio.create_task(after_looks()))

    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=401)

    monkeypatch.setattr(Courier, "_look", counted)
    monkeypatch.setattr(Ledger, "hand_in", late)
    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=2)})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(30)])
    settings = msgspec.structs.replace(quick, sweep_s=0.01)
    async with hub.delivering(settings):
        await until(lambda: hub.state("hook")[0] == "misconfigured")
        await until(lambda: hub.counts("hook") == {"waiting": 30})
    assert len(receiver.bodies) <= 2


async def test_a_changed_document_takes_a_refused_destination_up_again(hub, receiver, until):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(status=200 if request.headers.get("x-key") == "new" else 403)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.state("hook")[0] == "misconfigured")
        mended = receiver.destination()
        mended["settings"]["headers"] = {"x-key": "new"}
        hub.put("destination", "hook", mended)
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert hub.state("hook")[0] == "active"


async def test_a_paused_destination_is_left_alone_until_it_is_resumed(hub, receiver, until):
    hub.configure({"hook": receiver.destination(), "other": receiver.destination()})
    paused = pause_destination(
        hub.store, "acme/hook", reason="maintenance", clock=hub.clock, by="test"
    )
    assert paused.changed
    hub.apply(*[hub.event() for _ in range(5)])
    async with hub.delivering():
        await until(lambda: hub.counts("other") == {"delivered": 5})
        assert hub.counts("hook") == {"waiting": 1, "queued": 4}
        resume_destination(hub.store, "acme/hook", clock=hub.clock, by="test")
        await until(lambda: hub.counts("hook") == {"delivered": 5})


async def test_a_refused_event_becomes_a_dead_letter_and_a_replay_sends_it_again(
    hub, receiver, until
):
    broken = True

    async def answer(request: web.Request, number: int) -> web.Response:
        return web.json_response({"error": "no such plan"}, status=422 if broken else 200)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event() for _ in range(3)])
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 3})
        broken = False
        query = DeliveryQuery(destination="acme/hook", limit=0)
        result = replay_dead_letters(hub.store, query, clock=hub.clock, by="test")
        assert result.replayed == 3
        await until(lambda: hub.counts("hook") == {"delivered": 3})
    keys = [h["idempotency-key"] for h in receiver.headers]
    assert keys[:3] == keys[3:] == [d.delivery_id for d in hub.deliveries("hook")]
    assert [d.replays for d in hub.deliveries("hook")] == [1, 1, 1]
    assert "no such plan" in hub.attempts(keys[0])[0].response_body


async def test_a_hanging_destination_changes_nothing_for_another(hub, receivers, until):
    """The hanging one holds its connections open all the while, and is never answered."""
    hanging, working = await receivers(), await receivers()
    release = asyncio.Event()

    async def hang(request: web.Request, number: int) -> web.Response:
        await release.wait()
        return web.Response()

    hanging.answer = hang
    hub.configure(
        {"hanging": hanging.destination(concurrency=16), "working": working.destination()}
    )
    hub.apply(*[hub.event(f"customer-{i}") for i in range(300)])
    async with hub.delivering():
        await until(lambda: hub.counts("working") == {"delivered": 300})
        assert hub.counts("hanging").get("delivered", 0) == 0
        assert len(hanging.bodies) <= 16
        release.set()
        await until(lambda: hub.counts("hanging") == {"delivered": 300})


async def test_a_server_that_is_away_costs_retries_until_it_is_back(hub, receivers, until):
    receiver = await receivers()
    away = {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/in"}}
    hub.configure({"hook": away})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: any(d.retries for d in hub.deliveries("hook")))
        hub.put("destination", "hook", receiver.destination())
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    first, *_, last = hub.attempts(hub.deliveries("hook")[0].delivery_id)
    assert (first.status, first.verdict, last.verdict) == (None, "retry", "delivered")
    assert "no connection to 127.0.0.1:9" in first.reason


async def test_a_destination_that_does_not_answer_is_left_alone_until_it_does(
    hub, receivers, until, quick
):
    """An outage costs a few probes, not a try of everything that waits."""
    receiver = await receivers()
    back = False
    in_flight: list[int] = []
    peaks: list[int] = []

    async def answer(request: web.Request, number: int) -> web.Response:
        in_flight.append(number)
        peaks.append(len(in_flight))
        await asyncio.sleep(0.001)
        in_flight.remove(number)
        return web.Response(status=200 if back else 503)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=16)})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(400)])
    circuit = CircuitSettings(failures=5, first_s=0.05, cap_s=0.1, probes=2)
    async with hub.delivering(msgspec.structs.replace(quick, circuit=circuit)) as courier:
        await until(lambda: shows(courier, circuit="open", in_hand=0))
        before = len(peaks)
        await until(lambda: len(peaks) >= before + 10)
        assert max(peaks[before:]) == 2
        back = True
        await until(lambda: hub.counts("hook") == {"delivered": 400})
        assert max(peaks) > 2
    assert len(receiver.bodies) < 2 * 400


async def test_what_failed_for_want_of_an_answer_goes_as_soon_as_there_is_one(
    hub, receiver, until, quick
):
    """However long their own backoff would have kept them."""
    receiver.away = True
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(40)])
    patient = msgspec.structs.replace(
        quick,
        retry=RetrySettings(first_s=3000, cap_s=3000),
        circuit=CircuitSettings(failures=3, first_s=0.05, cap_s=0.05),
    )
    async with hub.delivering(patient) as courier:
        await until(lambda: all(d.retries for d in hub.deliveries("hook")))
        await until(lambda: shows(courier, in_hand=0))
        assert hub.counts("hook") == {"waiting": 40}
        receiver.away = False
        # Nothing is due for an hour: one more event is what the destination answers to.
        hub.apply(hub.event("customer-new"))
        await until(lambda: hub.counts("hook") == {"delivered": 41})


async def test_events_that_a_destination_cannot_digest_hold_up_no_others(
    hub, receiver, until, quick
):
    """A 500 is an answer: the circuit stays closed, whatever the number."""

    async def answer(request: web.Request, number: int) -> web.Response:
        poison = receiver.bodies[number - 1]["properties"]["n"] <= 50
        return web.Response(status=500 if poison else 200)

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(100)])
    circuit = CircuitSettings(failures=1, first_s=3600, cap_s=3600)
    async with hub.delivering(msgspec.structs.replace(quick, circuit=circuit)):
        await until(lambda: hub.counts("hook").get("delivered") == 50)


async def test_a_person_who_resumes_a_destination_does_not_wait_for_its_circuit(
    hub, receiver, until, quick
):
    receiver.away = True
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(20)])
    circuit = CircuitSettings(failures=3, first_s=3600, cap_s=3600)
    async with hub.delivering(msgspec.structs.replace(quick, circuit=circuit)) as courier:
        await until(lambda: shows(courier, circuit="open"))
        pause_destination(hub.store, "acme/hook", reason="a look", clock=hub.clock, by="test")
        await until(lambda: shows(courier, open=False))
        receiver.away = False
        resume_destination(hub.store, "acme/hook", clock=hub.clock, by="test")
        await until(lambda: hub.counts("hook") == {"delivered": 20})


async def test_after_the_horizon_a_delivery_is_a_dead_letter_and_the_next_one_goes(
    hub, receiver, until, quick
):
    async def answer(request: web.Request, number: int) -> web.Response:
        return web.Response(
            status=500 if receiver.bodies[number - 1]["properties"]["n"] == 1 else 200
        )

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event(), hub.event())
    hopeless = msgspec.structs.replace(
        quick, retry=msgspec.structs.replace(QUICK_RETRY, horizon_s=0.001)
    )
    async with hub.delivering(hopeless):
        await until(lambda: hub.counts("hook") == {"dead": 1, "delivered": 1})
    dead = hub.deliveries("hook")[0]
    assert dead.retries == 2
    assert dead.reason is not None
    assert dead.reason.startswith("gave up after 3 tries")


async def test_stopping_is_no_attempt(hub, receiver, until, quick):
    """What is in flight when the courier stops waits again, with no attempt counted against it."""

    async def hang(request: web.Request, number: int) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError("never answered")

    receiver.answer = hang
    hub.configure({"hook": receiver.destination()})
    hub.apply(*[hub.event(f"customer-{i}") for i in range(40)])
    at_once = msgspec.structs.replace(quick, shutdown_grace_s=0.01)
    async with hub.delivering(at_once):
        await until(lambda: len(receiver.bodies) >= 16)
    assert hub.counts("hook") == {"waiting": 40}
    assert {(d.attempts, d.retries) for d in hub.deliveries("hook")} == {(0, 0)}


async def test_a_store_that_is_away_after_the_request_sends_nothing_twice(
    hub, receiver, until, monkeypatch
):
    """The result is kept until it can be written; a full disk must not become a second request."""
    refusals = 0
    real = hub.store.transaction

    def transaction():
        nonlocal refusals
        if receiver.statuses and refusals < 20:
            refusals += 1
            raise StoreUnavailable("store.unavailable", "the disk is full")
        return real()

    monkeypatch.setattr(hub.store, "transaction", transaction)
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert refusals == 20
    assert len(receiver.bodies) == 1


async def test_a_store_that_fails_while_leases_are_due_starts_no_lane_beside_the_old_one(
    hub, receiver, until, quick, monkeypatch
):
    """Epochs were raised before the results in memory were written: all of them were sent again."""
    away = False
    leases = 0
    epochs: set[int] = set()
    go = asyncio.Event()
    real, lease = hub.store.transaction, Ledger.lease

    def transaction():
        if away:
            raise StoreUnavailable("store.unavailable", "the disk is full")
        return real()

    async def counted(self, keeper, members, give_back):
        nonlocal leases
        try:
            share = await lease(self, keeper, members, give_back)
        except StoreUnavailable:
            leases += 1
            raise
        epochs.update(each.epoch for each in share.held)
        return share

    async def answer(request: web.Request, number: int) -> web.Response:
        if number <= 8:
            await go.wait()
        return web.Response()

    monkeypatch.setattr(hub.store, "transaction", transaction)
    monkeypatch.setattr(Ledger, "lease", counted)
    receiver.answer = answer
    hub.configure({"hook": receiver.destination(concurrency=8)})
    hub.apply(*[hub.event(f"customer-{i % 8}") for i in range(24)])
    often = msgspec.structs.replace(
        quick, request_timeout_s=1, budget_wait_s=0.1, lease_margin_s=0.1
    )
    async with hub.delivering(often) as courier:
        await until(lambda: len(receiver.bodies) == 8)
        away = True
        await until(lambda: leases >= 1)
        go.set()
        await until(lambda: len(receiver.statuses) == 8)
        seen = leases
        await until(lambda: leases >= seen + 2)
        away = False
        await until(lambda: hub.counts("hook") == {"delivered": 24})
        assert shows(courier, in_hand=0)
    assert receiver.numbers()[:8] == list(range(1, 9))
    assert sorted(receiver.numbers()) == list(range(1, 25))
    assert epochs == {1}


async def test_a_lane_that_lost_its_lease_is_followed_by_another_when_it_has_ended(
    hub, receiver, until
):
    """And the lanes of other destinations go on as they are."""
    held = asyncio.Event()
    go = asyncio.Event()

    async def answer(request: web.Request, number: int) -> web.Response:
        if not held.is_set():
            held.set()
            await go.wait()
        return web.Response()

    receiver.answer = answer
    hub.configure({"hook": receiver.destination(), "other": receiver.destination()})
    async with hub.delivering() as courier:
        await until(lambda: set(courier.stats()) == {"acme/hook", "acme/other"})
        other = courier._lanes["acme/other"]
        hub.apply(hub.event(), hub.event(), courier=courier)
        await until(held.is_set)
        with hub.store.transaction() as tx:
            tx.leases.release("courier", "courier-1", ["acme/hook"])
            tx.leases.claim(
                "courier", "thief", members=["acme/hook"], now_ms=hub.clock.now_ms(), ttl_ms=1
            )
            tx.leases.release("courier", "thief")
        go.set()
        await until(lambda: hub.counts("hook") == hub.counts("other") == {"delivered": 2})
        assert courier._lanes["acme/other"] is other


async def test_a_result_after_the_lease_was_lost_changes_no_state(hub, receiver, until):
    """Another courier took over while this one was frozen: its late answer is written as an attempt only."""
    held = asyncio.Event()
    go = asyncio.Event()

    async def answer(request: web.Request, number: int) -> web.Response:
        if number == 1:
            held.set()
            await go.wait()
            return web.Response(status=400)
        return web.Response()

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering(owner="frozen"):
        await until(held.is_set)
        [delivery] = hub.deliveries("hook")
        with hub.store.transaction() as tx:
            [holder] = tx.leases.holders("courier")
            assert tx.leases.expel("courier", "frozen", beat=holder.beat)
            now_ms = hub.clock.now_ms()
            taken = tx.leases.claim(
                "courier", "second", members=["acme/hook"], now_ms=now_ms, ttl_ms=60_000
            )
        assert [lease.member for lease in taken.held] == ["acme/hook"]
        go.set()
        await until(lambda: hub.attempts(delivery.delivery_id))
    [after] = hub.deliveries("hook")
    assert (after.state, after.attempts) == ("waiting", 0)
    assert [a.verdict for a in hub.attempts(delivery.delivery_id)] == ["reject"]


async def test_a_restart_counts_no_attempt_against_an_event(hub, receiver, until, quick):
    """A request that was cut off by the end of its courier is no failure of the destination."""
    held = asyncio.Event()

    async def answer(request: web.Request, number: int) -> web.Response:
        if number == 1:
            held.set()
            await asyncio.Event().wait()
        return web.Response()

    receiver.answer = answer
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering(msgspec.structs.replace(quick, shutdown_grace_s=0.01)):
        await until(held.is_set)
    [cut] = hub.deliveries("hook")
    assert (cut.state, cut.attempts, cut.retries) == ("waiting", 0, 0)
    assert cut.first_attempt_at is None
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    [delivered] = hub.deliveries("hook")
    assert (delivered.attempts, delivered.retries) == (1, 0)


async def test_leases_of_a_former_life_of_the_same_name_are_taken_over(hub, receiver, until):
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    with hub.store.transaction() as tx:
        former = tx.leases.claim(
            "courier",
            "courier-1",
            members=["acme/hook"],
            now_ms=hub.clock.now_ms(),
            ttl_ms=3_600_000,
        )
    async with hub.delivering(owner="courier-1"):
        await until(lambda: hub.counts("hook") == {"delivered": 1})
        with hub.store.read() as reader:
            epochs = {lease.member: lease.epoch for lease in former.held}
            assert reader.leases.holds("courier", epochs) == set()


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"type": "pigeon"}, "pigeon"),
        ({"type": "webhook", "settings": {}}, "url"),
        ({"type": "webhook", "settings": {"url": "${HOOK_URL}"}}, "HOOK_URL"),
        (None, "has no document"),
    ],
    ids=["unknown type", "missing setting", "missing secret", "no document"],
)
async def test_a_destination_that_cannot_be_used_says_why_and_keeps_its_deliveries(
    hub, receiver, until, document, named
):
    hub.configure({"good": receiver.destination()})
    if document is not None:
        hub.put("destination", "hook", document)
    targets = [{"name": name, "blueprint": None} for name in ("good", "hook")]
    hub.put("pipeline", "all", {"destinations": targets})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.state("hook")[0] == "misconfigured")
        await until(lambda: hub.counts("good") == {"delivered": 1})
        reason = hub.state("hook")[1]
        assert reason.startswith("configuration: ")
        assert named in reason
        assert hub.counts("hook") == {"waiting": 1}
        resume_destination(hub.store, "acme/hook", clock=hub.clock, by="test")
        await until(lambda: hub.state("hook") == ("misconfigured", reason))
        hub.put("destination", "hook", receiver.destination())
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert hub.state("hook")[0] == "active"


async def test_a_missing_blueprint_loses_nothing(hub, receiver, until):
    hub.configure({"hook": receiver.destination()})
    targets = [{"name": "hook", "blueprint": "shop"}]
    hub.put("pipeline", "all", {"destinations": targets})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: "'shop'" in hub.state("hook")[1])
        assert hub.counts("hook") == {"waiting": 1}
        hub.put("blueprint", "shop", {"events": {"rename": {"Bought": "Order Placed"}}})
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    assert receiver.bodies[0]["event"] == "Bought"


async def test_a_destination_taken_out_of_the_configuration_is_sent_to_no_more(
    hub, receiver, until
):
    hub.configure({"hook": receiver.destination(), "other": receiver.destination()})
    async with hub.delivering() as courier:
        await until(lambda: set(courier.stats()) == {"acme/hook", "acme/other"})
        hub.put("destination", "hook", receiver.destination(enabled=False))
        await until(lambda: set(courier.stats()) == {"acme/other"})
        hub.apply(hub.event())
        await until(lambda: hub.counts("other") == {"delivered": 1})
        assert hub.counts("hook") == {"waiting": 1}


async def test_secrets_stand_in_no_attempt(hub, receiver, until):
    async def echo(request: web.Request, number: int) -> web.Response:
        return web.Response(status=400, text=f"who is {request.headers['authorization']}?")

    receiver.answer = echo
    document = receiver.destination()
    document["settings"]["secret_headers"] = {"Authorization": "Bearer ${TOKEN}"}
    hub.environ["TOKEN"] = "s3cr3t-t0ken"
    hub.configure({"hook": document})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1})
    assert receiver.headers[0]["authorization"] == "Bearer s3cr3t-t0ken"
    [delivery] = hub.deliveries("hook")
    attempts = hub.attempts(delivery.delivery_id)
    assert "s3cr3t" not in repr(attempts) + repr(delivery)


async def test_a_secret_that_a_receiver_repeats_is_masked_in_the_reason(hub, receiver, until):
    """A type of destination that quotes the answer as its reason gives nothing away."""

    async def echo(request: web.Request, number: int) -> web.Response:
        return web.Response(status=400, text=f"who is {request.headers['authorization']}?")

    quoting = msgspec.structs.replace(
        registry.get("webhook"), classify=lambda answer: Reject(answer.body.decode())
    )
    hub.lookup = lambda name: quoting
    receiver.answer = echo
    document = receiver.destination()
    document["settings"]["secret_headers"] = {"Authorization": "Bearer ${TOKEN}"}
    hub.environ["TOKEN"] = "s3cr3t-t0ken"
    hub.configure({"hook": document})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"dead": 1})
    [delivery] = hub.deliveries("hook")
    assert delivery.reason.startswith("who is ")
    assert "s3cr3t" not in delivery.reason


async def test_an_endless_answer_is_cut_and_costs_no_memory(hub, receiver, until):
    async def endless(request: web.Request, number: int) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except (ConnectionError, asyncio.CancelledError):
            return response

    receiver.answer = endless
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.counts("hook") == {"delivered": 1})
    [attempt] = hub.attempts(hub.deliveries("hook")[0].delivery_id)
    assert len(attempt.response_body) == 65_536


async def test_a_redirect_is_not_followed(hub, receivers, until):
    receiver, elsewhere = await receivers(), await receivers()

    async def moved(request: web.Request, number: int) -> web.Response:
        return web.Response(status=302, headers={"Location": elsewhere.url})

    receiver.answer = moved
    hub.configure({"hook": receiver.destination()})
    hub.apply(hub.event())
    async with hub.delivering():
        await until(lambda: hub.state("hook")[0] == "misconfigured")
    assert f"a redirect to {elsewhere.url}; none is followed" in hub.state("hook")[1]
    assert not elsewhere.bodies


async def test_a_mended_address_is_tried_at_once(hub, receiver, until, quick):
    away = {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/in"}}
    hub.configure({"crm": away})
    hub.apply(hub.event(), hub.event("bob"))
    slow = msgspec.structs.replace(
        quick, retry=RetrySettings(first_s=600, cap_s=600, min_retries=2)
    )
    async with hub.delivering(slow):
        await until(lambda: [d.attempts for d in hub.deliveries("crm")] == [1, 1])
        hub.put("destination", "crm", receiver.destination())
        await until(lambda: hub.counts("crm").get("delivered") == 2)
