"""One HTTP request and what came of it, with aiohttp; every lane has its own connections.

No redirects are followed (an answer 3xx is judged like any other), no cookies kept, no proxy taken from
the environment unless the process says so. Failures of the network are values, not exceptions.
"""

import asyncio
import contextlib
import ssl
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from heliograph.destinations.base import RequestPlan, Response
from heliograph.destinations.http import mask_text

BODY_MAX: Final = 64 * 1024
USER_AGENT: Final = "heliograph"


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """No answer came; whether the destination took the request is unknown."""

    reason: str
    """For a person, without secrets."""


class Sender:
    """The connections of one destination. Use inside a running event loop; `close` when done.

    Their number is not limited here: the slots of the lane bound what is in flight.
    """

    def __init__(self, *, proxy_from_environment: bool = False) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            trust_env=proxy_from_environment,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            auto_decompress=True,
        )

    async def send(self, request: RequestPlan, *, timeout_s: float) -> Response | Failure:
        """Send one request and return the answer, its body cut at 64 KiB, or why there is none.

        Args:
            request: complete, with credentials.
            timeout_s: for connecting, sending and reading the answer together.

        Raises:
            ValueError: the request cannot be sent by anyone (malformed URL or header).
        """
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                body = await _read(response)
                headers = {name.lower(): _text(value) for name, value in response.headers.items()}
                return Response(status=response.status, headers=headers, body=body)
        except aiohttp.InvalidURL as error:
            raise ValueError("the URL is malformed") from error
        except TimeoutError:
            return Failure(reason=f"no answer within {timeout_s:g} s")
        except (aiohttp.ClientError, OSError) as error:
            return Failure(reason=_text(mask_text(request, _why(error))))

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        await self._session.close()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the first 64 KiB; a longer answer costs its connection instead of our memory."""
    parts: list[bytes] = []
    size = 0
    # A body that breaks off, or is compressed wrongly, does not change what the status line said.
    with contextlib.suppress(aiohttp.ClientPayloadError):
        async for part in response.content.iter_chunked(BODY_MAX):
            parts.append(part)
            size += len(part)
            if size >= BODY_MAX:
                response.close()
                break
    return b"".join(parts)[:BODY_MAX]


def _why(error: aiohttp.ClientError | OSError) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} was refused"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} was not found"
        case ssl.SSLError() | aiohttp.ClientSSLError():
            return f"TLS failed: {error}"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host}:{error.port}: {error.os_error.strerror}"
        case aiohttp.ServerDisconnectedError() | ConnectionResetError():
            return "the connection was closed before an answer came"
        case _:
            return f"{type(error).__name__}: {error}"


def _text(value: str) -> str:
    """Return the text without the surrogates that aiohttp puts for bytes that are no UTF-8."""
    return value.encode("utf-8", "replace").decode()


async def pause(seconds: float, stop: asyncio.Event) -> bool:
    """Wait so many seconds or until `stop` is set; return whether it was set."""
    if stop.is_set():
        return True
    if seconds <= 0:
        return False
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
