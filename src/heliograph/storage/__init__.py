"""What Heliograph needs from storage, as protocols with their guarantees.

The rooms hold what backends implement; the modules beside them join these and work through them:

- `events/`: `journal` is the append-only log of events, `requests` the archive of what they were made from,
  and `intake` the gateway's way into both; `stored_events` reads one back.
- `reading/`: who reads the journal (`readers`), how far each came (`cursors`), what became of each event
  (`applied`), and which ones wait for a configuration (`parked`).
- `work/`: `deliveries`, `destination_states`, `remaps`, and the `leases` that say who does which part.
- `stages/`: what stages of the engine keep.
- `store` holds everything derived or configured, changed in transactions: the repositories of `reading/`,
  `work/` and `stages/`, and those beside it, `profiles`, `configuration`, `timekeeping`, `identity`.
- `lease_keeper` keeps leases, `lineage` says whether journal and store belong together, `retention` how far
  the journal may be trimmed, `catalog` reads the configuration as the hub uses it.
- `data` is all of it together, opened. `folder/`: whose the data folder is, and who works on it.

Implementations are in `heliograph.backends`; each passes the conformance suites of `heliograph.testing`.
"""
