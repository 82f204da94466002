"""What there is to do, how far it is, and which process does it."""
