"""States, timers and outbox of the engine's stages."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from heliograph.backends.sqlite.store.session import Session, as_json
from heliograph.errors import InvariantBroken
from heliograph.storage.events.journal import Record
from heliograph.storage.stages.outbox import Outgoing
from heliograph.storage.stages.states import MOST_STATE_BYTES, State
from heliograph.storage.stages.timers import Timer


class SqliteStates:
    """See `storage.stages.states.States`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_many(self, stage: str, keys: Iterable[str]) -> dict[str, State]:
        """Return the blobs that exist."""
        rows = self._session.rows("get_states", stage, as_json(keys))
        return {key: State(version, value) for key, version, value in rows}

    def put_many(self, stage: str, states: Mapping[str, State]) -> None:
        """Write whole blobs."""
        for key, state in states.items():
            if len(state.value) > MOST_STATE_BYTES:
                raise InvariantBroken(f"state of {stage} for {key} has {len(state.value)} bytes")
        self._session.run_rows(
            "put_states", [(stage, key, s.version, s.value) for key, s in states.items()]
        )

    def drop(self, stage: str, keys: Iterable[str]) -> None:
        """Forget blobs."""
        self._session.run("drop_states", stage, as_json(keys))


class SqliteTimers:
    """See `storage.stages.timers.Timers`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def set(self, timers: Sequence[Timer]) -> None:
        """Set timers; of several with one name the last one counts."""
        named = {(t.partition, t.kind, t.key, t.id): t.due_at for t in timers}
        self._session.run_rows("set_timers", [(*name, due_at) for name, due_at in named.items()])

    def remove(self, timers: Iterable[Timer]) -> None:
        """Remove timers by name."""
        self._session.run_in("remove_timers", [(t.partition, t.kind, t.key, t.id) for t in timers])

    def due(self, partition: int, *, until: int, limit: int) -> list[Timer]:
        """Return what is due, the earliest first."""
        return [
            Timer(partition=partition, kind=kind, key=key, id=id_, due_at=due_at)
            for kind, key, id_, due_at in self._session.rows("due_timers", partition, until, limit)
        ]

    def shift(self, *, after_ms: int, by_ms: int) -> int:
        """Move what is due later with a wall clock that was set."""
        return self._session.run("shift_timers", by_ms, after_ms)

    def next_due(self, partitions: Collection[int]) -> dict[int, int]:
        """Return the earliest time of each partition that has timers."""
        return dict(self._session.rows_in("next_timers", partitions))


class SqliteOutbox:
    """See `storage.stages.outbox.Outbox`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, partition: int, records: Sequence[Record]) -> None:
        """Add derived events."""
        self._session.run_rows(
            "put_outbox", [(partition, r.id, r.key, r.at, r.value) for r in records]
        )

    def page(self, partitions: Collection[int], *, limit: int) -> list[Outgoing]:
        """Return the oldest rows of these partitions."""
        rows = self._session.rows("outbox_page", as_json(sorted(partitions)), limit)
        return [
            Outgoing(
                seq=seq,
                partition=partition,
                record=Record(key=key, id=id_, at=at, value=value),
            )
            for seq, partition, id_, key, at, value in rows
        ]

    def drop(self, seqs: Iterable[int]) -> None:
        """Remove rows that are in the journal."""
        self._session.run_in("drop_outbox", seqs)

    def count(self) -> int:
        """Return how many wait."""
        return int(self._session.rows("count_outbox")[0][0])
