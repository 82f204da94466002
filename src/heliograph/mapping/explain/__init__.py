"""What does a plan mean for one payload, and why? Written to be read; `run` makes the same fast."""
