"""Mapping: a declarative mapper document turns a payload into events and profile updates.

Pure: no clock, network or disk. `compile_mapper(document)` once, `mapper.apply(payload, …)` per request.
"""
