"""What Heliograph needs from storage, as protocols with their guarantees.

- `journal` is the append-only log of events, `requests` the archive of what they were made from, and
  `intake` the gateway's way into both.
- `store` holds everything derived or configured, changed in transactions. Its repositories: `cursors` (how
  far a reader came), `leases` (who does which part of a shared work; held by a `lease_keeper`), `readers`
  (who reads the journal), `parked`, `applied`, `profiles`, `deliveries`, `destination_states`,
  `configuration`, `remaps`, and those of the engine's stages in `stages/`.
- `retention` says how far the journal may be trimmed.
- `catalog` reads the configuration as the hub uses it.
- `data` is all of it together, opened.

Implementations are in `heliograph.backends`; each passes the conformance suites of `heliograph.testing`.
"""
