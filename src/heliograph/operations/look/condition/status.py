"""What runs on a data folder and how far it is, as one document."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from heliograph.engine.settings import GROUP
from heliograph.errors import ConfigError
from heliograph.model.delivery import UNDELIVERED, DeliveryState
from heliograph.model.documents.catalog import Catalog
from heliograph.model.documents.configuration import DestinationConfig
from heliograph.operations.caller import Caller
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.clock import clock_problems, state_of
from heliograph.operations.look.condition.gateway import gateway_problems
from heliograph.operations.look.condition.lag import engine_lag
from heliograph.operations.look.condition.readers import (
    acknowledged_gaps,
    gone_readers,
    unread_events,
)
from heliograph.operations.look.condition.worker import look_at_workers
from heliograph.operations.moments import span
from heliograph.operations.views import DestinationLine, LineState, Status
from heliograph.storage.folder import private
from heliograph.storage.folder.run_files import ROLES, running
from heliograph.storage.lineage import examine
from heliograph.storage.work.deliveries import Retrying
from heliograph.storage.work.destination_states import DestinationStatus

_BRING_BACK: Final = "apply a destination of this name to send them"
NO_CONFIGURATION: Final = (
    "no configuration was applied to this data folder: every request is refused. "
    "Run `heliograph apply DIR`"
)
_ENABLE: Final = "set it to true and apply the configuration to send again"


def read_status(caller: Caller, hub: Hub) -> Status:
    """Return the status; works while the hub runs and when it does not.

    Raises:
        StoreUnavailable: journal or store cannot be read.
        InputError: `caller.refused`; the caller is bound to a workspace.
    """
    caller.require("look")
    caller.require_whole_hub("the status")
    data = hub.data
    revision, catalog = data.catalog_as_written().current()
    counts = data.requests.counts()
    heads = data.journal.heads()
    with data.store.read() as reader:
        profiles = reader.profiles.count()
        deliveries = reader.deliveries.counts()
        states = reader.destinations.get_all()
        retried = {name: reader.deliveries.retrying(name) for name in deliveries}
        mismatch = examine(data.journal, reader, group=GROUP)
        unread = [*unread_events(reader), *gone_readers(hub, reader)]
        settled = acknowledged_gaps(reader)
        clock = reader.clock.get()
    lines = destination_lines(catalog, deliveries, states)
    workers = look_at_workers(hub)
    frozen = [one.silence() for one in workers if one.runs and not one.works]
    roles = {
        role: running(hub.folder, role)
        for role in dict.fromkeys([*ROLES, *(one.role for one in workers)])
    }
    # What a running role says counts: its environment has the secrets, this process's may not.
    said = [problem for note in roles.values() if note is not None for problem in note.problems]
    documents = list(dict.fromkeys([*_problems(catalog), *said]))
    if not catalog and not said:
        documents = [NO_CONFIGURATION]
    refuses = gateway_problems(roles["gateway"]) if documents != [NO_CONFIGURATION] else []
    exposed = private.exposed(hub.folder)
    now = hub.sightings()
    needs_person = (
        mismatch is not None
        or any(note is None for role, note in roles.items() if role != "up")
        or any(line.state == "misconfigured" for line in lines)
        or bool(frozen or refuses or unread or documents or exposed or state_of(clock, now).held_s)
    )
    return Status(
        data_dir=str(hub.folder),
        bytes=_size_of(hub.folder),
        roles=roles,
        revision=revision,
        requests=counts.requests,
        refused_requests=counts.refused_requests,
        events=sum(bounds.last for bounds in heads),
        rejected=counts.rejected,
        lag=engine_lag(data).events,
        profiles=profiles,
        trimmed_requests=counts.trimmed_requests,
        trimmed_events=sum(bounds.first - 1 for bounds in heads),
        destinations=lines,
        stalled=str(mismatch) if mismatch else None,
        needs_person=needs_person,
        problems=(
            *frozen,
            *refuses,
            *unread,
            *clock_problems(clock, now),
            *documents,
            *_silent(lines),
            *_retried(lines, retried, hub.clock.now_ms()),
            *_given_up(lines),
            *settled,
            *exposed,
        ),
    )


def destination_lines(
    catalog: Catalog,
    deliveries: Mapping[str, Mapping[DeliveryState, int]],
    states: Mapping[str, DestinationStatus],
) -> tuple[DestinationLine, ...]:
    """Return every destination that is configured or has deliveries, by name.

    Args:
        catalog: as written; secrets do not matter here.
        deliveries: counts by destination and state.
        states: of destinations that are paused or misconfigured.
    """
    documents: dict[str, DestinationConfig | ConfigError] = {}
    for workspace, tenant in catalog.items():
        documents |= {f"{workspace}/{name}": config for name, config in tenant.destinations.items()}
        documents |= {
            f"{workspace}/{name}": error
            for (kind, name), error in tenant.problems.items()
            if kind == "destination" and name not in tenant.destinations
        }
    lines: list[DestinationLine] = []
    for name in sorted({*documents, *deliveries}):
        counts: dict[DeliveryState, int] = (
            {s: n for s, n in deliveries[name].items() if n} if name in deliveries else {}
        )
        document = documents.get(name)
        state, reason = _state_of(document, states.get(name), counts)
        lines.append(
            DestinationLine(
                name=name,
                type=document.type if isinstance(document, DestinationConfig) else None,
                state=state,
                reason=reason,
                deliveries=counts,
            )
        )
    return tuple(lines)


def _state_of(
    document: DestinationConfig | ConfigError | None,
    status: DestinationStatus | None,
    deliveries: Mapping[DeliveryState, int],
) -> tuple[LineState, str]:
    if document is None:
        waiting = sum(deliveries.get(state, 0) for state in UNDELIVERED)
        if not waiting:
            return "removed", "its document was removed; nothing waits for it, its totals stay"
        wait = "1 delivery waits" if waiting == 1 else f"{waiting:,} deliveries wait"
        return "removed", f"its document was removed while {wait}; {_BRING_BACK}"
    if isinstance(document, ConfigError):
        return "misconfigured", f"its document cannot be used: {document}"
    said = (status.reason or "no reason was given") if status else ""
    if not document.enabled:
        also = f"; it is {status.state} as well: {said}" if status else ""
        return "disabled", f"`enabled = false` in its document; {_ENABLE}{also}"
    return (status.state, said) if status else ("active", "")


def _problems(catalog: Catalog) -> list[str]:
    """Return what is wrong with documents; destinations that are not sent to say it in their own lines."""
    return [
        f"{workspace}: {error}"
        for workspace, tenant in catalog.items()
        for (kind, name), error in tenant.problems.items()
        if kind != "destination" or name in tenant.destinations
    ]


def _silent(lines: tuple[DestinationLine, ...]) -> list[str]:
    """Return the destinations that are not sent to; removed ones only while something waits for them."""
    return [
        f"{line.name} is {line.state}: {line.reason}"
        for line in lines
        if line.state != "active"
        and (line.state != "removed" or any(line.deliveries.get(s) for s in UNDELIVERED))
    ]


def _retried(
    lines: tuple[DestinationLine, ...], retried: Mapping[str, Retrying | None], now_ms: int
) -> list[str]:
    """Return the active destinations that did not take what is tried again: since when, and why."""
    said: list[str] = []
    for line in lines:
        tries = retried.get(line.name)
        if line.state != "active" or tries is None:
            continue
        waiting = sum(line.deliveries.get(state, 0) for state in ("waiting", "queued"))
        wait = "1 delivery waits" if waiting == 1 else f"{waiting:,} deliveries wait"
        said.append(
            f"{line.name} has not taken everything for {span(now_ms - tries.since)}: "
            f"{wait}, the next try is {_until(tries.next_at - now_ms)}, the last "
            f"{_until(tries.last_at - now_ms)}: {tries.reason}. See "
            f"`heliograph deliveries list --destination {line.name} --state waiting`"
        )
    return said


def _given_up(lines: tuple[DestinationLine, ...]) -> list[str]:
    """Return the destinations that have dead letters, with the commands for them."""
    return [
        f"{line.name} has {'1 dead letter' if dead == 1 else f'{dead:,} dead letters'}, not tried again "
        f"without a person: `heliograph deadletters list --destination {line.name}` says why, "
        "`deadletters replay` sends again"
        for line in lines
        if (dead := line.deliveries.get("dead", 0))
    ]


def _until(ms: int) -> str:
    return f"in {span(ms)}" if ms > 0 else "due now"


def _size_of(path: Path) -> int:
    """Return the bytes of the files below a folder; files that vanish meanwhile count 0."""
    total = 0
    for file in path.rglob("*"):
        with suppress(OSError):
            total += file.stat().st_size
    return total
