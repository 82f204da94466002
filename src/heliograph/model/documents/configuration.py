"""Configuration documents: what `apply` reads from files and the console edits, as types.

They are stored verbatim (a secret stays `${NAME}` and is looked up in the environment of the process
that uses it), versioned, and exported as the same files. See docs/reference/configuration.md.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from heliograph.model.json import Json

DocumentKind = Literal["workspace", "source", "mapper", "destination", "blueprint", "pipeline"]
DOCUMENT_KINDS: Final[tuple[DocumentKind, ...]] = (
    "workspace",
    "source",
    "mapper",
    "destination",
    "blueprint",
    "pipeline",
)


class Workspace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`workspace.toml`: the tenant everything in the folder belongs to."""

    id: str
    """Workspace id: the user name of Basic auth."""
    data_api_keys: tuple[str, ...]
    """Passwords of Basic auth; several at a time allow rotation. Usually `${NAME}`."""
    timezone: str = "UTC"
    """IANA zone of times that carry none."""
    requests_per_second: float = 500.0
    """Requests taken per second; one more is answered 429."""
    max_body_bytes: int = 1_000_000
    """Largest body, decompressed; a larger one is answered 413."""
    max_batch_items: Annotated[int, Meta(ge=1)] = 5_000
    """Most items of one request; one that holds more is answered 413 before anything is mapped."""
    max_mapping_work: Annotated[int, Meta(ge=1)] = 1_000_000
    """Most values that mapping one request may look at, following paths; what costs more is refused."""
    blocked_identifiers: tuple[str, ...] = ()
    """Identifiers that stand for nobody, besides the built-in ones, whatever their case: a till's shared
    account, a test user. Of every kind: a customer's as well as an anonymous one."""
    batch_policy: Literal["partial", "all_or_nothing"] = "partial"
    """What one bad item does to its batch: `partial` takes the good ones, `all_or_nothing` refuses it."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sources/<name>.toml`: a configured origin of requests. A partner without one is its own source."""

    name: str
    kind: Literal["webhook", "tracking", "server"] = "webhook"
    """`webhook`: a platform that sends its own payloads, read by mappers."""
    partner: str | None = None
    """Partner of the URL `/v1/partner/{partner}/…`; defaults to the source's name."""
    enabled: bool = True
    """A disabled source is answered 403."""
    config: str | None = None
    """Mapper of `/v1/webhook/{source}`; may be left out when the partner has exactly one."""
    verify: dict[str, Json] | None = None
    """How requests to `/v1/webhook/{source}` prove who sent them: `scheme`, `secrets` (usually
    `["${NAME}"]`, several allow rotation) and what differs from the scheme's defaults; see
    gateway/signatures. Without it the source has no such URL."""
    public_url: str | None = None
    """The webhook's address as the vendor was given it, when a proxy stands in front and the vendor
    signs the address (HubSpot, Twilio); by default made from `Host` and `X-Forwarded-Proto`."""


class MapperVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One immutable mapper document: `mappers/<partner>/<config>.json`."""

    partner: str
    config: str
    version: int
    """From 1; rises only when a config name is reused after its document was deleted."""
    document: dict[str, Json]

    @property
    def address(self) -> str:
        """`partner/config@version`, as written on every event."""
        return f"{self.partner}/{self.config}@{self.version}"


class DestinationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`destinations/<name>.toml`: a configured target."""

    name: str
    type: str
    """Key of the destination registry: `webengage`, `moengage`, `heap`, `webhook`."""
    settings: dict[str, Json] = {}
    """Validated by the destination's own settings type."""
    enabled: bool = True
    """Deliveries of a disabled destination are kept and wait."""
    requests_per_minute: float | None = None
    """Lowers the documented budget."""
    concurrency: int | None = None
    """Requests in flight at most."""


class PipelineTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One destination of a pipeline."""

    name: str
    """A document of `destinations/`."""
    blueprint: str | None = "default"
    """A preset of the destination, or a document of `blueprints/`; `none` (null in the store) sends
    events unmapped."""
    events: tuple[str, ...] = ()
    """Globs of event names to send; empty = all. `identify` stands for profile updates."""
    exclude_events: tuple[str, ...] = ()
    """Globs of event names not to send; they win over `events`."""


class Pipeline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`pipelines/<name>.toml`: which sources feed which destinations."""

    name: str
    sources: tuple[str, ...] = ("*",)
    """Source names; `*` is every source."""
    destinations: tuple[PipelineTarget, ...] = ()
    """Where events go, as `[[destinations]]` tables."""
    enabled: bool = True
    """A disabled pipeline makes no deliveries."""
