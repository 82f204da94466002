"""Of several people in a payload only the identified one's data goes to the profile."""

import pytest

from heliograph.mapping.infer import Choice, Proposal, Sample, infer_mapper
from heliograph.model.json import Json, JsonObject


def propose(*payloads: Json) -> Proposal:
    return infer_mapper([Sample(payload=each) for each in payloads], partner="x")


def group(proposal: Proposal, name: str) -> JsonObject:
    mappings = proposal.document["mappings"]
    assert isinstance(mappings, dict)
    found = mappings.get(name, {})
    assert isinstance(found, dict)
    return found


def traits(*payloads: Json) -> JsonObject:
    return group(propose(*payloads), "user_attributes")


def choice(proposal: Proposal, field: str) -> Choice:
    return next(each for each in proposal.choices if each.field == field)


BILLING: JsonObject = {
    "first_name": "Steve",
    "last_name": "Ship",
    "address1": "12 Shore Rd",
    "city": "Utica",
    "state": "NY",
    "zip": "13501",
    "country": "US",
    "phone": "+13155550142",
}
SHIPPING: JsonObject = {**BILLING, "first_name": "Sue", "phone": "+13155550143"}
CUSTOMER: JsonObject = {
    "id": 207119551,
    "email": "john@example.com",
    "first_name": "John",
    "last_name": "Norm",
    "state": "enabled",
    "default_address": {"city": "Ottawa", "country": "Canada", "zip": "K2P0V6"},
}
ORDER: JsonObject = {
    "id": 820982911,
    "contact_email": "jon@example.com",
    "email": "jon@example.com",
    "created_at": "2024-05-02T09:12:44-04:00",
    "currency": "USD",
    "total_price": "398.00",
    "billing_address": BILLING,
    "shipping_address": SHIPPING,
    "customer": CUSTOMER,
}

ISSUE: JsonObject = {
    "action": "opened",
    "issue": {
        "id": 444500041,
        "number": 1,
        "title": "Spelling of the README",
        "state": "open",
        "created_at": "2024-05-15T15:20:18Z",
        "updated_at": "2024-05-15T15:20:18Z",
        "user": {"login": "Coder", "id": 21031067, "type": "User", "email": "c@example.com"},
        "assignee": {"login": "Other", "id": 3, "email": "o@example.com"},
    },
    "repository": {
        "id": 186853002,
        "name": "Hello",
        "language": "Rust",
        "owner": {"login": "Org", "id": 5, "email": "org@example.com"},
    },
    "sender": {"login": "Sender", "id": 88, "type": "User"},
}


class TestAnOrderOfOnePaidByAnother:
    """As Shopify sends them, written anew."""

    def test_the_customers_own_values_are_taken(self) -> None:
        proposal = propose(ORDER)
        found = group(proposal, "user_attributes")
        assert found["u_fn"] == "$.customer.first_name"
        assert found["u_ln"] == "$.customer.last_name"
        assert found["u_em"] == "$.customer.email"
        assert choice(proposal, "customer_id").value == "$.customer.id"
        email = choice(proposal, "user_attributes.u_em")
        assert 0.7 <= email.confidence < 0.95
        assert "$.email" in email.evidence

    def test_nothing_of_the_addresses_is_in_the_profile(self) -> None:
        proposal = propose(ORDER)
        user, attr = (group(proposal, each) for each in ("user_attributes", "attr"))
        assert not [each for each in user.values() if "ing_address" in str(each)]
        assert attr["billing_address_first_name"] == "$.billing_address.first_name"
        assert attr["shipping_address_first_name"] == "$.shipping_address.first_name"

    def test_a_telephone_number_of_others_only_is_left_out_and_said(self) -> None:
        proposal = propose(ORDER)
        assert "u_mb" not in group(proposal, "user_attributes")
        left = choice(proposal, "user_attributes.u_mb")
        assert (left.value, left.confidence < 0.5) == (None, True)
        assert "left out" in left.evidence
        assert "$.billing_address.phone" in left.evidence

    def test_without_a_customers_address_only_a_plain_one_is_near(self) -> None:
        customer = {key: value for key, value in CUSTOMER.items() if key != "email"}
        near = propose({**ORDER, "customer": customer})
        assert group(near, "user_attributes")["u_em"] == "$.email"
        assert choice(near, "user_attributes.u_em").confidence <= 0.7
        only_contact = {key: value for key, value in ORDER.items() if key != "email"}
        assert "u_em" not in traits({**only_contact, "customer": customer})

    def test_a_state_of_the_customer_is_theirs_and_no_place(self) -> None:
        assert traits(ORDER)["state"] == "$.customer.state"


class TestAFlatIdAndABill:
    """As WooCommerce sends them, written anew."""

    def test_the_bill_is_taken_with_doubt_when_nobody_else_is_named(self) -> None:
        proposal = propose({"customer_id": 26, "total": "9", "billing": BILLING})
        assert group(proposal, "user_attributes")["u_fn"] == "$.billing.first_name"
        assert choice(proposal, "user_attributes.u_fn").confidence < 0.7

    def test_but_not_when_the_parcel_goes_to_somebody_else(self) -> None:
        payload: JsonObject = {"customer_id": 26, "billing": BILLING, "shipping": SHIPPING}
        found = traits({**payload, "total": "9"})
        assert "u_fn" not in found
        assert found["u_ln"] == "$.billing.last_name"


