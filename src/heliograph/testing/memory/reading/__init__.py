"""How far the journal was read, and what became of each event, in memory."""
