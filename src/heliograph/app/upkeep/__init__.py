"""What roles do beside their work: watch the clocks, remove what is too old, say how the hub is."""
