"""The twin of WebEngage's REST API: `rules.py` says what is refused, `vendor.py` answers."""
