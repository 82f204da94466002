"""The twin of MoEngage's Data API: `rules.py` and `losses.py` judge a body, `vendor.py` answers."""
