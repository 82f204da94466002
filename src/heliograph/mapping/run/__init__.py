"""A mapper at work: the function generated for a plan, and what its result becomes."""
