"""Stored requests mapped again, with another version of their mapper.

`wish` says which requests are meant and with which mapper, `compare` what would change in one request, `page`
the events that make it so, `run` the whole of it in pages that can be interrupted and taken up again;
`request_events` finds the events that came of a request.
"""
