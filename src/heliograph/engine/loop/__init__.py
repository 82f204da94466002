"""The engine's loop: what it holds, when it reads, what waits, fires and goes back to the journal."""
