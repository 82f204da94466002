"""How the lanes of the workers that run are doing: they are asked, since only they know.

Circuits, budgets and what is in flight are in a worker's memory alone (`app.upkeep.worker_answers`).
"""

from typing import Final

import msgspec

from heliograph.delivery.lane.lane import LaneStats
from heliograph.operations.hub import Hub
from heliograph.storage.folder import role_socket
from heliograph.storage.folder.run_files import running, worker_locks

PATIENCE_S: Final = 2.0

_decode = msgspec.json.Decoder(dict[str, LaneStats]).decode


class Lanes(msgspec.Struct, frozen=True):
    """What the workers that run said."""

    known: dict[str, LaneStats]
    """By destination `<workspace>/<name>`, of all that answered."""
    silent: dict[str, str]
    """Role -> why it was not heard. It may have any destination in hand that is not in `known`."""


def lanes_of(hub: Hub) -> Lanes | None:
    """Return the lanes of all workers, or None when no worker runs."""
    workers = [role for role in worker_locks(hub.folder) if running(hub.folder, role) is not None]
    if not workers:
        return None
    lanes = Lanes({}, {})
    for role in workers:
        try:
            lanes.known.update(_decode(role_socket.ask(hub.folder, role, patience_s=PATIENCE_S)))
        except FileNotFoundError:
            lanes.silent[role] = "it has no socket to be asked by, or not yet"
        except TimeoutError:
            lanes.silent[role] = f"it does not answer within {PATIENCE_S:g} s"
        except OSError as error:
            lanes.silent[role] = f"it cannot be asked ({error.strerror or error})"
        except msgspec.DecodeError:
            lanes.silent[role] = "it says nothing that this version understands"
    return lanes
