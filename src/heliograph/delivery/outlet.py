"""The way out to one destination: its connections, budgets and circuit, and whether it is open."""

import asyncio

import msgspec

from heliograph.delivery.budget import Budget, KeyBudget
from heliograph.delivery.circuit import Circuit
from heliograph.delivery.send.choice import make_transport
from heliograph.delivery.send.transport import Transport
from heliograph.delivery.settings import DeliverySettings
from heliograph.delivery.target import Target
from heliograph.model.clock import Clock


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
    slots: asyncio.Semaphore
    closed: asyncio.Event
    """Set while nothing may be sent: the courier stops, or the destination is not active."""
    unplanned: int = 0
    """Turns that have not asked the budget yet."""
    recovered: bool = False
    """Set when an answer closed the circuit; the lane then lets the ledger know."""
    pauses: int = 0
    """Pauses in a row, without a delivery between them."""
    opened: int = 0
    """How often it was opened; answers to requests of an earlier opening say nothing about this one."""

    @property
    def lease_ms(self) -> int:
        """Length of a lease: one request, the wait for the budget, and a margin."""
        timeout_s = self.target.timeout_s(self.settings.request_timeout_s)
        return round(
            (timeout_s + self.settings.budget_wait_s + self.settings.lease_margin_s) * 1000
        )

    def change(self, target: Target) -> None:
        """Use a changed target from the next turn on; a budget with the same limits goes on."""
        now = self.clock.monotonic_s()
        if target.config != self.target.config:
            self.circuit = Circuit(self.settings.circuit)
        if target.concurrency != self.target.concurrency:
            self.slots = asyncio.Semaphore(target.concurrency)
        if target.capabilities.key_limits != self.target.capabilities.key_limits:
            self.key_budget = KeyBudget(target.capabilities.key_limits)
        self.budget = self.budget.changed(
            target.capabilities.limits,
            now=now,
            requests_per_minute=target.config.requests_per_minute,
            utilisation=self.settings.utilisation,
        )
        self.target = target

    def open(self) -> None:
        """Let requests through again; whoever opens it expects an answer, so the circuit starts closed."""
        if self.closed.is_set():
            self.opened += 1
            self.circuit = Circuit(self.settings.circuit)
            self.closed.clear()

    def close(self) -> None:
        """Let no more requests through; turns that wait give their leases back."""
        self.closed.set()


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
        slots=asyncio.Semaphore(target.concurrency),
        closed=closed,
    )
