"""The engine: from events in the journal to profiles and deliveries, each exactly once.

- `loop/`: `loop.py` claims partitions, reads batches, commits effects and cursors together; start there.
  Beside it: partitions held, the pace, events that wait, `clockwork.py` and `relay.py` for timers that fire
  and derived events on their way back to the journal.
- `applying/`: `apply.py` runs the stages of `stages/` over one batch, inside the caller's transaction.
- `routing/`: `route.py` says which deliveries an event becomes (pure); `routes.py` has the pipelines it uses.
- `batch.py`: what all of them look at. `rebuild.py`: profiles and derived state made anew.
"""
