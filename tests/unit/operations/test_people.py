import pytest

from heliograph.errors import InputError
from heliograph.model.delivery import Hold
from heliograph.operations.act.people import merge_profiles, unmerge_profile
from heliograph.profiles.lookup import load_people, load_person
from heliograph.storage.profiles import Override, ProfileRecord
from heliograph.storage.store import Store
from heliograph.storage.work.deliveries import Finish
from heliograph.testing.memory import MemoryStore
from heliograph.testing.samples import make_delivery, make_profile


def anonymous(n: int) -> ProfileRecord:
    return ProfileRecord(
        profile_id=f"a_{n}",
        workspace="w",
        kind="anonymous",
        value=f"cookie{n}",
        first_seen=n,
        last_seen=n,
        events=1,
        attributes={},
    )


@pytest.fixture
def store() -> Store:
    store = MemoryStore()
    with store.transaction() as tx:
        tx.profiles.put_many([make_profile(1, name="Ada"), make_profile(2, city="Brno")])
        tx.profiles.put_many([anonymous(1), anonymous(2), make_profile(3, workspace="v")])
        tx.profiles.merge(Override(old="a_1", canonical="p_1", merged_at=0, reason="event:e"))
    return store


def test_a_merge_makes_one_person_of_two(store: Store) -> None:
    with store.transaction() as tx:
        override = merge_profiles(tx, keep="p_2", absorb="p_1", operator="eva", now_ms=7)
    assert (override.reason, override.merged_at) == ("operator:eva", 7)
    with store.read() as reader:
        people = load_people(reader, ["p_1", "p_2", "a_1", "p_none"])
    assert set(people) == {"p_1", "p_2", "a_1"}
    person = people["a_1"]
    assert person is people["p_2"]
    assert (person.customer_id, person.other_customer_ids) == ("c2", ("c1",))
    assert person.anonymous_ids == ("cookie1",)
    assert person.traits == {"city": "Brno", "name": "Ada"}


def test_an_unmerge_restores_both_persons(store: Store) -> None:
    with store.transaction() as tx:
        before = load_people(tx, ["p_1", "p_2"])
        merge_profiles(tx, keep="p_2", absorb="p_1", operator="eva", now_ms=7)
        assert unmerge_profile(tx, profile_id="p_1", now_ms=9) == "p_2"
        assert load_people(tx, ["p_1", "p_2"]) == before


def test_an_unmerge_takes_what_is_open_along(store: Store) -> None:
    """Else it and what comes next of the person overtake each other: they stand in two lines."""
    with store.transaction() as tx:
        merge_profiles(tx, keep="p_2", absorb="p_1", operator="eva", now_ms=7)
        ids = ["p_2", "a_1", "p_1", "p_2"]
        tx.deliveries.enqueue(
            [make_delivery(n, key="p_2", profile_id=one) for n, one in enumerate(ids)], now_ms=8
        )
        unmerge_profile(tx, profile_id="p_1", now_ms=9)
        found = [tx.deliveries.get(f"dlv_{n}") for n in range(4)]
    assert [(one.key, one.state) for one in found if one] == [
        ("p_2", "waiting"),
        ("p_1", "waiting"),
        ("p_1", "queued"),
        ("p_2", "queued"),
    ]


def test_keep_may_be_any_identifier_of_the_person(store: Store) -> None:
    with store.transaction() as tx:
        override = merge_profiles(tx, keep="a_1", absorb="a_2", operator="eva", now_ms=7)
        assert override.canonical == "p_1"
        person = load_person(tx, "a_2")
    assert person is not None
    assert person.anonymous_ids == ("cookie1", "cookie2")


def test_a_merge_releases_what_was_held_for_the_anonymous_person(store: Store) -> None:
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(1, profile_id="a_2")], now_ms=0)
        held = Finish(
            delivery_id="dlv_1",
            outcome=Hold(reason="anonymous"),
            state="held",
            due_at=0,
            steps_done=0,
            retries=0,
            reason="anonymous",
        )
        tx.deliveries.finish([held], now_ms=0)
        merge_profiles(tx, keep="p_1", absorb="a_2", operator="eva", now_ms=7)
        assert tx.deliveries.counts() == {"w/crm": {"waiting": 1}}


@pytest.mark.parametrize(
    ("keep", "absorb", "code", "status"),
    [
        ("p_none", "p_1", "profile.unknown", 404),
        ("p_1", "p_none", "profile.unknown", 404),
        ("p_2", "a_1", "profile.merge_refused", 409),
        ("a_1", "p_1", "profile.merge_refused", 409),
        ("p_1", "p_1", "profile.merge_refused", 409),
        ("p_1", "p_3", "profile.merge_refused", 409),
        ("a_2", "p_1", "profile.merge_refused", 409),
    ],
)
def test_what_cannot_be_merged_is_refused(
    store: Store, keep: str, absorb: str, code: str, status: int
) -> None:
    with pytest.raises(InputError) as refused, store.transaction() as tx:
        merge_profiles(tx, keep=keep, absorb=absorb, operator="eva", now_ms=7)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_what_is_not_merged_cannot_be_unmerged(store: Store) -> None:
    with pytest.raises(InputError) as refused, store.transaction() as tx:
        unmerge_profile(tx, profile_id="p_1", now_ms=9)
    assert (refused.value.code, refused.value.status) == ("profile.unknown", 404)
