"""What a store must keep of how far the journal was read."""
