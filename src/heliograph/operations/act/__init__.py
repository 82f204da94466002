"""What a person changes in a hub; each answers what it changed, and the log says who asked."""
