"""Which concrete parts the processes are made of: the only module that names a backend.

Journal and store are chosen by `[journal] backend` and `[store] backend`; today there is one pair,
SQLite files in the data folder. The gateway appends to the journal, and so do a remap and the worker
(derived events); gateway and tools read the store, the worker (and a short-lived command that changes
something) writes it.
"""

import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random  # noqa: TID251 - its one home; everything else takes it from here
from typing import TYPE_CHECKING, Final

import msgspec

from heliograph.app.half_restored import refuse_half_restored
from heliograph.app.settings import Settings
from heliograph.errors import StoreUnavailable
from heliograph.model.clock import Clock, SystemClock
from heliograph.model.documents.catalog import Catalog
from heliograph.model.ids import IdSource, TimeOrderedIds
from heliograph.operations.hub import Hub
from heliograph.storage.data import Data
from heliograph.storage.folder import private
from heliograph.storage.folder.run_files import Role, RoleNote, role_lock, running, write_note
from heliograph.storage.lineage import pair
from heliograph.storage.store import Store
from heliograph.telemetry.logs import configure_logging, get_logger

if TYPE_CHECKING:
    from heliograph.backends.sqlite.journal.journal import SqliteJournal
    from heliograph.delivery.courier import Courier
    from heliograph.engine.loop.loop import Engine

log = get_logger("wiring")
JOURNAL_FILE: Final = "journal.db"
STORE_FILE: Final = "store.db"
_WITHOUT: Final = {
    JOURNAL_FILE: "Put the missing file back, or bring both back from a backup (heliograph restore DIR "
    "--replace). If it is gone for good, start the hub (heliograph up), which makes an empty one, and give "
    "`heliograph repair`.",
    STORE_FILE: "Put the missing file back, or bring both back from a backup (heliograph restore DIR "
    "--replace). If it is gone for good, make a new one (heliograph apply DIR) and profiles from the journal "
    "(heliograph rebuild).",
}
"""What to do when a file is gone and the other one is there."""
PREDECESSOR_S: Final = 10.0
"""How long a starting role waits for one that is just ending."""


def worker_parts(
    settings: Settings,
    data: Data,
    *,
    clock: Clock,
    owner: str,
    configured: Callable[[Catalog], None] | None = None,
) -> "tuple[Engine, Courier]":
    """Return the engine and the courier of a worker, not yet running.

    Args:
        settings: of the hub.
        data: its journal, and its store opened for writing.
        clock: of this process.
        owner: the name under which both hold partitions and destinations. Two workers that may run at
            the same time bear different names.
        configured: called with each new configuration.
    """
    from heliograph.delivery.courier import Courier
    from heliograph.destinations import registry
    from heliograph.engine.loop.loop import Engine

    courier = Courier(
        settings.delivery,
        store=data.store,
        load_catalog=data.catalog().current,
        registry=registry.get,
        clock=clock,
        random=new_random(),
        owner=owner,
    )
    engine = Engine(
        settings.engine,
        journal=data.journal,
        store=data.store,
        load_catalog=data.catalog(configured).current,
        clock=clock,
        owner=owner,
        announce=courier.announce,
        at_hand=courier.at_hand,
    )
    return engine, courier


def system_clock() -> Clock:
    """Return the machine's clock."""
    return SystemClock()


def new_ids(clock: Clock, data: Data | None = None) -> IdSource:
    """Return a source of ids; one per thread. With `data`, they sort after those of what is in it.

    Raises:
        StoreUnavailable: the journal cannot be read.
    """
    if data is None:
        return TimeOrderedIds(clock)
    newest = data.requests.newest_id()
    lasts = [(p, bounds.last) for p, bounds in enumerate(data.journal.heads()) if bounds.last]
    events = [entry.record.id for entry in data.journal.entries(lasts).values()]
    return TimeOrderedIds(clock, after=[*([newest] if newest else []), *events])


def new_random() -> Random:
    """Return a randomly seeded generator, for jitter."""
    return Random()  # noqa: S311 - jitter is no secret


def seeded_random(seed: int | str) -> Random:
    """Return a generator that gives the same numbers every time, for the demo's traffic."""
    return Random(seed)  # noqa: S311 - traffic is no secret