class TestAnIssueThatSomebodyElseOpened:
    """As GitHub sends them, written anew."""

    def test_only_the_sender_is_in_the_profile(self) -> None:
        proposal = propose(ISSUE)
        assert choice(proposal, "customer_id").value == "$.sender.id"
        paths = group(proposal, "user_attributes").values()
        assert all(str(each).startswith("$.sender.") for each in paths)
        assert "$.sender.login" in paths
        assert choice(proposal, "user_attributes.u_em").value is None

    def test_the_others_are_told_apart_in_the_event(self) -> None:
        attr = group(propose(ISSUE), "attr")
        assert attr["state"] == "$.issue.state"
        assert attr["user_login"] == "$.issue.user.login"
        assert attr["assignee_login"] == "$.issue.assignee.login"
        assert attr["owner_login"] == "$.repository.owner.login"
        assert attr["repository_language"] == "$.repository.language"

    def test_equal_values_in_the_samples_prove_nothing(self) -> None:
        same: JsonObject = {"login": "Sender", "id": 88, "email": "s@example.com"}
        found = traits({"action": "opened", "issue": {"user": same}, "sender": {"id": 88}})
        assert found == {}


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"user_id": "u1", "user": {"email": "a@x.com"}}, "$.user.email"),
        ({"user_id": "u1", "user": {"id": "u2", "email": "a@x.com"}}, None),
        ({"user_id": "u1", "context": {"traits": {"email": "a@x.com"}}}, "$.context.traits.email"),
        ({"user_id": "u1", "profile": {"email": "a@x.com"}}, "$.profile.email"),
        ({"user_id": "u1", "author": {"email": "a@x.com"}}, None),
        ({"user_id": "u1", "created_by": {"email": "a@x.com"}}, None),
        ({"user_id": "u1", "company": {"email": "a@x.com"}}, None),
        ({"user_id": "u1", "agent_email": "a@x.com"}, None),
        ({"user_id": "u1", "recipient_email": "a@x.com"}, None),
        ({"user_id": "u1", "contact_email": "a@x.com"}, "$.contact_email"),
        ({"user": {"id": "u1"}, "order": {"email": "a@x.com"}}, None),
        ({"user": {"id": "u1"}, "data": {"email": "a@x.com"}}, "$.data.email"),
        ({"user": {"id": "u1", "info": {"email": "a@x.com"}}}, "$.user.info.email"),
        (
            {"attendee": {"id": "a1", "profile": {"email": "a@x.com"}}, "buyer": {"email": "b@x"}},
            "$.attendee.profile.email",
        ),
        ({"attendee": {"id": "a1", "guest": {"email": "a@x.com"}}}, None),
        ({"customer": "c1", "customer_details": {"email": "a@x.com"}}, "$.customer_details.email"),
        ({"customer_id": "c1", "owner": {"properties": {"email": "a@x.com"}}}, None),
    ],
)
def test_an_address_is_taken_from_places_of_the_person_only(
    payload: JsonObject, path: str | None
) -> None:
    assert traits({"event": "A b", **payload}).get("u_em") == path


def test_two_doubtful_places_that_differ_are_both_left_out() -> None:
    payload: JsonObject = {"user_id": "u", "event": "A b", "one": {"first_name": "A"}}
    assert traits(payload)["u_fn"] == "$.one.first_name"
    proposal = propose({**payload, "two": {"first_name": "B"}})
    assert "u_fn" not in group(proposal, "user_attributes")
    evidence = choice(proposal, "user_attributes.u_fn").evidence
    assert "$.one.first_name or $.two.first_name" in evidence


def test_who_looks_after_a_person_is_told_of_them() -> None:
    customer: JsonObject = {"id": "c1", "owner_id": "o1", "recipient_email": "r@x.com"}
    proposal = propose({"type": "customer.updated", "customer": customer})
    assert group(proposal, "user_attributes") == {"owner_id": "$.customer.owner_id"}


def test_free_keys_of_another_person_are_not_copied_whole() -> None:
    payload: JsonObject = {
        "user_id": "u",
        "event": "A b",
        "assignee": {"attributes": {"plan": "x"}},
    }
    proposal = propose(payload)
    assert "create_all" not in group(proposal, "attr")
    assert group(proposal, "user_attributes") == {}


def test_a_profile_keeps_no_data_of_others() -> None:
    payload: JsonObject = {
        "type": "customer.updated",
        "customer": {"id": "c1", "plan": "pro"},
        "referrer": {"first_name": "Ann", "plan": "free"},
    }
    proposal = propose(payload)
    assert group(proposal, "user_attributes") == {"plan": "$.customer.plan"}
    assert "referrer" in choice(proposal, "user_attributes.first_name").evidence


@pytest.mark.parametrize(
    ("beside", "is_place"), [({"city": "Utica"}, True), ({"zip": "1"}, True), ({"x": 1}, False)]
)
def test_a_state_is_a_place_only_beside_one(beside: JsonObject, is_place: bool) -> None:
    payload: JsonObject = {"user_id": "u", "event": "A b", "address": {"state": "NY", **beside}}
    assert ("state" in traits(payload)) is is_place
