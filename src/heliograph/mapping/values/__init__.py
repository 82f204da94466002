"""What does an expression make of a value? Pure functions of JSON values; `explain` and `run` share them."""
