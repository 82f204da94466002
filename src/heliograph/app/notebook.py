"""What a role says about itself on disk, where `status` finds it: since when, where, and what ails it."""

import os
import threading
from pathlib import Path
from typing import Final

import msgspec

from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import NO_KEY, Catalog, nobody_can_send
from heliograph.operations.look.condition.status import NO_CONFIGURATION
from heliograph.storage.folder.run_files import Role, RoleNote, write_note
from heliograph.telemetry.logs import get_logger

_LISTED: Final = 20

_log = get_logger("roles")


class Notebook:
    """Keeps the note of a running role; may be told things by any thread."""

    def __init__(self, data_path: Path, role: Role, clock: Clock) -> None:
        self._data_path = data_path
        self._lock = threading.Lock()
        self._note = RoleNote(role=role, pid=os.getpid(), started_at=clock.now_ms())
        write_note(data_path, self._note)

    def listens(self, address: str) -> None:
        """Say where the gateway takes requests."""
        self._change(address=address)

    def configured(self, catalog: Catalog) -> None:
        """Say which documents of a new configuration are not used as written, here and in the log."""
        found = [
            f"{workspace}: {error}"
            for workspace, tenant in catalog.items()
            for error in tenant.problems.values()
        ]
        if not catalog:
            found = [NO_CONFIGURATION]
        elif self._note.role == "gateway" and nobody_can_send(catalog):
            found.insert(0, f"{NO_KEY}. Senders get 503 and keep what they have")
        for problem in found[:_LISTED]:
            _log.warning("configuration not used as it is written", problem=problem)
        more = len(found) - _LISTED
        listed = (*found[:_LISTED], *([f"and {more} more"] if more > 0 else []))
        self._change(problems=listed)

    def _change(self, **changes: object) -> None:
        with self._lock:
            note = msgspec.structs.replace(self._note, **changes)
            if note != self._note:
                self._note = note
                write_note(self._data_path, note)
