"""What Heliograph needs from storage, as protocols with their guarantees.

`journal` is the append-only truth; `store` holds everything derived, changed in transactions;
`cursors` (part of the store) says how far a reader came. Implementations are in `backends/`; each
passes the conformance suites of `heliograph.testing`.
"""
