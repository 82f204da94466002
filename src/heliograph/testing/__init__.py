"""What Heliograph offers to tests, its own and those of other backends and destinations.

- `journal.JournalConformance` and `store.StoreConformance`: the suites every implementation runs.
- `memory`: journal and store in memory, for tests that need one but are not about it.
- `clock.ManualClock`, `ids.CountingIds`: time and names under control.
"""
