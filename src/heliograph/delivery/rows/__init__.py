"""Deliveries between the store and a lane: found with all that a turn needs, written back when it ended."""
