"""How the journal is read: by whom, how far, what became of each event, and which ones wait."""
