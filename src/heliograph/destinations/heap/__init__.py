"""Heap: events and user properties through its server-side API. Limits and failures: README.md beside."""

from typing import Final

from heliograph.destinations.base import Destination
from heliograph.destinations.heap.blueprints import BLUEPRINTS
from heliograph.destinations.heap.bulk import combine, split
from heliograph.destinations.heap.classify import classify
from heliograph.destinations.heap.limits import capabilities
from heliograph.destinations.heap.plan import plan, probe
from heliograph.destinations.heap.settings import HeapSettings

DESTINATION: Final = Destination[HeapSettings](
    name="heap",
    title="Heap",
    settings=HeapSettings,
    capabilities=capabilities,
    plan=plan,
    classify=classify,
    combine=combine,
    split=split,
    probe=probe,
    blueprints=BLUEPRINTS,
)
