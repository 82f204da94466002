"""A lane: one destination kept supplied. What it reads ahead, what waits, what goes next."""
