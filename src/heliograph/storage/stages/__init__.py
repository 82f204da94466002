"""What stages of the engine keep in the store: `states`, `timers`, and the `outbox` of derived events."""
