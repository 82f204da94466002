"""After a remap, profiles are those of a hub that had the new mapper from the start."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from heliograph.engine.applying.apply import apply_batch
from heliograph.engine.applying.read_ahead import ReadAhead, Unread
from heliograph.engine.batch import Batch
from heliograph.engine.loop.loop import GROUP
from heliograph.engine.routing.routes import RouteBook
from heliograph.engine.stages.standard import standard_stages
from heliograph.gateway.directory import Inlet, build_directory
from heliograph.gateway.intake.judge import judge
from heliograph.gateway.intake.records import records_of
from heliograph.model.documents.catalog import build_catalog
from heliograph.model.ids import first_generation_id
from heliograph.model.remap import Remap
from heliograph.model.request import StoredRequest
from heliograph.remap.page import Task
from heliograph.remap.run import RemapRun
from heliograph.storage.configuration import Document
from heliograph.storage.events.journal import Entry
from heliograph.storage.profiles import Override, ProfileRecord
from heliograph.testing.clock import ManualClock
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory import MemoryJournal, MemoryStore

CUSTOMERS = st.none() | st.sampled_from(["ada", "bob", "cyd", "guest"])
ANONYMOUS = st.none() | st.sampled_from(["a1", "a2", "a3"])
VALUES = st.none() | st.integers(0, 3)
ITEMS = st.fixed_dictionaries(
    {
        "c": CUSTOMERS,
        "d": CUSTOMERS,
        "a": ANONYMOUS,
        "b": ANONYMOUS,
        "t": st.sampled_from([1704067200000 + n for n in range(4)]) | st.none(),
        "x": VALUES,
        "y": VALUES,
        "e": st.sampled_from(["Seen", "Paid", None]),
    }
)
REQUESTS = st.lists(
    st.tuples(st.lists(ITEMS, min_size=1, max_size=3), st.integers(0, 1), st.booleans()),
    max_size=8,
)
"""Items, milliseconds since the request before, and whether it came with a message id."""
TRAITS: list[dict[str, str]] = [
    {"x": "$[*].x"},
    {"x": "$[*].y"},
    {"x": "$[*].x", "y": "$[*].y"},
    {"y": "$[*].y"},
    {},
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    users = draw(st.booleans())
    mappings: dict[str, Any] = {
        "customer_id": draw(st.sampled_from(["$[*].c", "$[*].d"])),
        "user_time": draw(st.sampled_from(["$[*].t", "$receivedAt"])),
    }
    anonymous = draw(st.sampled_from([None, "$[*].a", "$[*].b"]))
    if anonymous is not None:
        mappings["anon_id"] = anonymous
    traits = draw(st.sampled_from(TRAITS))
    if users:
        mappings["attr"] = traits
    else:
        mappings["user_attributes"] = traits
        mappings["event_name"] = draw(st.sampled_from(["$[*].e", "Order"]))
        mappings["attr"] = {"n": "$[*].x"}
        mappings |= {"platform": "web", "app_version": "1"}
    return {
        "partner_name": "shop",
        "mapping_type": "users" if users else "events",
        "mappings": mappings,
        "batching": True,
        "payload_validations": {},
    }


class Hub:
    """A journal and what is made of it."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.store = MemoryStore()
        self.clock = ManualClock()

    def receive(
        self, n: int, at: int, items: list[Any], message_id: str | None, inlet: Inlet
    ) -> None:
        """Do what the gateway does with a body."""
        result = inlet.mapper.apply(items, received_at_ms=at)
        state, rejected = judge(result, inlet)
        request_id = f"req_{n:026d}"
        records = list(
            records_of(
                request_id,
                inlet,
                result.mapped if state != "refused" else [],
                received_at=at,
                update_existing_only=False,
                message_id=message_id,
            )
        )
        request = StoredRequest(
            request_id=request_id,
            workspace=inlet.workspace,
            source_id=inlet.source_id,
            received_at=at,
            state=state,
            items=len(records) + len(rejected),
            events=len(records),
            rejected=tuple(rejected),
            mapper=inlet.address,
            body=msgspec.json.encode(items),
            message_id=message_id,
        )
        self.journal.take([request], records)

    def drain(self, random: Random) -> None:
        """Apply what is new, partitions interleaved and cut into batches at random."""
        while True:
            with self.store.read() as reader:
                positions = reader.cursors.positions(GROUP)
            behind = [p for p in range(16) if self.journal.bounds(p).last > positions.get(p, 0)]
            if not behind:
                return
            chosen = random.sample(behind, random.randint(1, len(behind)))
            entries: list[Entry] = []
            for partition in chosen:
                at = positions.get(partition, 0)
                entries += self.journal.read(partition, at, random.randint(1, 4))
            ahead = ReadAhead(self.journal)
            while not self.applied(entries, ahead):
                pass

    def applied(self, entries: list[Entry], ahead: ReadAhead) -> bool:
        """Apply a batch as the engine does; False: entries were missing and are read now."""
        batch = Batch(entries, now_ms=0)
        try:
            with self.store.transaction() as tx:
                for claim in tx.cursors.take(GROUP, {entry.partition for entry in entries}):
                    last = max(e.position for e in entries if e.partition == claim.partition)
                    tx.cursors.advance(
                        GROUP, claim.partition, old=claim.position, new=last, epoch=claim.epoch
                    )
                apply_batch(tx, batch, standard_stages(RouteBook()), ahead=ahead)
        except Unread as unread:
            ahead.fetch(unread.places)
            return False
        return True

    def remap(self, inlet: Inlet, number: int, since: int, until: int, under: set[str]) -> RemapRun:
        remap = Remap(
            remap_id=f"rmp_{number}",
            workspace="w",
            source_id="shop",
            mapper=inlet.address,
            received_under=tuple(sorted(under)),
            since_ms=since,
            until_ms=until,
            resend=False,
            started_at=number,
        )
        task = Task(
            mapper=inlet.mapper,
            address=inlet.address,
            all_or_nothing=False,
            remap_id=remap.remap_id,
            resend=False,
        )
        return RemapRun(
            remap,
            task,
            data=data_of(self.journal, self.store),
            clock=self.clock,
            wait_applied=lambda: None,
            rest=lambda _: None,
        )

    def rebuilt(self, random: Random) -> "Hub":
        """Another hub that reads the whole journal from the beginning."""
        other = Hub()
        other.journal = self.journal
        other.drain(random)
        return other

    def known(self) -> tuple[list[ProfileRecord], list[Override]]:
        """Everything known of people, with generations left out."""
        with self.store.read() as reader:
            records = reader.profiles.find(workspace=None, after=None, limit=1000)
            merges = reader.profiles.overrides()
        plain = [
            msgspec.structs.replace(
                record,
                attributes={
                    name: msgspec.structs.replace(
                        value, event_id=first_generation_id(value.event_id)
                    )
                    for name, value in record.attributes.items()
                },
            )
            for record in records
        ]
        return plain, [
            msgspec.structs.replace(merge, reason=first_generation_id(merge.reason))
            for merge in merges
        ]


