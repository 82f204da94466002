"""The audit, for whoever may see the whole hub."""

from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.audit import AuditReport, audit


def prove(caller: Caller, hub: Hub) -> AuditReport:
    """Compare what was received, applied and delivered, counted independently.

    Raises:
        InputError: `caller.refused`; the caller is bound to a workspace.
        StoreUnavailable: the journal or the store cannot be read now.
    """
    caller.require("look")
    caller.require_whole_hub("the audit")
    return audit(hub.data)
