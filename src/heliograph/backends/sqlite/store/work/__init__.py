"""What there is to do and who does it, as rows."""
