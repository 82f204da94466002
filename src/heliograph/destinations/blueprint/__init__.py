"""Blueprints: what a destination is told of an event, as a document, and which text of it counts."""
