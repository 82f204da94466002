"""The doors: one per kind of sender, each with its own proof of who sends and its own words.

There are two: `partner.py` (Basic auth, Connected Sources) and `webhook.py` (a vendor's signature); both
read bodies by `mapped.py`. Tracking SDKs, the pixel and the snippet have none yet. A further one is a module
here that keeps the contract in `door.py`, a page in the gateway's `routes`, and a line in its `http.app`,
which says which page leads to which door; nothing else of the gateway has to know it.
"""
