"""The HTTP server around a vendor's rules: read, fail if told to, judge, remember, answer.

A request is remembered before it is answered, so what a client saw acknowledged is always in the ledger.
"""

import asyncio
from typing import Final

import msgspec
from aiohttp import web

from heliograph.model.clock import Clock
from heliograph.twins.memory.ledger import Ledger
from heliograph.twins.server.control import add_control
from heliograph.twins.server.faults import Fault, FaultBox
from heliograph.twins.wire import Answer, Call, Vendor, Verdict

LARGEST_REQUEST: Final = (
    16 * 1024 * 1024
)  # bytes the server reads; vendors' own limits are far below


class TwinServer:
    """One vendor behind HTTP, with its faults and its ledger.

    Args:
        vendor: the rules.
        clock: the time that rate limits and future dates are judged by.
        ledger: what was received; by default in memory only.
    """

    def __init__(self, vendor: Vendor, *, clock: Clock, ledger: Ledger | None = None) -> None:
        self.vendor = vendor
        self.faults = FaultBox()
        self.ledger = ledger or Ledger(vendor.name)
        self._clock = clock
        self._stopping = asyncio.Event()

    def application(self) -> web.Application:
        """Return the aiohttp application: `/_twin/…` for people and tests, all else the vendor's."""
        application = web.Application(client_max_size=LARGEST_REQUEST)
        add_control(application, self)
        application.router.add_route("*", "/{path:.*}", self._receive)
        application.on_shutdown.append(self._stop)
        return application

    async def _stop(self, _: web.Application) -> None:
        self._stopping.set()

    async def _receive(self, request: web.Request) -> web.Response:
        call = Call(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
        )
        fault = self.faults.due(call.path)
        if fault is None:
            verdict = self._judge(call, fault=False)
            return _response(verdict.answer)
        return await self._suffer(request, call, fault)

    def _judge(self, call: Call, *, fault: bool) -> Verdict:
        now_ms = self._clock.now_ms()
        verdict = self.vendor.handle(call, now_ms)
        self.ledger.add(call, verdict, at=now_ms, status=verdict.answer.status, fault=fault)
        return verdict

    async def _suffer(self, request: web.Request, call: Call, fault: Fault) -> web.Response:
        if fault.latency_ms:
            await self._wait(fault.latency_ms / 1000)
        if not fault.fails:
            return _response(self._judge(call, fault=False).answer)
        now_ms = self._clock.now_ms()
        verdict = self.vendor.handle(call, now_ms) if fault.phase == "after" else None
        cut = fault.drop or fault.status is None
        self.ledger.add(call, verdict, at=now_ms, status=None if cut else fault.status, fault=True)
        if fault.hang_s:
            await self._wait(fault.hang_s)
        if fault.drop or fault.status is None:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        answer = self.vendor.failure(fault.status)
        if fault.retry_after_s is not None:
            headers = {**answer.headers, "Retry-After": str(fault.retry_after_s)}
            answer = msgspec.structs.replace(answer, headers=headers)
        return _response(answer)

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than the server runs."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def _response(answer: Answer) -> web.Response:
    if answer.xml:
        return web.Response(
            status=answer.status,
            body=answer.xml.encode(),
            headers=answer.headers,
            content_type="application/xml",
        )
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return web.Response(
        status=answer.status,
        body=msgspec.json.encode(answer.body),
        headers=answer.headers,
        content_type="application/json",
    )
