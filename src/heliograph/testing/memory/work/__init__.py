"""What there is to do and who does it, in memory."""
