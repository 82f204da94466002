"""Keeping a data folder safe: backups of a running hub, and bringing one back."""
