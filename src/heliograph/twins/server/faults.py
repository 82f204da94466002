"""Which requests fail on purpose, and how.

A `rate` is spread evenly and not drawn by lot: 0.25 fails every fourth request, so that a test can count.
"""

from typing import Literal

import msgspec

Phase = Literal["before", "after"]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail.

    With a `status` the twin answers it with the vendor's documented body. Without one, `hang_s` waits and
    then cuts the connection; with neither, `latency_ms` only slows the request down.
    """

    status: int | None = None
    """HTTP status to answer, 400 to 599."""
    rate: float = 1.0
    """Share of the requests that fail, 0 to 1."""
    times: int | None = None
    """How often at most; None for ever."""
    hang_s: float = 0.0
    """Seconds to wait before the failure; a stopping twin cuts it short."""
    retry_after_s: int | None = None
    """Value of a `Retry-After` header; needs a status."""
    latency_ms: float = 0.0
    """Milliseconds added to the request."""
    phase: Phase = "before"
    """`after`: the request is taken first and only its answer is lost, as when a network breaks late."""
    path: str = ""
    """Only requests whose path contains this."""
    drop: bool = False
    """Cut the connection without an answer."""

    def __post_init__(self) -> None:
        """Refuse values outside the ranges said above."""
        if self.status is not None and not 400 <= self.status <= 599:
            raise ValueError(f"status is {self.status}; allowed: 400 to 599")
        if not 0 <= self.rate <= 1:
            raise ValueError(f"rate is {self.rate}; allowed: 0 to 1")
        if min(self.hang_s, self.latency_ms, self.times or 0, self.retry_after_s or 0) < 0:
            raise ValueError("times, hang_s, retry_after_s and latency_ms cannot be negative")

    @property
    def fails(self) -> bool:
        """Whether the request fails at all, or is only slowed down."""
        return self.status is not None or self.drop or self.hang_s > 0


class FaultBox:
    """The faults set on one twin, tried in order; the first that is due happens."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._happened: list[int] = []
        self._owed: list[float] = []

    def put(self, faults: list[Fault]) -> None:
        """Replace all faults; an empty list makes the twin healthy."""
        self._faults = list(faults)
        self._happened = [0] * len(faults)
        self._owed = [0.0] * len(faults)

    def shown(self) -> list[dict[str, object]]:
        """Return each fault with how often it happened."""
        return [
            {**msgspec.structs.asdict(fault), "happened": count}
            for fault, count in zip(self._faults, self._happened, strict=True)
        ]

    def due(self, path: str) -> Fault | None:
        """Return the fault that this request suffers, if any, and count it."""
        for index, fault in enumerate(self._faults):
            if fault.path not in path or (
                fault.times is not None and self._happened[index] >= fault.times
            ):
                continue
            self._owed[index] += fault.rate
            # A sum of tenths falls just short of one; the next request must not wait for the rest.
            if self._owed[index] > 1 - 1e-9:
                self._owed[index] -= 1
                self._happened[index] += 1
                return fault
        return None
