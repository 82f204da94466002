"""Commands that measure: benchmarks, and the drill."""
