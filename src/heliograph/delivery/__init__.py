"""Delivery: from a row in the store to a request at a destination, and what its answer means.

```
courier.py    holds leases on destinations, keeps a lane for each, as the catalog says
├── lane/     keeps one destination supplied: lane.py, its slots take turns
│             room.py      how much it may read ahead now                                pure
│             ready.py     what was read and not begun; a live one passes a replay       pure
│             together.py  what may go in one request                                    pure
├── turn/     one delivery, turn.py: plan, take from the budget, send, classify          effects in order
│             plan.py      what is to be sent                                            pure
│             decision.py  what its outcome means for the row                            pure
├── target/   what the configuration says of a destination, and outlet.py, the way out to it
├── pace/     budget.py    how fast a destination may be sent to                         pure
│             shares.py    who goes first when the budget does not suffice               pure
│             circuit.py   whether a destination answers at all                          pure
├── send/     one HTTP request and its answer
└── rows/     ledger.py    the store, used by one thread, many turns in one transaction
              fresh.py     what an engine of this process has just made, so that it is not read back
```

Promises: at least once, in order per (destination, key), every attempt of a delivery with the same
idempotency key; one destination never waits for another; nothing is dropped without a row that says why.
A restart, and the loss of every process at once, count no attempt against an event: a row changes only when
a turn has ended, in a transaction that the lease on the destination fences.
"""
