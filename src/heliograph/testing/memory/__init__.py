"""Journal and store in memory: for tests that need one but are not about it. Nothing survives the process.

They pass the same conformance suites as every backend, but for what needs a disk.
"""

from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore

__all__ = ["MemoryJournal", "MemoryStore"]
