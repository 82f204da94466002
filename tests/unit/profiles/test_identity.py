import pytest

from heliograph.model.event import Event
from heliograph.model.identity import first_profile_id
from heliograph.profiles.identity import identifiers, resolve

CUSTOMER = first_profile_id("w", "customer", "ada")
ANONYMOUS = first_profile_id("w", "anonymous", "cookie")


def event(customer_id: str | None = None, anonymous_id: str | None = None) -> Event:
    return Event(
        type="track",
        event_id="evt_1",
        workspace="w",
        source_id="crm",
        request_id="req_1",
        item_index=0,
        timestamp=1,
        received_at=2,
        customer_id=customer_id,
        anonymous_id=anonymous_id,
    )


def test_a_customer_id_names_the_person() -> None:
    decision = resolve(event("ada"), canonical={}, unmerged=set())
    assert decision.identifier is not None
    assert (decision.identifier.profile_id, decision.identifier.kind) == (CUSTOMER, "customer")
    assert decision.merge_into is None


def test_an_anonymous_id_names_the_person_when_there_is_no_customer() -> None:
    decision = resolve(event(anonymous_id="cookie"), canonical={}, unmerged=set())
    assert decision.identifier is not None
    assert (decision.identifier.profile_id, decision.identifier.kind) == (ANONYMOUS, "anonymous")


NOBODY = ["NULL", " Guest ", "Unknown", "0", "{{user.id}}", "00000000-0000-0000-0000-000000000000"]


@pytest.mark.parametrize("value", NOBODY)
def test_a_blocked_value_is_no_customer(value: str) -> None:
    assert identifiers(event(value))[0] is None
    decision = resolve(event(value, "cookie"), canonical={}, unmerged=set())
    assert decision.identifier is not None
    assert decision.identifier.profile_id == ANONYMOUS
    assert decision.merge_into is None


@pytest.mark.parametrize("value", NOBODY)
def test_a_blocked_anonymous_id_merges_nobody(value: str) -> None:
    assert identifiers(event("ada", value))[1] is None
    decision = resolve(event("ada", value), canonical={}, unmerged=set())
    assert decision.identifier is not None
    assert decision.identifier.profile_id == CUSTOMER
    assert (decision.anonymous, decision.merge_into) == (None, None)
    assert resolve(event(anonymous_id=value), canonical={}, unmerged=set()).identifier is None


@pytest.mark.parametrize("value", ["1", "2"])
def test_a_short_number_is_a_customer(value: str) -> None:
    assert identifiers(event(value))[0] is not None


def test_an_event_without_usable_ids_is_about_nobody() -> None:
    assert resolve(event("guest"), canonical={}, unmerged=set()).identifier is None
    assert resolve(event("", ""), canonical={}, unmerged=set()).identifier is None


def test_the_anonymous_id_of_a_login_is_merged_into_the_customer() -> None:
    decision = resolve(event("ada", "cookie"), canonical={}, unmerged=set())
    assert decision.identifier is not None
    assert decision.identifier.profile_id == CUSTOMER
    assert decision.anonymous is not None
    assert (decision.anonymous.profile_id, decision.merge_into) == (ANONYMOUS, CUSTOMER)


def test_the_merge_goes_to_the_person_the_customer_was_merged_into() -> None:
    decision = resolve(event("ada", "cookie"), canonical={CUSTOMER: "p_kept"}, unmerged=set())
    assert decision.merge_into == "p_kept"


def test_a_second_login_of_the_same_customer_merges_nothing() -> None:
    decision = resolve(event("ada", "cookie"), canonical={ANONYMOUS: CUSTOMER}, unmerged=set())
    assert (decision.merge_into, decision.refusal) == (None, None)


def test_a_shared_device_stays_with_its_first_customer() -> None:
    decision = resolve(event("ada", "cookie"), canonical={ANONYMOUS: "p_other"}, unmerged=set())
    assert (decision.merge_into, decision.refusal) == (None, "belongs_to_another")
    assert decision.identifier is not None
    assert decision.identifier.profile_id == CUSTOMER


def test_what_an_operator_unmerged_is_not_merged_again() -> None:
    decision = resolve(event("ada", "cookie"), canonical={}, unmerged={ANONYMOUS})
    assert (decision.merge_into, decision.refusal) == (None, "unmerged_by_operator")


def test_customer_and_anonymous_ids_of_one_value_are_two_identifiers() -> None:
    customer, anonymous = identifiers(event("same", "same"))
    assert customer is not None
    assert anonymous is not None
    assert customer.profile_id != anonymous.profile_id
