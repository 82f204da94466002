"""The data folder on its disk: whose it is, and who works on it."""
