"""Look and act: the only way into a hub for the command line, and for whatever else people use.

- `hub.py`: what an operation is handed of a hub.
- `look/`: what there is (`look/records/`) and how it is (`look/condition/`).
- `act/`: what a person changes: replay, pause and resume, merges, and the probe of a destination.
- `configuration/`: documents as files: check, apply, export.

Nothing here opens files of a backend; whoever calls (the wiring in `app`) hands in what is opened.
"""
