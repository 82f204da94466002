"""How long values are kept short: compressed with a dictionary made of values like them."""
