"""The drill: kill and freeze what works on a data folder, under load, and reckon item by item.

`plan` says what happens (pure, from a seed), `scene` has the processes, `orders` the traffic, `receiver`
the destination, `first_release` the old folder it begins with, `reckoning`, `sequence` and `backups` what
must be true afterwards, `run` the whole.
"""
