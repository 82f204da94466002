"""Commands that run something until they are stopped: the hub, the demo, the twins."""