def set_up_logging(settings: Settings) -> None:
    """Make this process write its log as the settings say."""
    configure_logging(level=settings.log.level, format_=settings.log.format)
    if settings.log.level != "debug":
        # What these tell at level info is of use to their developers only.
        for name in ("alembic", "uvicorn.error"):
            logging.getLogger(name).setLevel(logging.WARNING)


def prepare(settings: Settings) -> None:
    """Make the data folder, the journal and the store, and bring them to this release's form.

    Every role and every writing command does so first; it is cheap when nothing is to be done.

    Raises:
        StoreUnavailable: the folder or a file cannot be made or written.
        ConfigError: `config.unsupported`; a file comes from a newer release.
    """
    refuse_half_restored(settings)
    with opened(settings, journal_writes=True, store_writes=True) as data:
        pair(data.journal, data.store)
    for done in private.keep_private(settings.data_path):
        log.warning("others could use the data; tightened", what=done)
    for fault in private.exposed(settings.data_path):
        log.warning("others can use the data", what=fault)


def open_journal(settings: Settings, *, writes: bool) -> "SqliteJournal":
    """Return the journal of the data folder; the caller closes it.

    Raises:
        StoreUnavailable: it cannot be opened or, for reading, is not there yet.
    """
    from heliograph.backends.sqlite.journal.journal import open_journal as open_sqlite

    path = _file(settings, JOURNAL_FILE, writes=writes)
    return open_sqlite(path, read_only=not writes)


def open_store(settings: Settings, *, writes: bool) -> Store:
    """Return the store of the data folder; the caller closes it.

    Raises:
        StoreUnavailable: it cannot be opened or, for reading, is not there yet.
    """
    from heliograph.backends.sqlite.store.store import open_store as open_sqlite

    path = _file(settings, STORE_FILE, writes=writes)
    return open_sqlite(path, read_only=not writes)


@contextmanager
def reading(settings: Settings) -> Generator[Data, None, None]:
    """Open journal and store for reading, whether the hub runs or not.

    Raises:
        StoreUnavailable: there is no data yet, or it cannot be read.
    """
    with opened(settings, journal_writes=False, store_writes=False) as data:
        yield data


def hub_of(settings: Settings, data: Data, *, clock: Clock | None = None) -> Hub:
    """Return a hub as operations take it."""
    return Hub(
        data=data,
        folder=settings.data_path,
        lease_ttl_ms=settings.engine.lease_ttl_ms,
        clock=clock or SystemClock(),
        workers=settings.worker.count,
    )


@contextmanager
def looking(settings: Settings) -> Generator[Hub, None, None]:
    """Open a hub for operations that only look, whether it runs or not.

    Raises:
        StoreUnavailable: there is no data yet, or it cannot be read.
    """
    with reading(settings) as data:
        yield hub_of(settings, data)


@contextmanager
def acting(settings: Settings) -> Generator[Hub, None, None]:
    """Open a hub for operations that change something in its store; it may run meanwhile.

    In a new data folder journal and store are made, so that it can be looked at from then on.

    Raises:
        StoreUnavailable: the folder or a file cannot be made or written.
    """
    _make_if_new(settings)
    with opened(settings, journal_writes=False, store_writes=True) as data:
        yield hub_of(settings, data)


@contextmanager
def correcting(settings: Settings, remap_id: str) -> Generator[Hub, None, None]:
    """Open a hub for a remap, which writes the journal too; one at a time.

    Raises:
        HeliographError: `process.locked`; another remap runs.
    """
    with (
        holding(settings, "remap", SystemClock(), about=remap_id),
        opened(settings, journal_writes=True, store_writes=True) as data,
    ):
        yield hub_of(settings, data)


