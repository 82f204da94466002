"""What the MoEngage Data API needs to know: data centre, workspace and its data key."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from heliograph.destinations.planning.flatten import Separator
from heliograph.destinations.planning.http import check_base_url
from heliograph.destinations.settings import fault
from heliograph.model.secret import Secret


class MoEngageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a `moengage` destination."""

    workspace_id: Annotated[
        str,
        Meta(
            title="Workspace ID",
            description="From Settings > Account > APIs; earlier called app id.",
            examples=["DAO6UGZ73D9RTK8B5W96TPYN"],
            min_length=1,
            extra_json_schema={"aliases": ["app_id", "workspace"]},
        ),
    ]
    data_api_key: Annotated[
        Secret,
        Meta(
            title="Data API key",
            description="The key of the tile Data under Settings > Account > APIs.",
            examples=["${MOENGAGE_DATA_API_KEY}"],
            extra_json_schema={"secret": True, "aliases": ["data_key", "api_key", "key"]},
        ),
    ]
    data_center: Annotated[
        Literal["01", "02", "03", "04", "05", "06", "101"] | None,
        Meta(
            title="Data centre",
            description="The number in the dashboard's address: 01 and 04 US, 02 EU, 03 India, 05 "
            "Singapore, 06 Indonesia, 101. Needed unless base_url is given.",
            examples=["01", "02", "03"],
            extra_json_schema={"aliases": ["data_centre", "dc"]},
        ),
    ] = None
    base_url: Annotated[
        str | None,
        Meta(
            title="Base URL",
            description="Address instead of the data centre's; `/v1` is added when it has no path.",
            examples=["http://127.0.0.1:8801", "https://api-01.moengage.com/v1"],
            extra_json_schema={"aliases": ["url", "api_host", "host"]},
        ),
    ] = None
    real_time_action: Annotated[
        bool,
        Meta(
            title="Trigger campaigns",
            description="Send `real_time_action` with events, without which a server's event fires no "
            "event-triggered campaign.",
            examples=[True, False],
        ),
    ] = True
    nested_objects: Annotated[
        Literal["flatten", "keep"],
        Meta(
            title="Nested objects",
            description="`flatten` lifts nested objects to attributes of their own and turns lists of "
            "objects into one list per key; `keep` sends them as objects, for workspaces with the object "
            "data type switched on: others lose them.",
            examples=["flatten", "keep"],
        ),
    ] = "flatten"
    separator: Separator = "_"
    over_limit: Annotated[
        Literal["trim", "fail"],
        Meta(
            title="Over the limits",
            description="What happens to names over 200 characters, values over 512, lists over 50, more "
            "than 100 attributes and reserved names: `trim` cuts or leaves out with a warning, `fail` "
            "sends the event to the dead letters.",
            examples=["trim", "fail"],
        ),
    ] = "trim"

    def __post_init__(self) -> None:
        if self.base_url is not None:
            try:
                check_base_url(self.base_url)
            except ValueError as error:
                raise fault("base_url", str(error)) from None
        elif self.data_center is None:
            raise fault("data_center", "either data_center or base_url is needed")
        if not (self.workspace_id.isascii() and self.workspace_id.isprintable()):
            raise fault("workspace_id", "printable ASCII is wanted")
        if ":" in self.workspace_id:
            raise fault("workspace_id", "a colon cannot stand in a Basic user name")
