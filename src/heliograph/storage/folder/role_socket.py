"""Where a running role can be asked: a Unix socket beside its lock, `<data_dir>/run/<role>.sock`.

The folder is its owner's alone, and so is the socket. An address may have about a hundred bytes, so a folder
whose path is longer is named by an open handle on it, which Linux shows under `/proc`.
"""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from heliograph.storage.folder import private

LONGEST: Final = 100
"""Bytes of an address that every system takes."""


def listening(data_path: Path, role: str) -> socket.socket:
    """Return a socket that listens for who asks a role; what a predecessor left is replaced.

    Raises:
        OSError: it cannot be made, e.g. on a file system without sockets.
    """
    place = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(data_path, role) as address:
            with suppress(FileNotFoundError):
                os.unlink(address)
            place.bind(address)
            os.chmod(address, private.FILE)
        place.listen()
        place.setblocking(False)
    except OSError:
        place.close()
        raise
    return place


def remove(data_path: Path, role: str) -> None:
    """Take the socket away at the end of a role."""
    with suppress(OSError), _address(data_path, role) as address:
        os.unlink(address)


def ask(data_path: Path, role: str, *, patience_s: float) -> bytes:
    """Return what a role says when somebody connects.

    Raises:
        OSError: nobody listens, or nothing came within the patience.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(patience_s)
        with _address(data_path, role) as address:
            line.connect(address)
        said = bytearray()
        while part := line.recv(65_536):
            said += part
        return bytes(said)


@contextmanager
def _address(data_path: Path, role: str) -> Generator[str]:
    folder, name = data_path / "run", f"{role}.sock"
    whole = str(folder / name)
    if len(os.fsencode(whole)) <= LONGEST:
        yield whole
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{handle}/{name}"
    finally:
        os.close(handle)
