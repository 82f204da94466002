"""Pages about vendors: their signatures, their presets, and what is covered of each."""
