"""The doors: one per kind of sender, each with its own proof of who sends and its own words."""
