"""Mapping: a declarative mapper document turns a payload into events and profile updates.

Pure: no clock, network or disk. `compile_mapper(document)` once, `mapper.apply(payload, …)` per request.

Where to read on: `document` reads and checks the JSON, `reference` defines what it means, `codegen` makes
the same fast, `times` reads times, `jsonpath` follows paths, `explain` says why.
"""

from heliograph.mapping.mapper import Mapper, compile_mapper

__all__ = ["Mapper", "compile_mapper"]
