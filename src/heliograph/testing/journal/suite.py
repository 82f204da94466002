"""What every journal must keep, as tests; see the numbered guarantees of `storage.events.journal`.

```python
class TestSqliteJournal(JournalConformance):
    opener = "heliograph.backends.sqlite:open_journal"
```

`opener` names a function that takes a `Path` and returns the journal in that place, made when new; a
child process imports it by that name. A journal that keeps nothing when it is closed sets `durable`
to False, one that only one process may append to sets `shared` to False.
"""

from heliograph.testing.journal.durability import DurabilityConformance
from heliograph.testing.journal.records import RecordsConformance
from heliograph.testing.journal.requests import RequestsConformance
from heliograph.testing.journal.waiting import WaitingConformance


class JournalConformance(
    RecordsConformance, RequestsConformance, DurabilityConformance, WaitingConformance
):
    """Subclass it in a test file and name the opener."""
