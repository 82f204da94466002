"""Journal and store on SQLite files: the default, nothing to install and no server to run.

`driver` decides which SQLite is safe, `database` opens connections, `schema` and `migrations` say what is on
disk, `sql/` holds the hot statements. `journal` and `store` implement the protocols.
"""

from heliograph.backends.sqlite.journal import open_journal
from heliograph.backends.sqlite.store import open_store

__all__ = ["open_journal", "open_store"]
