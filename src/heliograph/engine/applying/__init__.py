"""A batch applied inside the caller's transaction: corrected, run through the stages, handed over."""
