"""What an operator can set about the gateway process: section `[gateway]` of `heliograph.toml`.

Limits that belong to a tenant (requests per second, body size, batch policy) are in its
`workspace.toml`; here is what belongs to the process and the machine.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Port = Annotated[int, Meta(ge=0, le=65535)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the gateway process. Times are seconds, sizes are bytes."""

    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` takes requests from other machines (put TLS in front)."""
    port: Port = 8080
    """TCP port; 0 lets the system choose a free one."""
    listen_backlog: Count = 2048
    """Connections the system may hold before they are accepted."""
    max_connections: Count = 4096
    """Open connections at most; one more is answered 503 and closed."""

    flush_records: Count = 1000
    """Units (requests) written by one commit at most."""
    flush_after_ms: Annotated[float, Meta(ge=0, le=10)] = 0.0
    """Milliseconds a commit waits for company. 0: what gathered while the previous commit ran is
    written at once, which is the best for both rate and latency on disks that sync in about 1 ms."""
    max_pending_requests: Count = 20_000
    """Requests waiting for a commit; beyond it 503 with `Retry-After`."""
    max_pending_bytes: Count = 256_000_000
    """Bytes of bodies waiting for a commit; beyond it 503 with `Retry-After`."""
    max_receiving_bytes: Count = 256_000_000
    """Bytes of bodies that have begun to arrive and are not whole yet, of all connections together; beyond
    it 503 with `Retry-After`."""
    max_large_bytes: Count = 32_000_000
    """Bytes of bodies over 8 KiB, or compressed ones, that are being read and mapped, a few at a time;
    beyond it such a request is answered 503 with `Retry-After`."""
    commit_stall_s: Seconds = 5.0
    """A commit that takes longer than this (hung disk) makes new requests be answered 503 at once."""
    retry_after_s: Count = 2
    """`Retry-After` of a 503."""

    max_header_bytes: Count = 32_768
    """Request line and headers together; beyond it 431."""
    max_headers: Count = 100
    """Number of header fields; beyond it 431."""
    keep_alive_s: Count = 75
    """How long an idle connection is kept; longer than the usual 60 s of load balancers, so that they
    close first. Looked at once a second."""
    hot_lane: bool = True
    """Answer ordinary webhooks past ASGI (see hot_lane.py); off only to compare or to look for a fault."""
    receive_timeout_s: Seconds = 15.0
    """How long a sender may take for the head, and again for the body, of one request; then 408."""
    drain_timeout_s: Count = 20
    """How long a stop waits for requests in flight."""

    pages_for: Literal["loopback", "everyone"] = "loopback"
    """Who sees `/metrics` and what `/readyz` says beyond ready or not: only this machine, and not what a
    proxy on it passes on; or everyone."""
    pages_token_env: str | None = None
    """Name of the environment variable with a token that shows them to whoever sends it as
    `Authorization: Bearer …`, from wherever."""
    catalog_poll_s: Seconds = 0.5
    """How often a change of configuration is looked for."""
    data_dir: str | None = None
    """Folder whose free space `/readyz` watches: where the journal is."""
    min_free_bytes: Count = 256_000_000
    """Not ready when less is free there."""
    switch_interval_ms: Annotated[float, Meta(gt=0, le=5)] = 0.5
    """How long the event loop may keep the commit thread waiting for the interpreter (Python's default
    is 5): shorter commits sooner, longer switches less."""
