"""What WebEngage needs to know: the data centre's host, the account and its key."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from heliograph.destinations.planning.flatten import Separator
from heliograph.destinations.planning.http import base_url, check_base_url
from heliograph.destinations.settings import fault
from heliograph.model.secret import Secret


class WebEngageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of a `webengage` destination."""

    api_host: Annotated[
        str,
        Meta(
            title="API host",
            description="Host of the account's data centre; the dashboard's address tells which. "
            "A full URL is taken as it is.",
            examples=[
                "api.webengage.com",
                "api.in.webengage.com",
                "api.ksa.webengage.com",
                "http://127.0.0.1:8802",
            ],
            extra_json_schema={"aliases": ["host", "base_url", "url"]},
        ),
    ]
    license_code: Annotated[
        str,
        Meta(
            title="License code",
            description="Account identifier, from Data Platform > Integrations > REST API.",
            examples=["va1w264d", "in~58adcb3d"],
            min_length=1,
            extra_json_schema={"aliases": ["license"]},
        ),
    ]
    rest_api_key: Annotated[
        Secret,
        Meta(
            title="REST API key",
            description="Bearer token of an admin with Account Management and Update Data permissions.",
            examples=["${WEBENGAGE_API_KEY}"],
            extra_json_schema={"secret": True, "aliases": ["api_key", "key"]},
        ),
    ]
    over_limit: Annotated[
        Literal["trim", "fail"],
        Meta(
            title="Over the limits",
            description="What happens to names over 50 characters, strings over 1,000, more than 25 "
            "attributes of a type and `we_` attributes: `trim` cuts or leaves out with a warning, `fail` "
            "sends the event to the dead letters.",
            examples=["trim", "fail"],
        ),
    ] = "trim"
    nested_objects: Annotated[
        Literal["flatten", "keep"],
        Meta(
            title="Nested objects",
            description="`flatten` lifts nested objects to attributes of their own, which segments can "
            "use; `keep` sends them as objects, for personalisation only. Arrays always stay.",
            examples=["flatten", "keep"],
        ),
    ] = "flatten"
    separator: Separator = "_"
    calling_code: Annotated[
        str | None,
        Meta(
            title="Calling code",
            description="Country calling code, digits only, for phone numbers that come without one; "
            "without it such numbers are left out, because WebEngage wants E.164.",
            examples=["91", "1"],
        ),
    ] = None

    def __post_init__(self) -> None:
        try:
            check_base_url(base_url(self.api_host))
        except ValueError as error:
            raise fault("api_host", str(error)) from None
        if self.calling_code is not None and not (
            self.calling_code.isascii()
            and self.calling_code.isdecimal()
            and len(self.calling_code) <= 3
        ):
            raise fault("calling_code", "1 to 3 digits are wanted")
