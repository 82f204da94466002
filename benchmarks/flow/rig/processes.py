"""Where processes run and what they use, as `/proc` tells (Linux only)."""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import msgspec

HUB_CORES = 2
"""The hub is measured on so many cores, however many the machine has."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a process used so far."""

    cpu_s: float
    peak_rss_mb: float
    """Largest resident memory (VmHWM), in units of 10^6 bytes."""


def hub_cores() -> list[int]:
    """Return the cores for gateway and worker."""
    return sorted(os.sched_getaffinity(0))[:HUB_CORES]


def load_cores() -> list[int]:
    """Return the cores for generator and twins: the others, or the hub's own if there are none."""
    return sorted(os.sched_getaffinity(0))[HUB_CORES:] or hub_cores()


@contextmanager
def pinned(cores: Iterable[int]) -> Generator[None]:
    """Start the processes of the block on these cores; a child keeps what it was started with."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def usage(pid: int) -> Usage:
    """Return CPU time and peak memory of a running process."""
    folder = Path("/proc") / str(pid)
    fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    peak_kib = 0
    for line in (folder / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            peak_kib = int(line.split()[1])
    return Usage(
        cpu_s=ticks / os.sysconf("SC_CLK_TCK"), peak_rss_mb=round(peak_kib * 1024 / 1e6, 1)
    )
