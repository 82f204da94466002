"""How fast, who goes first, and when not at all. Pure but for the clock that is passed in."""
