import pytest

from heliograph.errors import InvariantBroken
from heliograph.model.identity import IdentityKind
from heliograph.profiles.fold import fold
from heliograph.storage.profiles import AttributeValue, ProfileRecord


def record(
    profile_id: str,
    kind: IdentityKind,
    value: str,
    *,
    workspace: str = "w",
    **attributes: AttributeValue,
) -> ProfileRecord:
    return ProfileRecord(
        profile_id=profile_id,
        workspace=workspace,
        kind=kind,
        value=value,
        first_seen=int(value[-1]),
        last_seen=int(value[-1]) * 100,
        events=2,
        attributes=attributes,
    )


def value(of: str, *, at: int, known: bool) -> AttributeValue:
    return AttributeValue(value=of, at=at, event_id="e", source_id="s", known=known)


def test_a_person_is_the_sum_of_its_identifiers() -> None:
    person = fold(
        "p_c",
        [
            record("p_b", "anonymous", "cookie2", name=value("late", at=9, known=False)),
            record("p_a", "anonymous", "cookie1", city=value("Brno", at=1, known=False)),
            record("p_c", "customer", "ada3", name=value("Ada", at=5, known=True)),
        ],
    )
    assert (person.profile_id, person.customer_id) == ("p_c", "ada3")
    assert person.anonymous_ids == ("cookie1", "cookie2")
    assert person.traits == {"city": "Brno", "name": "Ada"}
    assert (person.first_seen, person.last_seen, person.events) == (1, 300, 6)


def test_an_anonymous_person_has_no_customer_id() -> None:
    assert fold("p_a", [record("p_a", "anonymous", "cookie1")]).customer_id is None


def test_the_canonical_customer_is_the_person_and_the_others_are_listed() -> None:
    person = fold("p_c", [record("p_a", "customer", "a1"), record("p_c", "customer", "z9")])
    assert (person.customer_id, person.other_customer_ids) == ("z9", ("a1",))


def test_no_records_or_two_workspaces_are_our_mistake() -> None:
    with pytest.raises(InvariantBroken):
        fold("p_a", [])
    with pytest.raises(InvariantBroken):
        fold(
            "p_a",
            [
                record("p_a", "customer", "a1"),
                record("p_b", "customer", "b1", workspace="v"),
            ],
        )
