"""A destination as it is sent to: what the configuration says of it, its state, the way out to it."""
