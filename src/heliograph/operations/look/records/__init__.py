"""What a hub has recorded, one module per noun, and the whole life of one thing."""
