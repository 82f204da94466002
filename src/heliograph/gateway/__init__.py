"""The gateway: HTTP in, durable requests and events out, one process, one event loop.

Three rooms: `http/` (connections, parsing, answers; `http/app.py` is the way of a request, `http/server.py`
how the process runs), `doors/` (who may send what, one door per kind of sender) and `intake/` (what is kept,
and `group_commit.py`: when it is safe). `reception.py` joins them; `answers.py` and `refusals.py` hold every
word a sender gets to read.
"""
