"""Whole hubs as real processes: started, loaded, killed, and reckoned with afterwards."""
