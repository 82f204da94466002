"""What can go wrong, who can mend it, and whether trying again helps.

```
HeliographError(code, message, where, found, allowed, hint)
├── ConfigError            refuses to start or to save   blame operator
├── InputError             4xx to the caller             blame caller
├── StoreError
│   ├── StoreUnavailable   retry later                   blame operator
│   ├── StoreConflict      caller reads again            blame nobody
│   └── StoreCorrupt       stop the consumer             blame operator
├── DestinationError       only inside delivery; becomes an Outcome before it is stored
└── InvariantBroken        our own mistake: fail the unit of work, never swallow
```

`code` is a stable dotted word (`mapper.missing_field`); every code in use is listed in `CODES` with
its meaning, from which the reference page is made. A message says what is wrong, where (JSON path or
setting), what was found, what is allowed, and what to do next; it never holds a secret.
"""

from typing import Final

CODES: Final[dict[str, str]] = {
    "body.too_large": "The request body is larger than the workspace's limit.",
    "batch.too_large": "The request holds more items than the workspace's limit.",
    "body.unreadable": "The body could not be read as the type it claims, nor as any other we accept.",
    "body.encoding": "The Content-Encoding is unknown or the compressed data is damaged.",
    "body.charset": "A text is not in the charset it is declared in, or that charset is not known.",
    "body.media_type": "The Content-Type is none that a webhook can be read from.",
    "config.invalid": "A configuration document has an unknown key, a wrong type or a wrong value.",
    "config.missing_secret": "A `${NAME}` names an environment variable that is not set.",
    "config.none": "No configuration was applied to the data folder, and this needs one.",
    "config.unknown_reference": "A document names another one that does not exist.",
    "config.immutable": "A mapper's document was changed under a name that is already in use.",
    "config.case_failed": "A mapper gives something else than one of its cases expects.",
    "config.unsupported": "Two settings exclude each other, or a part is too old to be safe.",
    "mapper.invalid": "The mapper document does not compile.",
    "mapper.missing_field": "A field that the mapper requires is missing, null or empty in the payload.",
    "mapper.invalid_payload": "The payload is not of the form the mapper expects.",
    "mapper.no_variant": "The mapper has variants, and the item is none that they take.",
    "mapper.invalid_time": "The event time could not be read.",
    "mapper.work_exceeded": "Mapping the payload would look at more values than one request may cost.",
    "mapper.blocked_identity": "The identifier is a blocked value (`null`, `guest`, an unfilled template …).",
    "jsonpath.invalid": "The text is no JSONPath of RFC 9535.",
    "profile.unknown": "No profile has this id, or it is not merged into another one.",
    "profile.merge_refused": "These two profiles must not be made one person.",
    "store.unavailable": "The journal or the store cannot be read or written now.",
    "store.conflict": "Somebody else changed the row first.",
    "store.corrupt": "Stored data breaks its own rules.",
    "backup.invalid": "A folder is no whole backup, or its files are not those that were written.",
    "backup.refused": "A backup or restore would write over something.",
    "journal.store_new": "The store has not read this journal: it is new, or another hub's.",
    "journal.journal_new": "The journal is new, and the store has read another one.",
    "journal.other_journal": "Journal and store belong to two different hubs.",
    "journal.other_incarnation": "The journal was restored or repaired without this store.",
    "journal.behind": "The journal ends before what the store has read from it.",
    "journal.rebuilding": "Profiles are being made anew from the journal, or that was interrupted.",
    "journal.rewritten": "The journal holds other events than the store has read from it.",
    "destination.invalid_event": "The event cannot be sent to this destination as it is.",
    "settings.invalid": "A process setting has an unknown name or a value that cannot be used.",
    "file.denied": "The user who runs this has no right to use a file or folder.",
    "process.locked": "Another process works on the same data folder.",
    "process.failed": "A process of the hub could not start or did not stop in time.",
    "process.needed": "A process of the hub must run for this, and it does not.",
    "remap.ambiguous": "It must be said which stored requests are to be mapped again.",
    "reader.no_gap": "There is no gap to acknowledge, or other events are missing than was said.",
    "reader.no_reason": "An acknowledgement of a gap has no reason, or one that is too long.",
    "reader.needed": "The group of readers that was to be forgotten does the work of the hub.",
    "lookup.not_found": "There is nothing with this id or name.",
    "lookup.ambiguous": "Several things have this name, or an id that begins or ends so.",
    "page.invalid": "The page asked for does not exist: its size or its cursor cannot be used.",
    "caller.refused": "Who asks may not do this, or not in this workspace.",
    "invariant": "A rule that our own code must keep was broken.",
}


class HeliographError(Exception):
    """The root of every error that Heliograph raises on purpose.

    Args:
        code: a key of `CODES`.
        message: one sentence for a person, complete on its own.
        where: JSON path, setting or file the error is about.
        found: what was there, shortened, never a secret.
        allowed: what would have been accepted.
        hint: what to do next.
    """

    blame: str = "nobody"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        where: str | None = None,
        found: str | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.found = found
        self.allowed = allowed
        self.hint = hint

    def __str__(self) -> str:
        """Return message, place, finding, allowed values and hint as one paragraph."""
        parts = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.found is not None:
            parts.append(f"Found: {self.found}.")
        if self.allowed is not None:
            parts.append(f"Allowed: {self.allowed}.")
        if self.hint is not None:
            parts.append(self.hint)
        if len(parts) > 1 and not parts[0].endswith((".", "!", "?", ":", "…")):
            parts[0] += "."
        return " ".join(parts)


class ConfigError(HeliographError):
    """Configuration that must not be used: a bad document, an unsupported pair, a missing secret."""

    blame = "operator"


class InputError(HeliographError):
    """A request that is refused; `status` is the HTTP status of the answer (4xx)."""

    blame = "caller"

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        where: str | None = None,
        found: str | None = None,
        allowed: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(code, message, where=where, found=found, allowed=allowed, hint=hint)
        self.status = status


class StoreError(HeliographError):
    """The journal or the store did not do what was asked."""

    blame = "operator"


class StoreUnavailable(StoreError):
    """Disk full, file locked, server away: nothing was written; the same call may succeed later."""


class StoreConflict(StoreError):
    """A fence or a unique key refused the write; read again before deciding."""

    blame = "nobody"


class StoreCorrupt(StoreError):
    """Stored data cannot be trusted; the consumer that met it stops."""


class DestinationError(HeliographError):
    """An event cannot be turned into a request for a destination; becomes a dead letter."""

    blame = "operator"


class InvariantBroken(HeliographError):
    """A rule our own code must keep was broken; fail the unit of work and report it."""

    blame = "heliograph"

    def __init__(self, message: str) -> None:
        super().__init__("invariant", message)
