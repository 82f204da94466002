"""What a mapper is tested with: payloads beside it, each with what is expected of it."""
