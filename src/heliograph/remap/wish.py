"""Remaps of a data folder: which requests are mapped again, with which mapper, and one at a time.

Which requests of the source are meant, when `--of` does not say it: those that were received under the
mapper's own name; if there are none, those of the only other mapper (of its kind, events or users) that
requests of the source came in under. With several of these a person must say it. What was left alone is
counted and reported.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from heliograph.engine.settings import GROUP
from heliograph.errors import HeliographError
from heliograph.mapping import compile_mapper
from heliograph.mapping.run.limits import OF_STORED
from heliograph.model.clock import Clock
from heliograph.model.documents.catalog import Catalog, Tenant
from heliograph.model.documents.configuration import MapperVersion, Source
from heliograph.model.remap import Remap
from heliograph.remap.page import Task
from heliograph.remap.run import RemapRun
from heliograph.storage.data import Data
from heliograph.storage.events.journal import Journal
from heliograph.storage.folder.run_files import running, running_worker
from heliograph.storage.store import Store

LOOK_S = 0.05
"""Between two looks at how far the worker is."""


class RemapWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says."""

    source: str
    mapper: str
    """`config` or `partner/config`."""
    workspace: str | None = None
    """Needed when several workspaces have the source."""
    of: tuple[str, ...] = ()
    """Names of the mappers whose requests are meant; `config` or `partner/config`."""
    since_ms: int | None = None
    until_ms: int | None = None
    resend: bool = False


class RemapPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A remap that can be run."""

    remap: Remap
    task: Task
    requests: int
    """Stored requests it will look at, about."""
    left_alone: dict[str, int]
    """Other mappers' addresses -> stored requests of the source in the same time."""


RemapStanding = Literal["running", "interrupted", "done"]


def standing(folder: Path, remap: Remap) -> RemapStanding:
    """Return how a remap stands; `interrupted` when it is not done and no process works on it."""
    if remap.state == "done":
        return "done"
    at_work = running(folder, "remap")
    mine = at_work is not None and at_work.about in (None, remap.remap_id)
    return "running" if mine else "interrupted"


def plan_remap(data: Data, wish: RemapWish, *, remap_id: str, now_ms: int) -> RemapPlan:
    """Return what a wish means in this data folder.

    Raises:
        HeliographError: `lookup.not_found` (source or mapper), `remap.ambiguous`.
        ConfigError: `mapper.invalid`.
    """
    _, catalog = data.catalog_as_written().current()
    workspace, tenant, source = _source(catalog, wish)
    version = _version(tenant, source, wish.mapper)
    until_ms = now_ms if wish.until_ms is None else min(wish.until_ms, now_ms)
    used = data.requests.mappers_used(
        workspace=workspace, source_id=source.name, since_ms=wish.since_ms, until_ms=until_ms
    )
    under = chosen(used, version, wish.of, tenant)
    remap = Remap(
        remap_id=remap_id,
        workspace=workspace,
        source_id=source.name,
        mapper=version.address,
        received_under=under,
        since_ms=wish.since_ms,
        until_ms=until_ms,
        resend=wish.resend,
        started_at=now_ms,
    )
    return RemapPlan(
        remap=remap,
        task=_task(remap, tenant, version),
        requests=sum(used[address] for address in under),
        left_alone={address: n for address, n in used.items() if address not in under},
    )


def plan_rest(data: Data, remap_id: str) -> RemapPlan:
    """Return what is left of a remap that was interrupted, with the mapper version it began with.

    Raises:
        HeliographError: `lookup.not_found`: there is none of this id, or it is done.
    """
    with data.store.read() as reader:
        remap = reader.remaps.get(remap_id)
        if remap is None or remap.state == "done":
            raise HeliographError(
                "lookup.not_found",
                "there is no unfinished remap of this id in this data folder",
                where="remap",
                found=remap_id if remap is None else f"{remap_id}, which is done",
                hint="`heliograph remap list` shows those there are.",
            )
        name, _, number = remap.mapper.rpartition("@")
        document = reader.configuration.get(remap.workspace, "mapper", name, int(number))
    _, catalog = data.catalog_as_written().current()
    if document is None or remap.workspace not in catalog:
        raise _no("mapper", remap.mapper, [])
    partner, _, config = name.partition("/")
    version = MapperVersion(
        partner=partner, config=config, version=document.version, document=document.body
    )
    used = data.requests.mappers_used(
        workspace=remap.workspace,
        source_id=remap.source_id,
        since_ms=remap.since_ms if remap.reached_ms is None else remap.reached_ms,
        until_ms=remap.until_ms,
    )
    return RemapPlan(
        remap=remap,
        task=_task(remap, catalog[remap.workspace], version),
        requests=remap.counts.requests + sum(used.get(a, 0) for a in remap.received_under),
        left_alone={},
    )


def make_run(folder: Path, data: Data, plan: RemapPlan, clock: Clock) -> RemapRun:
    """Return the run of a plan; it waits for the worker of this data folder where it must."""
    pause = threading.Event().wait
    return RemapRun(
        plan.remap,
        plan.task,
        data=data,
        clock=clock,
        wait_applied=lambda: _wait_applied(folder, data.journal, data.store),
        rest=pause,
    )


