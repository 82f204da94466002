"""Errands that take long: they take turns, wait for room, and let the loop serve others in between."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heliograph.gateway.intake.slices import AT_ONCE, PAUSE_S, SLICE_S, STRETCH_S, Errand, Slices


class Ticking:
    """A clock on which each look takes a moment."""

    def __init__(self, tick_s: float = SLICE_S) -> None:
        self.seconds = 0.0
        self.tick_s = tick_s

    def now_ms(self) -> int:
        return 0

    def monotonic_s(self) -> float:
        self.seconds += self.tick_s
        return self.seconds


@pytest.fixture
def slices() -> Iterator[Slices]:
    made = Slices(Ticking(), max_waiting_bytes=1_000)
    yield made
    made.close()


def run(slices: Slices, errand: Errand[Any], size: int = 1) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    slices.start(errand, size, future.set_result, future.set_exception)
    return future


def counting(name: str, steps: int, log: list[str]) -> Errand[str]:
    for _ in range(steps):
        log.append(name)
        yield
    return name


async def test_works_take_turns(slices: Slices):
    log: list[str] = []
    errands = [run(slices, counting(name, 3, log)) for name in "ab"]
    assert await asyncio.gather(*errands) == ["a", "b"]
    assert log == ["a", "b"] * 3


async def test_the_loop_serves_others_between_two_slices(slices: Slices):
    log: list[str] = []
    loop = asyncio.get_running_loop()

    def other() -> None:
        log.append("other")
        if log.count("other") < 5:
            loop.call_soon(other)

    loop.call_soon(other)
    await run(slices, counting("a", 5, log))
    assert log[:6] == ["other", "a"] * 3


async def test_a_work_goes_on_until_its_slice_is_over():
    slices = Slices(Ticking(SLICE_S / 10), max_waiting_bytes=1_000)
    log: list[str] = []
    await asyncio.gather(run(slices, counting("a", 30, log)), run(slices, counting("b", 1, log)))
    assert 5 < log.index("b") < 15
    slices.close()


async def test_what_cannot_be_cut_runs_in_a_thread(slices: Slices):
    released = threading.Event()

    def errand() -> Errand[str]:
        name = yield lambda: released.wait(30) and threading.current_thread().name
        return name

    waiting = run(slices, errand())
    log: list[str] = []
    await run(slices, counting("other", 3, log))
    assert not waiting.done()
    released.set()
    assert "gateway-large-request" in await waiting


async def test_an_error_of_the_thread_is_raised_in_the_work(slices: Slices):
    def broken() -> None:
        raise ValueError("no JSON")

    def errand() -> Errand[str]:
        try:
            yield broken
        except ValueError as error:
            return f"kept: {error}"
        return "not reached"

    assert await run(slices, errand()) == "kept: no JSON"


@pytest.mark.parametrize("step", [lambda: None, None])
async def test_what_a_work_raises_reaches_who_started_it(
    slices: Slices, step: Callable[[], Any] | None
):
    def errand() -> Errand[str]:
        yield step
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run(slices, errand())
    assert await run(slices, counting("next", 1, [])) == "next"


async def test_only_a_few_are_under_way_and_the_others_wait_their_turn(slices: Slices):
    log: list[str] = []
    errands = [run(slices, counting(str(n), 2, log)) for n in range(AT_ONCE + 2)]
    assert await asyncio.gather(*errands) == [str(n) for n in range(AT_ONCE + 2)]
    assert log.index(str(AT_ONCE)) > log.index("0")
    assert log[: AT_ONCE * 2] == [str(n) for n in range(AT_ONCE)] * 2


async def test_room_is_counted_in_bytes_and_given_back(slices: Slices):
    first = run(slices, counting("a", 1, []), 600)
    assert not slices.is_full
    second = run(slices, counting("b", 1, []), 600)
    assert slices.is_full
    await asyncio.gather(first, second)
    assert not slices.is_full


async def test_works_that_are_under_way_at_the_end_are_dropped(slices: Slices):
    waiting = run(slices, counting("a", 1_000_000, []))
    await asyncio.sleep(0)
    slices.close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()


async def test_work_in_the_thread_pauses_after_a_stretch_and_not_before():
    clock = Ticking(0.0)
    slices = Slices(clock, max_waiting_bytes=1_000)
    waits: list[float | None] = []

    class Closing(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            return False

    slices._closing = Closing()  # pyright: ignore[reportPrivateUsage]

    def work() -> list[int]:
        paused: list[int] = []
        for _ in range(6):
            clock.seconds += STRETCH_S / 2
            slices.pause()
            paused.append(len(waits))
        return paused

    def errand() -> Errand[list[int]]:
        return (yield work)

    assert await run(slices, errand()) == [0, 1, 1, 2, 2, 3]
    assert waits == [PAUSE_S] * 3
    slices.close()


async def test_it_is_busy_from_an_errand_to_the_question_after_its_end(slices: Slices):
    assert not slices.was_busy()
    errand = run(slices, counting("a", 3, []))
    assert slices.was_busy()
    assert slices.was_busy()
    await errand
    assert slices.was_busy()
    assert not slices.was_busy()
