"""Journal and store on SQLite files: the default, nothing to install and no server to run.

The rooms, each importing only from those below it (a contract in pyproject.toml checks it):

- `journal/`, `store/`: the two files at work; `journal/journal.py` and `store/store.py` implement the
  protocols, `store/reading/` and `store/work/` hold the repositories of the rooms of that name in `storage`.
- `schema/`: what is on disk, and the migrations that build it. `stored.py` reads JSON that a disk may have
  changed.
- `packing/`: how long values are kept short. `statements.py` with `sql/`: the hot statements.
- `file/`: one SQLite file; `driver.py` decides which SQLite is safe, `database.py` opens connections.
"""

from heliograph.backends.sqlite.journal.journal import open_journal
from heliograph.backends.sqlite.store.store import open_store

__all__ = ["open_journal", "open_store"]
