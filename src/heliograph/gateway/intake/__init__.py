"""What is kept of a request: judged, made into records, and written with its neighbours."""