@contextmanager
def mending(settings: Settings) -> Generator[Hub, None, None]:
    """Open a hub to change something in its journal and its store; it may run meanwhile.

    Raises:
        StoreUnavailable: there is no data yet, or a file cannot be written.
    """
    refuse_half_restored(settings)
    for name in (JOURNAL_FILE, STORE_FILE):
        _file(settings, name, writes=False)
    with opened(settings, journal_writes=True, store_writes=True) as data:
        yield hub_of(settings, data)


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of files beside a hub, opened: a backup, or what is being restored."""

    data: Data
    close: Callable[[], None]


def copied(folder: Path, *, writes: bool = False) -> Copied:
    """Open the journal and the store of a folder that no hub works in; who calls it closes it.

    Raises:
        StoreUnavailable: one is missing or cannot be opened.
    """
    from heliograph.backends.sqlite import open_journal, open_store

    journal = open_journal(folder / JOURNAL_FILE, read_only=not writes)
    try:
        store = open_store(folder / STORE_FILE, read_only=not writes)
    except BaseException:
        journal.close()
        raise

    def close() -> None:
        store.close()
        journal.close()

    data = Data(journal=journal, requests=journal.requests, intake=journal, store=store)
    return Copied(data=data, close=close)


@contextmanager
def opened(
    settings: Settings, *, journal_writes: bool, store_writes: bool
) -> Generator[Data, None, None]:
    """Open journal and store for the length of the block."""
    journal = open_journal(settings, writes=journal_writes)
    try:
        store = open_store(settings, writes=store_writes)
        try:
            yield Data(journal=journal, requests=journal.requests, intake=journal, store=store)
        finally:
            store.close()
    finally:
        journal.close()


@contextmanager
def writing_store(settings: Settings) -> Generator[Store, None, None]:
    """Open the store for a short-lived command that changes something; the hub may run meanwhile.

    In a new data folder journal and store are made, so that it can be looked at from then on.
    """
    _make_if_new(settings)
    store = open_store(settings, writes=True)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def holding(
    settings: Settings,
    role: Role,
    clock: Clock,
    *,
    about: str | None = None,
    wait_s: float | None = None,
    otherwise: str = "",
) -> Generator[None, None, None]:
    """Be the one process of this role on the data folder.

    Args:
        settings: of the hub.
        role: to be.
        clock: measures the wait.
        about: what it works on; others can read it while it does.
        wait_s: how long to wait for a predecessor that is just ending; None: as long as the role wants.
        otherwise: what else may be done when another one is, for the hint.

    Raises:
        HeliographError: `process.locked`; another one is.
    """
    if wait_s is None:
        wait_s = 0.0 if role in ("up", "remap") else PREDECESSOR_S
    if wait_s >= PREDECESSOR_S and running(settings.data_path, role) is not None:
        log.info("another process has this role; waiting for its end", role=role, up_to_s=wait_s)
    with role_lock(
        settings.data_path,
        role,
        wait_s=wait_s,
        monotonic_s=clock.monotonic_s,
        pause=threading.Event().wait,
        otherwise=otherwise,
    ):
        if about is not None:
            note = RoleNote(role=role, pid=os.getpid(), started_at=clock.now_ms(), about=about)
            write_note(settings.data_path, note)
        yield


def is_configured(settings: Settings) -> bool:
    """Tell whether any document was applied to the data folder."""
    with opened(settings, journal_writes=False, store_writes=False) as data:
        revision, _ = data.catalog_as_written().current()
    return revision > 0


def _make_if_new(settings: Settings) -> None:
    """Prepare a new data folder; leave one alone that is in use.

    Raises:
        StoreUnavailable: there is a store without its journal, or a restore is under way. An empty journal
            made here would only be noticed when the worker stalls.
    """
    refuse_half_restored(settings)
    if (settings.data_path / JOURNAL_FILE).exists():
        return
    if (settings.data_path / STORE_FILE).exists():
        _file(settings, JOURNAL_FILE, writes=False)
    prepare(settings)


def _file(settings: Settings, name: str, *, writes: bool) -> Path:
    path = settings.data_path / name
    if writes or path.exists():
        return path
    (other,) = {JOURNAL_FILE, STORE_FILE} - {name}
    if (settings.data_path / other).exists():
        raise StoreUnavailable(
            "store.unavailable",
            "one of the two files of this hub is missing",
            where=str(settings.data_path),
            found=f"{other}, without {name}",
            hint=_WITHOUT[name] + " See docs/how-to/back-up-and-restore.md.",
        )
    raise StoreUnavailable(
        "store.unavailable",
        "there is no data here yet",
        where=str(settings.data_path),
        hint="Start the hub once (heliograph up), apply a configuration (heliograph apply DIR), "
        "or name the right folder with --data-dir.",
    )
