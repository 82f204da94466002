"""The journal's file: what was received, appended and read back."""
