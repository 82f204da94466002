"""What happens in a drill, step by step: pure, and the same for the same seed.

A step sets the weather at the destination, begins a piece of work if none is under way, waits, and then
kills or freezes somebody. `Step(n)` depends on seed and n only, so a drill that was interrupted goes on as
it would have.
"""

from collections.abc import Mapping
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final, Literal

import msgspec

Deed = Literal["kill", "freeze"]
Victim = Literal["gateway", "worker", "worker-2", "workers", "up", "all", "command"]
"""`workers`: both at once; `up`: the supervisor alone; `all`: every process of the hub at once, as a power
cut would; `command`: the command that is at work, else the worker."""
Work = Literal["none", "apply", "remap", "resume", "replay", "look", "backup"]
Weather = Literal["fine", "failing", "hanging", "throttling", "refusing", "cutting"]
Manner = Literal["supervised", "bare"]
"""Who starts a killed role again: `heliograph up`, or the drill itself, at once."""

ROUND: Final[Mapping[Manner, int]] = {"supervised": 15, "bare": 85}
"""Kills after which everything is settled and reckoned; a supervisor takes its time before it starts a role
that died again and again."""
PEOPLE: Final = 40


UPGRADES: Final = 20
"""One of so many kills is part of a pair that meets the upgrade of a folder of the first release."""


def upgrades_of(kills: int) -> int:
    """Return how often the two roles are killed while they upgrade the folder."""
    return max(1, kills // (2 * UPGRADES))


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens."""

    number: int
    deed: Deed
    victim: Victim
    after_s: float
    """From the beginning of the work to the deed."""
    hold_s: float
    """How long what is frozen stays so."""
    patience: bool
    """Whether the victim is waited for before the next step; else the next may meet it while it starts."""
    work: Work
    weather: Weather


def manner_of(round_number: int) -> Manner:
    """Return how roles are started in a round, which changes from round to round."""
    return "bare" if round_number % 2 else "supervised"


def step(number: int, random: Random, manner: Manner) -> Step:
    """Return step `number`, drawn from a generator that was seeded for it."""
    work: Work = random.choices(
        ("none", "apply", "remap", "resume", "replay", "look", "backup"), (22, 6, 6, 2, 2, 2, 3)
    )[0]
    victims: list[Victim] = ["gateway", "worker", "worker-2", "workers", "all", "command"]
    weights = [4, 2, 2, 2, 3, 0 if work in ("none", "look") else 3]
    if manner == "supervised":
        victims.append("up")
        weights.append(2)
    return Step(
        number=number,
        deed="freeze" if random.random() < 0.1 else "kill",
        victim=random.choices(victims, weights)[0],
        after_s=random.uniform(0.02, 0.6),
        hold_s=random.uniform(0.1, 2.2),
        patience=random.random() < 0.5,
        work=work,
        weather=random.choices(
            ("fine", "failing", "hanging", "throttling", "refusing", "cutting"), (5, 2, 1, 1, 1, 1)
        )[0],
    )
