"""What Heap needs to know: the environment and its region."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from heliograph.destinations.planning.http import base_url, check_base_url
from heliograph.destinations.settings import fault


class HeapSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a `heap` destination. Heap's ingestion has no key, whatever guides say."""

    app_id: Annotated[
        str,
        Meta(
            title="App ID",
            description="Environment ID, from Account > Manage > Projects; as text.",
            examples=["3140458208"],
            min_length=1,
            extra_json_schema={"aliases": ["environment_id"]},
        ),
    ]
    host: Annotated[
        str,
        Meta(
            title="Host",
            description="heapanalytics.com, or c.eu.heap-api.com for data kept in the EU; a full URL is "
            "taken as it is.",
            examples=["heapanalytics.com", "c.eu.heap-api.com", "http://127.0.0.1:8803"],
            extra_json_schema={"aliases": ["api_host", "base_url", "url"]},
        ),
    ] = "heapanalytics.com"
    anonymous_as_identity: Annotated[
        bool,
        Meta(
            title="Anonymous ids as identity",
            description="Send unknown visitors under their anonymous id instead of waiting for a customer "
            "id. Heap makes a user of each, and nothing joins it with the customer later.",
            examples=[False, True],
        ),
    ] = False
    separator: Annotated[
        str,
        Meta(
            title="Separator",
            description="Stands between the names of a flattened property: `address_city`. Heap has no "
            "nested properties.",
            examples=["_", "."],
            min_length=1,
            max_length=5,
        ),
    ] = "_"
    bulk: Annotated[
        bool,
        Meta(
            title="Several events in a request",
            description="Send what waits as one bulk track request of up to 1,000 events, each with its "
            "own idempotency key.",
            examples=[False, True],
        ),
    ] = False
    over_limit: Annotated[
        Literal["trim", "fail"],
        Meta(
            title="Over the limits",
            description="What happens to names and values of 1,024 characters and more and to user "
            "properties called id: `trim` cuts or leaves out with a warning, `fail` sends the event to "
            "the dead letters.",
            examples=["trim", "fail"],
        ),
    ] = "trim"

    def __post_init__(self) -> None:
        try:
            check_base_url(base_url(self.host))
        except ValueError as error:
            raise fault("host", str(error)) from None
