"""The canonical event: what every source is turned into and every destination is fed from.

It is the snake_case form of the Segment/Datafly envelope (DESIGN section 3). An event never changes
after it was appended to the journal; its bytes there are `encode_event(event)`, JSON in UTF-8.
"""

from typing import Literal

import msgspec

from heliograph.model.json import Json

EventType = Literal["track", "identify", "page", "screen", "group", "alias"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An immutable fact about a person.

    `timestamp` is when it happened, `received_at` when we got it, both UTC epoch milliseconds.
    A mapper of kind `events` makes `track` events (`attr` in `properties`, `user_attributes` in
    `traits`); one of kind `users` makes `identify` events, whose `event` is None.
    """

    type: EventType
    event_id: str
    workspace: str
    source_id: str
    request_id: str
    item_index: int
    timestamp: int
    received_at: int
    event: str | None = None
    message_id: str | None = None
    customer_id: str | None = None
    anonymous_id: str | None = None
    group_id: str | None = None
    properties: dict[str, Json] = {}
    traits: dict[str, Json] = {}
    context: dict[str, Json] = {}
    platform: str | None = None
    app_version: str | None = None
    mapper: str | None = None
    """`partner/config@version` of the mapper that made it; None for the tracking API."""
    update_existing_only: bool = False
    """The engine skips the event when the customer is not known yet (moengage.md reading A20)."""
    generation: int = 1
    """1 as received; a remap that corrects the event makes the next one."""
    supersedes: str | None = None
    """Event id of the generation before, which this one replaces in profiles and history."""
    retracted: bool = False
    """Nothing takes the place of what is superseded; the rest of the event is as it was before."""
    remap: str | None = None
    """Id of the remap that wrote the event. It makes no deliveries unless `resend`."""
    resend: bool = False
    """Deliveries are made although the event was written by a remap."""

    @property
    def key(self) -> str:
        """The journal key: `anonymous_id` if present, else `customer_id`, else the event's own id."""
        return self.anonymous_id or self.customer_id or self.event_id


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Return the event as stored: JSON, UTF-8, absent fields left out."""
    return _encoder.encode(event)


def decode_event(data: bytes) -> Event:
    """Return the event that `encode_event` wrote.

    Raises:
        msgspec.ValidationError: the bytes are no event.
    """
    return _decoder.decode(data)
