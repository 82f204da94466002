"""Destinations: how one event becomes the HTTP requests of a vendor, and what its answers mean.

Everything here is pure: no clock, network or disk. Read next:

- `base.py`: what a destination is; `registry.py`: which there are.
- `preflight.py`: `plan_event`, the one way from an event to a plan; `blueprint/`: the mapping before it.
- `settings.py`: settings documents to typed settings; `masks.py`: what of a request may be shown.
- `planning/`: what the vendors' plans are made of: bodies, credentials, signatures, persons, times.
- `webengage/`, `moengage/`, `heap/`, `webhook/`: one folder each, the same files in all of them.
"""
