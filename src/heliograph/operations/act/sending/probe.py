"""A cheap request to a destination that tells whether address and credentials work."""

from typing import Any, Literal

import msgspec

from heliograph.delivery.send.choice import make_transport
from heliograph.delivery.send.transport import Failure
from heliograph.destinations import registry
from heliograph.destinations.masks import mask_text
from heliograph.destinations.settings import decode_settings
from heliograph.model.delivery import Delivered, Pause, Reject
from heliograph.model.documents.configuration import DestinationConfig

PROBE_TIMEOUT_S = 10.0


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe found."""

    destination: str
    verdict: Literal["accepted", "refused", "unclear", "none"]
    """`accepted`: address and credentials work. `refused`: they do not. `unclear`: no useful answer.
    `none`: this destination has no request that could tell."""
    message: str
    request: str | None = None
    """Method and URL, secrets masked."""
    status: int | None = None
    body: str | None = None
    """Of the answer, its first 2,000 characters."""


async def probe_destination(name: str, config: DestinationConfig) -> ProbeResult:
    """Send the destination's probe and judge the answer.

    Raises:
        ConfigError: type or settings cannot be used.
    """
    destination = registry.get(config.type)
    settings: Any = decode_settings(destination, config.settings)
    request = destination.probe(settings)
    if request is None:
        return ProbeResult(
            destination=name,
            verdict="none",
            message="This destination has no request that checks it without a side effect.",
        )
    transport = make_transport()
    try:
        answer = await transport.send(request, timeout_s=PROBE_TIMEOUT_S)
    finally:
        await transport.close()
    line = f"{request.method} {mask_text(request, request.url)}"
    if isinstance(answer, Failure):
        return ProbeResult(destination=name, verdict="unclear", message=answer.reason, request=line)
    outcome = destination.classify(answer)
    verdict: Literal["accepted", "refused", "unclear"] = "unclear"
    message = "The answer says nothing about the credentials."
    if isinstance(outcome, Delivered | Reject):
        verdict, message = "accepted", "Address and credentials work."
    elif isinstance(outcome, Pause):
        verdict, message = "refused", outcome.reason
    return ProbeResult(
        destination=name,
        verdict=verdict,
        message=message,
        request=line,
        status=answer.status,
        body=mask_text(request, answer.body[:2000].decode("utf-8", "replace")),
    )
