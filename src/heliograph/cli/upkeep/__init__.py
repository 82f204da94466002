"""Keeping a hub well: status, audit, backup, rebuild, repair, remap, readers, clock."""
