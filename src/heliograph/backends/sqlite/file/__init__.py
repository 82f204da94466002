"""One SQLite file: opened, lent, listened to, checkpointed and copied."""
