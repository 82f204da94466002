"""The seam between a turn and the network: send one request, get an answer or the reason for none.

What every implementation keeps:

- No redirect is followed, no cookie kept; an answer is an answer, whatever its status.
- Failures of the network are values. Whether the destination took a request without an answer is unknown.
- Once the head of an answer came, the answer counts: a body that breaks off, never ends or is compressed
  wrongly is given as far as it came, at most `BODY_MAX`, and costs its connection.
- A kept connection that turns out closed before anything of an answer came is replaced and the request sent
  once more (every attempt bears an idempotency key); the answer then says `repeated`.
"""

from typing import Final, Protocol

import msgspec

from heliograph.destinations.base import RequestPlan, Response

BODY_MAX: Final = 64 * 1024
"""Bytes of an answer's body that are kept, its content-encoding undone."""
HEAD_MAX: Final = 64 * 1024
"""Bytes of an answer's head, interim answers included, beyond which it is refused."""
USER_AGENT: Final = "heliograph"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """No answer came; whether the destination took the request is unknown."""

    reason: str
    """For a person, without secrets."""
    repeated: bool = False
    """The request went out twice, see `Response.repeated`."""


class Transport(Protocol):
    """A way of sending to one destination. Use inside one event loop."""

    async def send(self, request: RequestPlan, *, timeout_s: float) -> Response | Failure:
        """Send one request and return the answer, its body cut at 64 KiB, or why there is none.

        May be awaited outside of a task, as a lane does: what needs one inside gets one of its own.

        Args:
            request: complete, with credentials and signature.
            timeout_s: for connecting, sending and reading the answer together.

        Raises:
            ValueError: the request cannot be sent by anyone (malformed URL or header); never holds a secret.
        """
        ...

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        ...
