"""The engine: from events in the journal to profiles and deliveries, each exactly once.

- `loop.py`: claims partitions, reads batches, commits effects and cursors together; start here.
- `apply.py`: runs the stages of `stages/` over one batch, inside the caller's transaction.
- `routing.py`: which deliveries an event becomes (pure); `routes.py`: the pipelines it uses.
- `clockwork.py` and `relay.py`: timers that fire, and derived events on their way back to the journal.
"""
