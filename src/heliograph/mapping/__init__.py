"""Mapping: a declarative mapper document turns a payload into events and profile updates.

Pure: no clock, network or disk. `compile_mapper(document)` once, `mapper.apply(payload, …)` per request.

The rooms, each importing only from those before it (a contract in pyproject.toml checks it):

- `paths`: which values does a JSONPath select? `times`: which moment does a value name?
- `body`: which JSON value does a request's body hold?
- `document`: what does a mapper document say? It is read, checked, and becomes a `Plan`.
- `values`: what does an expression of it make of a value?
- `explain`: what does a plan mean for one payload, and why? The written reference of the semantics.
- `run`: the same fast, as one generated function; `Mapper` is there.
- `cases`, `lint`, `infer`, `presets`: what a mapper is tested with, doubted for, proposed from, copied from.
"""

from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.run.mapper import Mapper, compile_mapper

__all__ = ["Mapped", "Mapper", "MappingResult", "compile_mapper"]
