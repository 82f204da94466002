"""What there is in a hub and how it is; nothing here changes anything."""
