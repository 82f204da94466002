from hypothesis import given
from hypothesis import strategies as st

from heliograph.profiles.attributes import join, winner
from heliograph.storage.profiles import AttributeValue

values = st.builds(
    AttributeValue,
    value=st.none()
    | st.booleans()
    | st.integers(0, 2)
    | st.sampled_from(["a", "b"])
    | st.just([1]),
    at=st.integers(0, 3),
    event_id=st.sampled_from(["e1", "e2"]),
    source_id=st.sampled_from(["s1", "s2"]),
    known=st.booleans(),
)
attributes = st.dictionaries(st.sampled_from(["x", "y", "z"]), values)


@given(attributes, attributes)
def test_join_is_commutative(a: dict[str, AttributeValue], b: dict[str, AttributeValue]) -> None:
    assert repr(join(a, b)) == repr(join(b, a))


@given(attributes, attributes, attributes)
def test_join_is_associative(
    a: dict[str, AttributeValue], b: dict[str, AttributeValue], c: dict[str, AttributeValue]
) -> None:
    assert repr(join(join(a, b), c)) == repr(join(a, join(b, c)))


@given(attributes)
def test_join_is_idempotent_and_sorted(a: dict[str, AttributeValue]) -> None:
    assert join(a, a) == a
    assert list(join(a, {})) == sorted(a)


@given(values, values)
def test_a_known_value_wins_then_the_later_one(a: AttributeValue, b: AttributeValue) -> None:
    kept = winner(a, b)
    assert kept in (a, b)
    if a.known != b.known:
        assert kept.known
    elif a.at != b.at:
        assert kept.at == max(a.at, b.at)


def test_a_corrected_event_wins_where_the_one_it_replaced_won() -> None:
    """Generations do not change which of two events of one moment counts."""

    def value(event_id: str) -> AttributeValue:
        return AttributeValue(value=event_id, at=1, event_id=event_id, source_id="s", known=True)

    assert winner(value("evt_a-1~2"), value("evt_a-10")).event_id == "evt_a-10"
    assert winner(value("evt_a-1"), value("evt_a-10")).event_id == "evt_a-10"
    assert winner(value("evt_a-1~3"), value("evt_a-1~2")).event_id == "evt_a-1~3"
