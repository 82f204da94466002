"""The gateway: HTTP in, durable requests and events out, one process, one event loop.

Read `app.py` for the way of a request, `group_commit.py` for when it is safe, `server.py` for how the
process runs; `answers.py` and `refusals.py` hold every word a sender gets to read.
"""
