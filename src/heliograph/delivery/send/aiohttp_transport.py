"""Sending with aiohttp, for processes behind a proxy; see `transport.Transport`."""

import asyncio
import contextlib
import io
import ssl
from types import SimpleNamespace
from typing import Final

import aiohttp
import msgspec
from yarl import URL

from heliograph.delivery.send.origins import Origins
from heliograph.delivery.send.transport import BODY_MAX, HEAD_MAX, USER_AGENT, Failure
from heliograph.delivery.send.wire import decoded, request_bytes
from heliograph.destinations.base import RequestPlan, Response
from heliograph.destinations.masks import mask_text

CLOSED: Final = (aiohttp.ServerDisconnectedError, ConnectionResetError, BrokenPipeError)


class AiohttpTransport:
    """The connections of one destination, see `transport.Transport`.

    Args:
        proxy_from_environment: send through the proxies of HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
        ca_file: certificates (PEM) that are trusted beside the system's.
    """

    def __init__(self, *, proxy_from_environment: bool = False, ca_file: str | None = None) -> None:
        self._origins = Origins()
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_kept)
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30, ssl=context),
            trust_env=proxy_from_environment,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            auto_decompress=False,
            trace_configs=[trace],
            max_line_size=HEAD_MAX,
            max_field_size=HEAD_MAX,
        )

    async def send(self, request: RequestPlan, *, timeout_s: float) -> Response | Failure:
        """Send one request and return the answer, or why there is none; see `Transport.send`."""
        # The same is refused as by our own client, before a library reads a URL or a header in its way.
        _, target = self._origins.split(request.url)
        request_bytes(request, host="-", target=target)
        deadline = asyncio.get_running_loop().time() + timeout_s
        notes = SimpleNamespace(kept=False)
        try:
            return await self._in_task(request, deadline, notes)
        except CLOSED:
            if not notes.kept:
                return Failure(reason="the connection was closed before an answer came")
        except (aiohttp.ClientError, OSError) as error:
            return Failure(reason=_said(request, error, timeout_s))
        try:
            answer = await self._in_task(request, deadline, notes)
        except (aiohttp.ClientError, OSError) as error:
            return Failure(reason=_said(request, error, timeout_s), repeated=True)
        return msgspec.structs.replace(answer, repeated=True)

    async def _in_task(
        self, request: RequestPlan, deadline: float, notes: SimpleNamespace
    ) -> Response:
        # aiohttp needs a task, and whoever sends may have none (`delivery.lane.drive`).
        return await asyncio.get_running_loop().create_task(self._once(request, deadline, notes))

    async def _once(
        self, request: RequestPlan, deadline: float, notes: SimpleNamespace
    ) -> Response:
        left_s = max(deadline - asyncio.get_running_loop().time(), 0.001)
        try:
            async with self._session.request(
                request.method,
                URL(request.url, encoded=True),
                data=_payload(request.body),
                headers=request.headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=left_s),
                trace_request_ctx=notes,
            ) as response:
                body = await _read(response)
                headers = {name.lower(): _text(value) for name, value in response.headers.items()}
                return Response(
                    status=response.status, headers=headers, body=decoded(body, headers)
                )
        except (aiohttp.InvalidURL, UnicodeError) as error:
            raise ValueError("the URL is malformed") from error

    async def close(self) -> None:
        """Close all connections; safe to call twice."""
        await self._session.close()


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    # aiohttp warns of bytes beyond a mebibyte.
    return io.BytesIO(body) if len(body) > 1 << 20 else body or None


async def _note_kept(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: object
) -> None:
    del session, params
    context.trace_request_ctx.kept = True


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the first 64 KiB; a longer answer costs its connection instead of our memory."""
    parts: list[bytes] = []
    size = 0
    # A body that breaks off, never ends or is compressed wrongly does not change what the head said.
    with contextlib.suppress(aiohttp.ClientPayloadError, TimeoutError):
        async for part in response.content.iter_chunked(BODY_MAX):
            parts.append(part)
            size += len(part)
            if size >= BODY_MAX:
                response.close()
                break
    return b"".join(parts)[:BODY_MAX]


def _said(request: RequestPlan, error: aiohttp.ClientError | OSError, timeout_s: float) -> str:
    match error:
        case TimeoutError():
            return f"no answer within {timeout_s:g} s"
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {error.host} was refused"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} was not found"
        case ssl.SSLError() | aiohttp.ClientSSLError():
            return _text(mask_text(request, f"TLS failed: {error}"))
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host}:{error.port}: {error.os_error.strerror}"
        case _:
            return _text(mask_text(request, f"{type(error).__name__}: {error}"))


def _text(value: str) -> str:
    """Return the text without the surrogates that aiohttp puts for bytes that are no UTF-8."""
    return value.encode("utf-8", "replace").decode()
