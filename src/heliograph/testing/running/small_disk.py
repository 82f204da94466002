"""A small file system of its own, to see what happens when the disk is full."""

import errno
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A mounted file system; `fill` takes the space that is left, `free` gives it back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._ballast = root / "ballast"

    def fill(self, most_bytes: int | None = None) -> None:
        """Take so many bytes; all that are left unless said."""
        taken = 0
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while most_bytes is None or taken < most_bytes:
                    taken += file.write(b"b" * 4096)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink()


@contextmanager
def small_disk(place: Path, *, size_mb: int) -> Generator[SmallDisk]:
    """Mount a file system in memory at a new folder for the length of the block.

    Skips the test where that is not allowed; it takes root.
    """
    place.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", place],
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        mounted = None
    if mounted is None or mounted.returncode:
        pytest.skip("no small disk: mounting a tmpfs is not allowed here")
    try:
        yield SmallDisk(place)
    finally:
        # Lazily: what a failed test left running may still hold a file.
        subprocess.run(["umount", "-l", place], check=True)
