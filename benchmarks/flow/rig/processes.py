"""Where processes run and what they use, as `/proc` tells (Linux only)."""

import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
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


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What the processes of one role used so far, or between two looks."""

    cpu_s: float = 0.0
    written_bytes: int = 0
    """Bytes that went, or are to go, to the disk (`write_bytes` of /proc/PID/io)."""
    switches: int = 0
    """Context switches, wanted or not."""
    rss_mb: float = 0.0
    """Resident memory now, in units of 10^6 bytes."""
    peak_rss_mb: float = 0.0

    def since(self, before: "Spent") -> "Spent":
        """Return what was used after an earlier look; memory is that of this one."""
        return Spent(
            cpu_s=self.cpu_s - before.cpu_s,
            written_bytes=self.written_bytes - before.written_bytes,
            switches=self.switches - before.switches,
            rss_mb=self.rss_mb,
            peak_rss_mb=self.peak_rss_mb,
        )


HubUse = dict[str, Spent]
"""Role -> what its processes used."""


def hub_use(roles: Mapping[str, Iterable[int]]) -> HubUse:
    """Return what each role's processes used so far."""
    return {role: _sum([_spent(pid) for pid in pids]) for role, pids in roles.items()}


def used_between(before: HubUse, after: HubUse) -> HubUse:
    """Return what each role used between two looks."""
    return {role: spent.since(before.get(role, Spent())) for role, spent in after.items()}


def children_of(pid: int) -> dict[int, list[str]]:
    """Return the process and all below it: id -> words of its command line."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    found: dict[int, list[str]] = {}
    for member in sorted(family):
        with suppress(OSError):
            words = Path(f"/proc/{member}/cmdline").read_bytes().split(b"\0")
            found[member] = [word.decode("utf-8", "replace") for word in words if word]
    return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def _spent(pid: int) -> Spent:
    fields = _stat(pid)
    switches = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            for name, value in _lines(task / "status"):
                if name.endswith("ctxt_switches"):
                    switches += int(value)
    memory = dict(_lines(Path(f"/proc/{pid}/status")))
    return Spent(
        cpu_s=(int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        written_bytes=int(dict(_lines(Path(f"/proc/{pid}/io")))["write_bytes"]),
        switches=switches,
        rss_mb=round(int(memory["VmRSS"].split()[0]) * 1024 / 1e6, 1),
        peak_rss_mb=round(int(memory["VmHWM"].split()[0]) * 1024 / 1e6, 1),
    )


def _lines(path: Path) -> list[tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    return [(n, v.strip()) for n, _, v in (line.partition(":") for line in text.splitlines())]


def _sum(parts: list[Spent]) -> Spent:
    return Spent(
        cpu_s=sum(part.cpu_s for part in parts),
        written_bytes=sum(part.written_bytes for part in parts),
        switches=sum(part.switches for part in parts),
        rss_mb=round(sum(part.rss_mb for part in parts), 1),
        peak_rss_mb=round(sum(part.peak_rss_mb for part in parts), 1),
    )
