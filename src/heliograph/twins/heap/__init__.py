"""The twin of Heap's server-side API: `rules.py` says what is refused, `vendor.py` answers."""
