"""What a backup says about itself: `manifest.json`, written last, so that a backup with one is whole."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from heliograph.errors import HeliographError
from heliograph.storage.folder import private
from heliograph.storage.identity import JournalIdentity, StoreIdentity

MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
BLOCK: Final = 4 << 20

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: what it holds, and what has to be known before it is brought back."""

    format: int
    taken_at: int
    """UTC epoch milliseconds."""
    version: str
    """Of Heliograph."""
    files: dict[str, KeptFile]
    journal: JournalIdentity
    store: StoreIdentity
    requests: int
    events: int
    positions: dict[int, int]
    """Partition -> place of the engine."""
    revision: int
    """Of the configuration."""
    open: dict[str, int]
    """Destination -> deliveries that were neither delivered nor given up: what a restore sends again, in as
    far as it was sent since."""
    unread: int
    """Events that the engine had not applied: a restore applies them, and makes their deliveries."""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, and put it and the folder on disk."""
    fresh = folder / f"{MANIFEST}.new"
    with open(fresh, "wb", opener=private.opener) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / MANIFEST)
    sync(folder)


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises:
        HeliographError: `backup.invalid`; there is none, or none that this release knows.
    """
    path = folder / MANIFEST
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise HeliographError(
            "backup.invalid",
            "this is no whole backup: it has no manifest",
            where=str(folder),
            hint="Name the folder that `heliograph backup` wrote; one that was interrupted goes on when the "
            "same command is given again.",
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise HeliographError(
            "backup.invalid", "the manifest cannot be read", where=str(path), found=str(error)
        ) from error
    if found.format != FORMAT:
        raise HeliographError(
            "backup.invalid",
            "the backup was made by another release",
            where=str(path),
            found=f"format {found.format}, Heliograph {found.version}",
            allowed=f"format {FORMAT}",
            hint="Use the release that made it.",
        )
    return found


def verify(folder: Path, manifest: Manifest, progress: Progress) -> None:
    """Compare every file with its checksum.

    Raises:
        HeliographError: `backup.invalid`, naming the file.
    """
    for name, kept in manifest.files.items():
        path = folder / name
        try:
            found = checksum(
                path, lambda done, total, name=name: progress(f"Checking {name}", done, total)
            )
        except OSError as error:
            raise HeliographError(
                "backup.invalid",
                f"a file of the backup cannot be read: {error.strerror}",
                where=str(path),
            ) from error
        if found != kept:
            raise HeliographError(
                "backup.invalid",
                "a file of the backup is not the one that was written",
                where=str(path),
                found=f"{found.bytes:,} bytes, SHA-256 {found.sha256[:16]}…",
                allowed=f"{kept.bytes:,} bytes, SHA-256 {kept.sha256[:16]}…",
                hint="Take another backup; this one was damaged or changed.",
            )


def checksum(path: Path, progress: Callable[[int, int], None]) -> KeptFile:
    """Return size and checksum of a file."""
    total = path.stat().st_size
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            done += len(block)
            progress(done, total)
    return KeptFile(bytes=done, sha256=digest.hexdigest())


def sync(path: Path) -> None:
    """Put a file, or a folder's entries, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
