"""Configuration as files: read a folder, check it, compare it with the store, bring it into force, export it.

- `layout.py`: which document lives in which file, and back.
- `folder.py`: a folder as documents. `check.py`: everything that is wrong with it, all at once.
- `changes.py`: what `apply` would change. `transfer.py`: apply and export.
"""
