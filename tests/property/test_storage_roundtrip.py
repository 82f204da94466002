"""What is stored comes back, whatever text and JSON senders think of."""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heliograph.backends.sqlite import open_journal, open_store
from heliograph.model.delivery import NewDelivery
from heliograph.model.json import Json
from heliograph.model.request import RejectedItem, StoredRequest
from heliograph.storage.events.journal import Record
from heliograph.storage.profiles import AttributeValue, ProfileRecord
from heliograph.storage.reading.applied import AppliedEvent
from heliograph.storage.store import Store
from heliograph.testing.journal.fixtures import WholeJournal

texts = st.text(max_size=20)
times = st.integers(-(2**53), 2**53)
json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
requests = st.builds(
    StoredRequest,
    request_id=texts,
    workspace=texts,
    source_id=texts,
    received_at=times,
    state=st.sampled_from(["accepted", "partial", "refused"]),
    items=st.integers(0, 500),
    events=st.integers(0, 500),
    rejected=st.lists(
        st.builds(
            RejectedItem,
            index=st.integers(0, 500),
            code=texts,
            message=texts,
            path=st.none() | texts,
            item=json_values,
        ),
        max_size=2,
    ).map(tuple),
    mapper=st.none() | texts,
    path=texts,
    headers=st.dictionaries(texts, texts, max_size=3),
    body=st.binary(max_size=50),
)
records = st.builds(Record, key=texts, id=texts, at=times, value=st.binary(max_size=50))
profiles = st.builds(
    ProfileRecord,
    profile_id=texts,
    workspace=texts,
    kind=st.sampled_from(["customer", "anonymous"]),
    value=texts,
    first_seen=times,
    last_seen=times,
    events=st.integers(0, 10),
    attributes=st.dictionaries(
        texts,
        st.builds(
            AttributeValue,
            value=json_values,
            at=st.integers(),
            event_id=texts,
            source_id=texts,
            known=st.booleans(),
        ),
        max_size=3,
    ),
)
REUSED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Generator[WholeJournal]:
    journal = open_journal(tmp_path_factory.mktemp("data") / "journal.db")
    yield journal
    journal.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    store = open_store(tmp_path_factory.mktemp("data") / "store.db")
    yield store
    store.close()


@REUSED
@given(request=requests, batch=st.lists(records, max_size=5))
def test_requests_and_records_come_back(
    journal: WholeJournal, request: StoredRequest, batch: list[Record]
) -> None:
    if journal.requests.get(request.request_id) is not None:
        return
    places = journal.take([request], batch)
    assert journal.requests.get(request.request_id) == request
    for record, place in zip(batch, places, strict=True):
        entry = journal.entry(*place)
        assert entry is not None
        assert entry.record == record


@REUSED
@given(profile=profiles)
def test_profiles_come_back(store: Store, profile: ProfileRecord) -> None:
    with store.transaction() as tx:
        tx.profiles.put_many([profile])
    with store.read() as reader:
        found = reader.profiles.get_many([profile.profile_id])[profile.profile_id]
    # Workspace, kind and value follow from the id and are written once.
    assert found.attributes == profile.attributes
    assert (found.first_seen, found.last_seen) == (profile.first_seen, profile.last_seen)


@REUSED
@given(ids=st.lists(texts, max_size=6))
def test_any_event_id_is_applied_once(store: Store, ids: list[str]) -> None:
    events = [
        AppliedEvent(
            event_id=f"{n % 2}{event_id}",
            partition=0,
            position=n,
            profile_id="p",
            effect="applied",
            reason=None,
            received_at=0,
        )
        for n, event_id in enumerate(ids)
    ]
    with store.transaction() as tx:
        tx.applied.add(events)
        assert tx.applied.add(events) == set()
        assert tx.applied.existing([e.event_id for e in events]) == {e.event_id for e in events}


@REUSED
@given(
    places=st.lists(st.tuples(texts, texts, texts), max_size=6, unique_by=lambda place: place[2])
)
def test_any_key_keeps_its_order(store: Store, places: list[tuple[str, str, str]]) -> None:
    """Destinations, keys and ids are compared exactly, numbers in disguise and NULs included."""
    new = [
        NewDelivery(
            delivery_id=delivery_id,
            destination=destination,
            pipeline="p",
            blueprint=None,
            key=key,
            profile_id="p",
            event_id="e",
            partition=0,
            position=0,
            event=b"",
        )
        for destination, key, delivery_id in places
    ]
    with store.transaction() as tx:
        before = [tx.deliveries.get(delivery.delivery_id) for delivery in new]
        assert len(tx.deliveries.enqueue(new, now_ms=0)) == before.count(None)
        active: dict[tuple[str, str], int] = {}
        for delivery in new:
            found = tx.deliveries.get(delivery.delivery_id)
            assert found is not None
            place = (found.destination, found.key)
            active[place] = active.get(place, 0) + (found.state == "waiting")
        assert all(count <= 1 for count in active.values())
        assert tx.deliveries.recount() == tx.deliveries.counts()
