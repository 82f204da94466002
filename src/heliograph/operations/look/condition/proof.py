"""The audit, for whoever may see the whole hub."""

from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.audit import AuditReport, audit
from heliograph.operations.look.condition.audit_ids import load_marks, save_marks


def prove(caller: Caller, hub: Hub, *, full: bool = False) -> AuditReport:
    """Compare what was received, applied and delivered, counted independently and event by event.

    Args:
        caller: who asks.
        hub: to look at.
        full: look up every event again, and those applied in the journal; else what came since the last time.

    Raises:
        InputError: `caller.refused`; the caller is bound to a workspace.
        StoreUnavailable: the journal or the store cannot be read now.
    """
    caller.require("look")
    caller.require_whole_hub("the audit")
    marks = load_marks(hub.folder)
    report = audit(hub.data, marks=marks, full=full)
    save_marks(hub.folder, marks)
    return report