def inlets(*bodies: dict[str, Any]) -> list[Inlet]:
    documents = [
        Document(
            workspace="w", kind="mapper", name=f"shop/v{n}", version=1, body=body, changed_at=0
        )
        for n, body in enumerate(bodies)
    ]
    directory = build_directory(1, build_catalog(documents, {}), now_s=0)
    return [directory.desks["w"].inlets["shop", f"v{n}"] for n in range(len(bodies))]


def silent(_: int) -> None:
    return


@settings(deadline=None)
@given(
    REQUESTS,
    st.tuples(documents(), documents(), documents()),
    st.tuples(st.integers(0, 6), st.integers(0, 9)),
    st.randoms(use_true_random=False),
)
def test_profiles_are_those_of_a_hub_that_had_the_new_mapper_from_the_start(
    requests: list[Any],
    bodies: tuple[dict[str, Any], dict[str, Any], dict[str, Any]],
    span: tuple[int, int],
    random: Random,
) -> None:
    """Also after two remaps, of a part of the time, in whatever order partitions are read."""
    first, second, third = inlets(*bodies)
    hub, twice, thrice = Hub(), Hub(), Hub()
    at = 0
    since, until = span
    for n, (items, later, named) in enumerate(requests):
        at += later
        message_id = f"m-{n}" if named else None
        within = since <= at < until
        hub.receive(n, at, items, message_id, first)
        twice.receive(n, at, items, message_id, second if within else first)
        thrice.receive(n, at, items, message_id, third if within else first)
    hub.drain(random)
    for number, (inlet, wanted) in enumerate([(second, twice), (third, thrice)], 1):
        under = {first.address}
        looked = hub.remap(inlet, 0, since, until, under).preview(examples=1, progress=silent)
        before = hub.journal.counts()
        done = hub.remap(inlet, number, since, until, under).run(examples=1, progress=silent)
        counts = done.remap.counts
        assert msgspec.structs.asdict(looked.remap.counts) == msgspec.structs.asdict(counts)
        appended = hub.journal.counts().derived - before.derived
        assert counts.added + counts.removed + counts.changed == appended
        assert counts.out_of_reach == 0
        hub.drain(random)
        wanted.drain(random)
        assert hub.known() == wanted.known()
        assert hub.rebuilt(random).known() == wanted.known()
        again = hub.remap(inlet, number + 10, since, until, under).run(examples=1, progress=silent)
        assert (again.remap.counts.added, again.remap.counts.removed) == (0, 0)
        assert again.remap.counts.changed == 0
        assert hub.journal.counts().derived - before.derived == appended
