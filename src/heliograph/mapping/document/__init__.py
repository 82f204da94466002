"""What does a mapper document say? Its JSON is read and checked here, and becomes a `Plan`."""
