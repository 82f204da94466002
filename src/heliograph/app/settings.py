"""What an operator can set about the processes: `heliograph.toml`, one Struct per section.

Workspaces, sources, mappers, destinations and pipelines are no settings: they are documents in the
store (`heliograph apply`). Everything here has a default that works on one machine, so no file is
needed. How values are found and checked: settings_loading.py. Reference: docs/reference/settings.md.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from heliograph.delivery.settings import DeliverySettings
from heliograph.engine.settings import EngineSettings
from heliograph.gateway.settings import GatewaySettings, Port


class JournalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where what was received is kept: raw requests and the events made from them."""

    backend: Literal["sqlite"] = "sqlite"
    """`sqlite`: one file, `journal.db` in the data folder, written by the gateway, and by a remap."""


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where everything derived or configured is kept: profiles, deliveries, cursors, documents."""

    backend: Literal["sqlite"] = "sqlite"
    """`sqlite`: one file, `store.db` in the data folder."""


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The worker processes: how many, and what they show of themselves; they take no requests."""

    count: Annotated[int, msgspec.Meta(ge=1, le=16)] = 1
    """How many worker processes `heliograph up` runs. They share the partitions of the journal and the
    destinations; one is enough until it needs a whole processor."""
    metrics_port: Port | None = None
    """TCP port of `/metrics` (attempts, durations, budgets, batches) and `/healthz`; none: no such page.
    0 lets the system choose one, which the log names. The second worker takes the next port, and so on.
    Lag, deliveries and the states of destinations are on the gateway's `/metrics` in any case."""
    metrics_host: str = "127.0.0.1"
    """Address of that page; `0.0.0.0` lets other machines read it."""


Days = Annotated[float, msgspec.Meta(ge=0)]


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long what is no longer worked on is kept; 0 keeps it for ever. Space is used again, files stay."""

    keep_requests_days: Days = 30
    """Raw requests with their bodies, from when they were received. What is gone cannot be mapped again."""
    keep_events_days: Days = 0
    """Events in the journal, with what is known of their effect. Profiles keep what the events made of
    them; a repetition of an event older than this would be applied again. Never one that the worker has not
    applied."""
    keep_delivered_days: Days = 14
    """Deliveries that were delivered, with their attempts. Others are kept until they are delivered."""
    check_s: Annotated[float, msgspec.Meta(gt=0)] = 60
    """How often gateway (requests, events) and worker (the rest) look for what has become too old."""


class LogSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the processes write to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is written."""
    format: Literal["text", "json"] = "text"
    """`text` for a terminal, `json` (one object per line) for a log collector."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of all roles."""

    data_dir: str = "./heliograph-data"
    """Folder of the journal, the store and run files; made when missing. Relative to the working
    directory, or to the settings file when it is set there."""
    gateway: GatewaySettings = GatewaySettings()
    worker: WorkerSettings = WorkerSettings()
    engine: EngineSettings = EngineSettings()
    delivery: DeliverySettings = DeliverySettings()
    journal: JournalSettings = JournalSettings()
    store: StoreSettings = StoreSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()

    @property
    def data_path(self) -> Path:
        """The data folder as an absolute path."""
        return Path(self.data_dir).expanduser().resolve()
