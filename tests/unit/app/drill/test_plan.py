"""The schedule of a drill: the same for the same seed, and everybody's turn comes."""

import random
from typing import get_args

from heliograph.app.drill.plan import Deed, Step, Victim, Weather, Work, manner_of, step


def steps(seed: int, count: int) -> list[Step]:
    return [step(n, random.Random(f"{seed}/{n}"), manner_of(n // 10 % 2)) for n in range(count)]


def test_a_seed_says_what_happens() -> None:
    assert steps(1, 50) == steps(1, 50)
    assert steps(1, 50) != steps(2, 50)


def test_a_drill_that_goes_on_does_what_it_would_have_done() -> None:
    assert steps(3, 60)[40:] == [
        step(n, random.Random(f"3/{n}"), manner_of(n // 10 % 2)) for n in range(40, 60)
    ]


def test_everything_happens_to_everybody() -> None:
    seen = steps(7, 600)
    assert {one.victim for one in seen} == set(get_args(Victim))
    assert {one.deed for one in seen} == set(get_args(Deed))
    assert {one.work for one in seen} == set(get_args(Work))
    assert {one.weather for one in seen} == set(get_args(Weather))
    assert {one.patience for one in seen} == {True, False}


def test_only_a_supervised_hub_has_a_supervisor_to_kill() -> None:
    bare = [step(n, random.Random(n), "bare") for n in range(300)]
    assert "up" not in {one.victim for one in bare}
