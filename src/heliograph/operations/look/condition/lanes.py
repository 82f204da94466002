"""How the lanes of the workers that run are doing: they are asked, since only they know.

Circuits, budgets and what is in flight are in a worker's memory alone (`app.upkeep.worker_answers`).
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import msgspec

from heliograph.delivery.lane.lane import LaneStats
from heliograph.operations.hub import Hub
from heliograph.storage.folder import role_socket
from heliograph.storage.folder.run_files import running, worker_locks

PATIENCE_S: Final = 2.0

_decode = msgspec.json.Decoder(dict[str, LaneStats]).decode


def lanes_of(hub: Hub) -> Mapping[str, LaneStats] | None:
    """Return the lanes of all workers by destination, or None when no worker runs.

    A worker that does not answer has no lanes here.
    """
    workers = [role for role in worker_locks(hub.folder) if running(hub.folder, role) is not None]
    if not workers:
        return None
    lanes: dict[str, LaneStats] = {}
    for role in workers:
        with suppress(OSError, msgspec.DecodeError):
            lanes |= _decode(role_socket.ask(hub.folder, role, patience_s=PATIENCE_S))
    return lanes
