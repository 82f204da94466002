"""The demo: a hub, twins of the vendors, and the traffic of a small shop with its mistakes.

`traffic.py` makes the requests, `stage.py` sets everything up and takes it down, `round.py` sends one
bounded round and reports. The configuration is examples/demo of the source tree.
"""
