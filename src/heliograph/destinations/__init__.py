"""Destinations: how one event becomes the HTTP requests of a vendor, and what its answers mean.

Everything here is pure: no clock, network or disk. Read next:

- `base.py`: what a destination is; `registry.py`: which there are.
- `preflight.py`: `plan_event`, the one way from an event to a plan; `blueprint.py`: the mapping before it.
- `settings.py`: settings documents to typed settings; `http.py`: masking, credentials, signatures.
- `webengage/`, `moengage/`, `heap/`, `webhook/`: one folder each, the same files in all of them.
"""
