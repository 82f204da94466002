"""Delivery: from a row in the store to a request at a destination, and what its answer means.

```
courier.py      one lane per destination, started, changed and stopped as the catalog says
└── lane.py     claims what the budget allows, runs turns, keeps at most `concurrency` in flight
    ├── turn.py       one delivery: plan, take from the budget, send, classify        effects in order
    ├── decision.py   what its outcome means for the row                              pure
    ├── budget.py     how fast a destination may be sent to                           pure
    ├── circuit.py    whether a destination answers at all                            pure
    ├── send/         one HTTP request and its answer
    └── ledger.py     the store, written by one thread, many turns in one transaction
operations.py   what a person does: replay dead letters, pause and resume a destination
```

Promises: at least once, in order per (destination, key), every attempt of a delivery with the same
idempotency key; one destination never waits for another; nothing is dropped without a row that says why.
"""
