"""Small requests, records, profiles and deliveries for tests, numbered so that they can be told apart.

Imports no test library: the processes that a test kills start faster without.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from heliograph.model.delivery import (
    Attempt,
    Delivered,
    Delivery,
    DeliveryState,
    Hold,
    NewDelivery,
    Outcome,
    Reject,
    Retry,
)
from heliograph.model.remap import Remap
from heliograph.model.request import RejectedCut, RejectedItem, RequestState, StoredRequest
from heliograph.storage.events.journal import Record
from heliograph.storage.profiles import AttributeValue, Override, ProfileRecord
from heliograph.storage.reading.applied import AppliedEvent, Effect
from heliograph.storage.work.deliveries import Finish

OUTCOMES: dict[DeliveryState, Outcome] = {
    "delivered": Delivered(),
    "waiting": Retry(reason="503"),
    "held": Hold(reason="no customer"),
    "dead": Reject(reason="400"),
}


def opener_named(name: str) -> Callable[..., Any]:
    """Return the function that `module:function` names."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def make_record(n: int, *, key: str, at: int | None = None) -> Record:
    """Return record `evt_<n>`; received at `n` unless said."""
    return Record(key=key, id=f"evt_{n}", at=n if at is None else at, value=b"%d" % n)


def make_request(
    n: int,
    *,
    workspace: str = "w",
    source_id: str = "crm",
    state: RequestState = "accepted",
    items: int = 1,
    events: int = 1,
    rejected: tuple[RejectedItem, ...] = (),
    cut: RejectedCut | None = None,
    path: str = "/v1/partner/crm/events",
    body: bytes = b"",
    mapper: str = "crm/v1@1",
    message_id: str | None = None,
) -> StoredRequest:
    """Return request number `n`, received at `n`; ids sort by `n`."""
    return StoredRequest(
        request_id=f"req_{n:026d}",
        workspace=workspace,
        source_id=source_id,
        received_at=n,
        state=state,
        items=items,
        events=events,
        rejected=rejected,
        cut=cut,
        mapper=mapper,
        path=path,
        headers={"content-type": "application/json"},
        body=body,
        message_id=message_id,
    )


def make_remap(n: int) -> Remap:
    """Return remap `rmp_<n>`, started at `n`."""
    return Remap(
        remap_id=f"rmp_{n}",
        workspace="w",
        source_id="crm",
        mapper="crm/v2@1",
        received_under=("crm/v1@1",),
        since_ms=None,
        until_ms=100,
        resend=False,
        started_at=n,
    )


def make_applied(
    n: int,
    *,
    effect: Effect = "applied",
    profile: str | None = None,
    other: str | None = None,
    at: int | None = None,
) -> AppliedEvent:
    """Return event `evt_<n>` at position `n`, received at `n` unless said."""
    return AppliedEvent(
        event_id=f"evt_{n}",
        partition=n % 16,
        position=n,
        profile_id=profile or f"p_{n}",
        effect=effect,
        reason="unknown customer" if effect == "skipped" else None,
        received_at=n if at is None else at,
        other_profile_id=other,
    )


def make_profile(n: int, *, workspace: str = "w", **attributes: Any) -> ProfileRecord:
    """Return the record of customer `c<n>` with profile id `p_<n>`."""
    return ProfileRecord(
        profile_id=f"p_{n}",
        workspace=workspace,
        kind="customer",
        value=f"c{n}",
        first_seen=n,
        last_seen=n + 1,
        events=n,
        attributes={
            name: AttributeValue(value=value, at=n, event_id="e", source_id="s", known=True)
            for name, value in attributes.items()
        },
    )


def make_override(old: str, canonical: str, *, at: int = 0, parent: str | None = None) -> Override:
    """Return a merge made by an event."""
    return Override(old=old, canonical=canonical, merged_at=at, reason="event:e", parent=parent)


def make_delivery(
    n: int, *, key: str | None = None, destination: str = "w/crm", profile_id: str = "p_1"
) -> NewDelivery:
    """Return delivery `dlv_<n>` of event `evt_<n>`; a key of its own unless said."""
    return NewDelivery(
        delivery_id=f"dlv_{n}",
        destination=destination,
        pipeline="main",
        blueprint="default",
        key=f"key-{n}" if key is None else key,
        profile_id=profile_id,
        event_id=f"evt_{n}",
        partition=n % 16,
        position=n,
        event=b'{"n":%d}' % n,
    )


def make_attempt(n: int, number: int, *, at: int = 0) -> Attempt:
    """Return attempt `number` of delivery `dlv_<n>`."""
    return Attempt(
        delivery_id=f"dlv_{n}",
        number=number,
        step=0,
        at=at,
        duration_ms=12.5,
        method="POST",
        url="https://example.test/events",
        request_headers={"authorization": "••••••"},
        request_body="{}",
        status=200,
        response_headers={"x": "y"},
        response_body="ok",
        verdict="delivered",
        reason="",
    )


def make_finish(
    delivery: Delivery | str,
    state: DeliveryState,
    *,
    due_at: int = 0,
    attempts: tuple[Attempt, ...] = (),
) -> Finish:
    """Return the end of a turn in which the delivery became `state`."""
    return Finish(
        delivery_id=delivery if isinstance(delivery, str) else delivery.delivery_id,
        outcome=OUTCOMES[state],
        state=state,
        due_at=due_at,
        steps_done=1,
        retries=1 if state == "waiting" else 0,
        reason=state,
        attempts=attempts,
    )
