"""The way out to one destination: its connections, budgets and circuit, and whether it is open."""

import asyncio
import math
from typing import Any

import msgspec

from heliograph.delivery.metrics import ATTEMPT_SECONDS, ATTEMPTS, DELIVERIES, RETURNED
from heliograph.delivery.pace.budget import Budget, KeyBudget
from heliograph.delivery.pace.circuit import Circuit
from heliograph.delivery.send.choice import make_transport
from heliograph.delivery.send.transport import Transport
from heliograph.delivery.settings import DeliverySettings
from heliograph.delivery.target.target import Target
from heliograph.model.clock import Clock


class Meters:
    """What is counted for one destination, its labels looked up once."""

    __slots__ = ("_name", "_observe", "returned")

    def __init__(self, name: str) -> None:
        self._name = name
        self._observe = ATTEMPT_SECONDS.of(name).observe
        self.returned: Any = RETURNED.labels(name)

    def tried(self, seconds: float, verdict: str) -> None:
        """Count one attempt."""
        self._observe(seconds)
        ATTEMPTS.add((self._name, verdict))

    def ended(self, state: str, number: int) -> None:
        """Count turns that were written."""
        DELIVERIES.add((self._name, state), number)


class Outlet(msgspec.Struct, kw_only=True):
    """What the turns of one destination share, and no two destinations do.

    Mutable; belongs to one event loop. A turn keeps the target that it began with.
    """

    target: Target
    settings: DeliverySettings
    clock: Clock
    transport: Transport
    budget: Budget
    key_budget: KeyBudget
    circuit: Circuit
    closed: asyncio.Event
    """Set while nothing may be sent: the courier stops, or the destination is not active."""
    meters: Meters
    timeout_s: float
    """Of a request."""
    waiters: set["asyncio.Future[bool]"]
    """Turns that wait for the budget."""
    safe_until_s: float = -math.inf
    """Until when, by the monotonic clock, no other courier can have taken the lease on the destination."""
    recovered: bool = False
    """Set when an answer closed the circuit; the lane then lets the ledger know."""
    failing: bool = False
    """Set when the circuit opened; the lane then lets go of what it has not begun."""
    pauses: int = 0
    """Pauses in a row, without a delivery between them."""
    opened: int = 0
    """How often it was opened; answers to requests of an earlier opening say nothing about this one."""

    def change(self, target: Target) -> None:
        """Use a changed target from the next turn on; a budget with the same limits goes on."""
        now = self.clock.monotonic_s()
        if target.config != self.target.config:
            self.circuit = Circuit(self.settings.circuit)
        if target.capabilities.key_limits != self.target.capabilities.key_limits:
            self.key_budget = KeyBudget(target.capabilities.key_limits)
        self.budget = self.budget.changed(
            target.capabilities.limits,
            now=now,
            requests_per_minute=target.config.requests_per_minute,
            utilisation=self.settings.utilisation,
        )
        self.target = target
        self.timeout_s = target.timeout_s(self.settings.request_timeout_s)

    def open(self) -> None:
        """Let requests through again; whoever opens it expects an answer, so the circuit starts closed."""
        if self.closed.is_set():
            self.opened += 1
            self.circuit = Circuit(self.settings.circuit)
            self.closed.clear()

    def close(self) -> None:
        """Let no more requests through; turns that wait give what they have back."""
        self.closed.set()
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(True)

    async def waited(self, seconds: float) -> bool:
        """Wait so long, or until it is closed; return whether it was."""
        if self.closed.is_set():
            return True
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        self.waiters.add(waiter)
        timer = loop.call_later(seconds, _settle, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()
            self.waiters.discard(waiter)


def _settle(waiter: "asyncio.Future[bool]") -> None:
    if not waiter.done():
        waiter.set_result(False)


def make_outlet(target: Target, settings: DeliverySettings, clock: Clock) -> Outlet:
    """Return a closed outlet with an empty budget. Needs a running event loop."""
    closed = asyncio.Event()
    closed.set()
    return Outlet(
        target=target,
        settings=settings,
        clock=clock,
        transport=make_transport(
            proxy_from_environment=settings.proxy_from_environment, ca_file=settings.ca_file
        ),
        budget=Budget(
            target.capabilities.limits,
            now=clock.monotonic_s(),
            requests_per_minute=target.config.requests_per_minute,
            utilisation=settings.utilisation,
        ),
        key_budget=KeyBudget(target.capabilities.key_limits),
        circuit=Circuit(settings.circuit),
        closed=closed,
        meters=Meters(target.name),
        timeout_s=target.timeout_s(settings.request_timeout_s),
        waiters=set(),
    )