def wait_for_effect(folder: Path, data: Data) -> bool:
    """Wait until what was appended has taken effect; False when no worker runs that would apply it."""
    try:
        _wait_applied(folder, data.journal, data.store)
    except HeliographError as error:
        if error.code != "process.needed":
            raise
        return False
    return True


def chosen(
    used: Mapping[str, int], version: MapperVersion, of: Sequence[str], tenant: Tenant
) -> tuple[str, ...]:
    """Return the mapper addresses whose requests are mapped again; see the module's text.

    Args:
        used: address -> number of requests in the time asked for.
        version: the mapper that maps now.
        of: what the command line names.
        tenant: knows which mappers are for events and which for users.

    Raises:
        HeliographError: `remap.ambiguous`, or `lookup.not_found` for a name in `of`.
    """
    names = {address: address.rpartition("@")[0] for address in used}
    if of:
        wanted = {name if "/" in name else f"{version.partner}/{name}" for name in of}
        unknown = wanted - set(names.values())
        if unknown:
            raise _no("mapper with requests", sorted(unknown)[0], sorted(set(names.values())))
        return tuple(address for address, name in names.items() if name in wanted)
    own = f"{version.partner}/{version.config}"
    if own in names.values():
        return tuple(address for address, name in names.items() if name == own)
    others = {name for name in names.values() if _may_be_of_kind(name, version, tenant)}
    if len(others) > 1:
        listed = sorted(
            (name, sum(n for a, n in used.items() if names[a] == name)) for name in others
        )
        raise HeliographError(
            "remap.ambiguous",
            f"nothing was received under {own} yet, and under several others",
            where="--of",
            found=", ".join(
                f"{name} ({count:,} request{'' if count == 1 else 's'})" for name, count in listed
            ),
            hint=f"Say whose requests are to be mapped again, e.g. --of {listed[0][0]}.",
        )
    return tuple(address for address, name in names.items() if name in others)


def _may_be_of_kind(name: str, version: MapperVersion, tenant: Tenant) -> bool:
    partner, _, config = name.partition("/")
    other = tenant.mappers.get((partner, config))
    kind = version.document.get("mapping_type")
    return other is None or other.document.get("mapping_type") == kind


def _source(catalog: Catalog, wish: RemapWish) -> tuple[str, Tenant, Source]:
    found = [
        (workspace, tenant, source)
        for workspace, tenant in catalog.items()
        if wish.workspace in (None, workspace)
        for source in _sources(tenant)
        if source.name == wish.source
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise HeliographError(
            "remap.ambiguous",
            "several workspaces have a source of this name",
            where="--workspace",
            found=", ".join(workspace for workspace, _, _ in found),
            hint="Say which one, with --workspace.",
        )
    names = {source.name for tenant in catalog.values() for source in _sources(tenant)}
    raise _no("source", wish.source, sorted(names))


def _sources(tenant: Tenant) -> list[Source]:
    """Return the declared sources and those of partners that are their own."""
    implied = (tenant.source_of(partner) for partner, _ in tenant.mappers)
    return list({source.name: source for source in (*implied, *tenant.sources.values())}.values())


def _version(tenant: Tenant, source: Source, name: str) -> MapperVersion:
    partner, slash, config = name.rpartition("/")
    key = (partner if slash else source.partner or source.name, config)
    version = tenant.mappers.get(key)
    if version is None:
        raise _no("mapper", "/".join(key), sorted("/".join(each) for each in tenant.mappers))
    return version


def _task(remap: Remap, tenant: Tenant, version: MapperVersion) -> Task:
    return Task(
        mapper=compile_mapper(
            version.document,
            timezone=tenant.workspace.timezone,
            limits=OF_STORED,
            blocked=tenant.workspace.blocked_identifiers,
        ),
        address=version.address,
        all_or_nothing=tenant.workspace.batch_policy == "all_or_nothing",
        remap_id=remap.remap_id,
        resend=remap.resend,
    )


def _no(noun: str, found: str, there: Sequence[str]) -> HeliographError:
    return HeliographError(
        "lookup.not_found",
        f"there is no {noun} of this name",
        where=noun,
        found=found,
        allowed=", ".join(there) or "there is none at all",
    )


def _wait_applied(folder: Path, journal: Journal, store: Store) -> None:
    """Return when the worker has applied all that is in the journal now.

    Raises:
        HeliographError: `process.needed`: it is behind and does not run.
    """
    pause = threading.Event().wait
    heads = {partition: bounds.last for partition, bounds in enumerate(journal.heads())}
    while True:
        with store.read() as reader:
            positions = reader.cursors.positions(GROUP)
        behind = sum(max(0, head - positions.get(p, 0)) for p, head in heads.items())
        if not behind:
            return
        if running_worker(folder) is None:
            raise HeliographError(
                "process.needed",
                "the worker does not run, and what it has not applied cannot be compared",
                where=str(folder),
                found=f"{behind:,} events to apply",
                hint="Start it (heliograph up, or heliograph worker) and try again.",
            )
        pause(LOOK_S)
