"""What a figure depends on: the machine, the versions, and how busy both were meanwhile."""

import os
import platform
import statistics
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("uvicorn", "uvloop", "httptools", "aiohttp", "msgspec", "sqlalchemy")
SYNCS = 200


def facts(folder: Path | None = None) -> dict[str, object]:
    """Return processor, cores, memory, kernel, Python, and the disk that benchmarks write to.

    Args:
        folder: where data will be; the folder for temporary files by default.
    """
    folder = folder or Path(tempfile.gettempdir())
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "filesystem": filesystem(folder),
        "sync_p50_ms": sync_ms(folder),
    }


def versions() -> dict[str, str]:
    """Return the versions of Heliograph and of what its hot paths run on."""
    from heliograph.backends.sqlite.file.driver import dbapi

    found = {"heliograph": version("heliograph"), "sqlite": dbapi.sqlite_version}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def sync_ms(folder: Path) -> float:
    """Return the median milliseconds of appending 4 KiB to a file and putting it on disk."""
    took: list[float] = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(SYNCS):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(took), 3)


def filesystem(folder: Path) -> str:
    """Return the type of the file system that holds a folder, e.g. `ext4`."""
    best, kind = "", "unknown"
    path = str(folder.resolve())
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, type_, *_ = line.split()
        inside = path == place or path.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):
            best, kind = place, type_
    return kind


class Quiet:
    """Measures how much of the machine others used while a benchmark ran.

    Everything that is not this process or one of its ended children counts as others, so stop the
    children before asking.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._busy = _busy_s()
        self._own = _own_s()

    def elapsed_s(self) -> float:
        """Return the seconds since this was made."""
        return round(time.perf_counter() - self._began, 1)

    def others_share(self) -> float:
        """Return the share of all cores, 0 to 1, that others used since this was made."""
        elapsed = (time.perf_counter() - self._began) * (os.cpu_count() or 1)
        others = (_busy_s() - self._busy) - (_own_s() - self._own)
        return round(max(0.0, others / elapsed), 3) if elapsed else 0.0


def _busy_s() -> float:
    user, nice, system, _, _, irq, softirq, steal, *_ = (
        int(part) for part in Path("/proc/stat").read_text(encoding="utf-8").split()[1:11]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    for line in info.splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
