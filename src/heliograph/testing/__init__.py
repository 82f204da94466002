"""What Heliograph offers to tests, its own and those of other backends and destinations.

- `journal.suite`, `store.suite`, `destination.suite`, `transport.suite`: what every implementation runs.
- `memory`: journal and store in memory, for tests that need one but are not about it.
- `running`: roles as real processes, load for them, and the reckoning afterwards.
- `clock.ManualClock`, `ids.CountingIds`: time and names under control.
"""
