"""The engine: from events in the journal to profiles and deliveries, each exactly once.

- `loop.py`: claims partitions, reads batches, commits effects and cursors together; start here.
- `effects.py`: what one batch changes, inside the caller's transaction.
- `routing.py`: which deliveries an event becomes (pure); `routes.py`: the pipelines it uses.
- `audit.py`: the three equations that show that nothing was lost; `trace.py`: one thing's whole life.
"""
