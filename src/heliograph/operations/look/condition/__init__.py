"""How a hub is: what runs, how far it is, what is wrong, and the proof that nothing was lost."""
