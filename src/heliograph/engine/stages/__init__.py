"""What happens to a batch of events, as a list of stages; `stage` says what one is, `standard` which ones."""
