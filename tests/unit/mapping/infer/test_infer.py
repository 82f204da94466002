"""A proposed mapper finds who, what and when, and passes on its own samples."""

import pytest

from heliograph.errors import ConfigError
from heliograph.mapping import compile_mapper
from heliograph.mapping.infer import Proposal, Sample, infer_mapper
from heliograph.mapping.lint.check import lint
from heliograph.model.json import Json, JsonObject


def propose(*payloads: Json, **headers: str) -> Proposal:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return infer_mapper([Sample(payload=each, headers=named) for each in payloads], partner="shop")


def mappings(proposal: Proposal) -> JsonObject:
    found = proposal.document["mappings"]
    assert isinstance(found, dict)
    return found


CONTACT: JsonObject = {
    "email": "john@example.com",
    "first_name": "John",
    "last_name": "Doe",
    "phone": "+14155551234",
    "form_name": "Contact Us",
    "submitted_at": 1704067200000,
    "utm_source": "google",
}


def test_a_contact_form_gives_the_mapper_of_the_manual() -> None:
    """The first worked example of Connected Sources (copy of mid-2026)."""
    proposal = propose(CONTACT)
    assert proposal.document == {
        "partner_name": "shop",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$.email",
            "event_name": "Form Submitted",
            "user_time": "$.submitted_at",
            "platform": "web",
            "app_version": "1.0.0",
            "attr": {"form_name": "$.form_name", "utm_source": "$.utm_source"},
            "user_attributes": {
                "u_em": "$.email",
                "u_fn": "$.first_name",
                "u_ln": "$.last_name",
                "u_mb": "$.phone",
            },
        },
        "batching": False,
        "payload_validations": {"$.email": "string"},
    }
    assert (proposal.items, proposal.accepted) == (1, 1)


def test_every_choice_has_confidence_and_evidence() -> None:
    choices = {each.field: each for each in propose(CONTACT).choices}
    assert {"customer_id", "event_name", "user_time", "batching", "attr.form_name"} <= set(choices)
    assert all(0 <= each.confidence <= 1 and each.evidence for each in choices.values())
    assert choices["user_time"].confidence > choices["event_name"].confidence
    assert "epoch milliseconds" in choices["user_time"].evidence


class TestBatches:
    def test_an_array_of_people_is_a_batch(self) -> None:
        orders: Json = [
            {"order_id": "O-1", "customer_email": "a@x.com", "order_date": 1704067200000},
            {"order_id": "O-2", "customer_email": "b@x.com", "order_date": 1704070800000},
        ]
        proposal = propose({"shop": "s1", "orders": orders})
        found = mappings(proposal)
        assert proposal.document["batching"] is True
        assert found["customer_id"] == "$.orders[*].customer_email"
        assert found["user_time"] == "$.orders[*].order_date"
        assert found["event_name"] == "Order Received"
        assert found["attr"] == {"shop": "$.shop", "order_id": "$.orders[*].order_id"}
        assert (proposal.items, proposal.accepted) == (2, 2)

    def test_a_root_array_too(self) -> None:
        found = mappings(propose([{"userId": "u1", "event": "A"}, {"userId": "u2", "event": "B"}]))
        assert (found["customer_id"], found["event_name"]) == ("$[*].userId", "$[*].event")

    def test_line_items_of_one_persons_order_are_none(self) -> None:
        order: Json = {
            "customer": {"id": 5551, "email": "a@x.com"},
            "order_number": 3,
            "created_at": "2024-01-01T00:00:00Z",
            "line_items": [{"id": 1, "user_id": "x", "sku": "A"}, {"id": 2, "sku": "B"}],
        }
        proposal = propose(order)
        found = mappings(proposal)
        assert proposal.document["batching"] is False
        assert found["customer_id"] == "$.customer.id"
        assert isinstance(found["attr"], dict)
        assert found["attr"]["line_items"] == "$.line_items"

    def test_answers_of_several_kinds_are_reached_by_a_filter(self) -> None:
        answers: Json = [
            {"type": "text", "text": "hi"},
            {"type": "number", "number": 3},
            {"type": "email", "email": "a@x.com"},
        ]
        proposal = propose({"submitted_at": "2024-01-01T10:00:00Z", "answers": answers})
        assert mappings(proposal)["customer_id"] == "$.answers[?@.type=='email'].email"


class TestIdentity:
    @pytest.mark.parametrize(
        ("payload", "path"),
        [
            ({"customer_id": "C-1", "email": "a@x.com"}, "$.customer_id"),
            ({"userId": 77, "email": "a@x.com"}, "$.userId"),
            ({"user": {"id": "u1"}, "order": {"id": "o1"}}, "$.user.id"),
            ({"order_id": "o1", "user_email": "a@x.com"}, "$.user_email"),
            ({"data": {"object": {"customer": "cus_1", "id": "in_1"}}}, "$.data.object.customer"),
            ({"data": {"item": {"type": "contact", "id": "7"}}}, "$.data.item.id"),
            ({"customer_id": 0, "billing": {"email": "a@x.com"}}, "$.billing.email"),
            ({"customer_id": "guest", "email": "a@x.com"}, "$.email"),
            ({"id": 4, "email": "a@x.com", "first_name": "A"}, "$.id"),
            ({"id": 4, "email": "a@x.com", "first_name": "A", "price": "1"}, "$.email"),
            ({"message_id": "m", "phone": "+15558675310"}, "$.phone"),
            ({"email": "no address", "user_name": "zoe"}, "$.user_name"),
            ({"é è": {"user_id": "u"}}, "$['é è'].user_id"),
        ],
    )
    def test_is_the_best_of_what_there_is(self, payload: Json, path: str) -> None:
        assert mappings(propose(payload))["customer_id"] == path

    def test_browsing_before_the_login_is_anonymous(self) -> None:
        browsing: JsonObject = {
            "session_id": "anon_abc",
            "event": "Product Viewed",
            "timestamp": 1704067200000,
        }
        found = mappings(propose(browsing))
        assert found["anon_id"] == "$.session_id"
        assert "customer_id" not in found
        both = mappings(propose(browsing, {**browsing, "customer_id": "C-1"}))
        assert (both["anon_id"], both["customer_id"]) == ("$.session_id", "$.customer_id")

    @pytest.mark.parametrize(
        "payload", [{}, [], {"order_id": "x"}, {"email": None}, {"user_id": ""}]
    )
    def test_nobody_is_an_error_that_lists_what_there_is(self, payload: Json) -> None:
        with pytest.raises(ConfigError) as caught:
            propose(payload)
        assert caught.value.code == "mapper.invalid"
        assert caught.value.hint


class TestTime:
    @pytest.mark.parametrize(
        ("payload", "path", "pattern"),
        [
            ({"timestamp": 1704067200}, "$.timestamp", None),
            ({"timestamp": "1704067200000"}, "$.timestamp", None),
            ({"occurredAt": "2024-01-01T00:00:00.123+05:30"}, "$.occurredAt", None),
            ({"created": "Fri, 25 Oct 2024 14:30:00 +0000"}, "$.created", None),
            ({"date": "25/10/2024 14:30:00"}, "$.date", "dd/MM/yyyy HH:mm:ss"),
            ({"date": "05-11-2024 14:30:00"}, "$.date", "dd-MM-yyyy HH:mm:ss"),
            ({"event_time": 1, "updated_at": "2024-01-01"}, "$.updated_at", None),
            ({"starts_at": "2030-01-01T00:00:00Z", "birthday": "1990-01-01"}, "$receivedAt", None),
            ({"date": "10/25/2024"}, "$receivedAt", None),
            (
                {"date_created": "2024-01-01T01:00:00", "date_created_gmt": "2024-01-01T00:00:00"},
                "$.date_created_gmt",
                None,
            ),
        ],
    )
    def test_is_found_with_its_form(
        self, payload: JsonObject, path: str, pattern: str | None
    ) -> None:
        found = mappings(propose({"user_id": "u1", "event": "A b", **payload}))
        assert found["user_time"] == path
        formats: JsonObject | None = {"user_time": pattern} if pattern else None
        assert found.get("formats") == formats

    @pytest.mark.parametrize(
        ("date", "time", "pattern"),
        [
            ("2024-10-25", "14:30:00", "yyyy-MM-dd HH:mm:ss"),
            ("25/10/2024", "14:30", "dd/MM/yyyy HH:mm"),
        ],
    )
    def test_date_and_time_apart_are_merged(self, date: str, time: str, pattern: str) -> None:
        found = mappings(
            propose({"user_id": "u1", "date_registered": date, "time_registered": time})
        )
        assert found["user_time"] == "#MERGE"
        assert found["#MERGE"] == {
            "user_time": {"date": "$.date_registered", "time": "$.time_registered"}
        }
        assert found["formats"] == {"user_time": pattern}

    def test_an_ambiguous_day_is_settled_by_another_sample(self) -> None:
        first: JsonObject = {"user_id": "u1", "event": "A b", "date": "05/11/2024 10:00:00"}
        second: JsonObject = {**first, "date": "25/11/2024 10:00:00"}
        assert mappings(propose(first, second))["formats"] == {"user_time": "dd/MM/yyyy HH:mm:ss"}


class TestKind:
    def test_a_profile_without_anything_that_happened_is_for_users(self) -> None:
        profile: JsonObject = {
            "email": "sarah@example.com",
            "first_name": "Sarah",
            "subscription_tier": "Premium",
            "account_status": "Active",
        }
        proposal = propose(profile)
        assert proposal.document["mapping_type"] == "users"
        assert mappings(proposal) == {
            "customer_id": "$.email",
            "user_attributes": {
                "u_em": "$.email",
                "u_fn": "$.first_name",
                "subscription_tier": "$.subscription_tier",
                "account_status": "$.account_status",
            },
        }

    @pytest.mark.parametrize(
        ("topic", "kind"),
        [
            ("customer.updated", "users"),
            ("contact.user.created", "users"),
            ("customers/update", "users"),
            ("user.email.changed", "users"),
            ("identify", "users"),
            ("customer.subscription.updated", "events"),
            ("zen:event-type:user.created", "users"),
            ("conversation.user.created", "events"),
            ("invitee.created", "events"),
            ("attendee.updated", "events"),
            ("subscriber.created", "events"),
            ("lead.created", "events"),
            ("registrant.created", "events"),
            ("invoice.paid", "events"),
            ("contact.signed_up", "events"),
        ],
    )
    def test_the_topic_decides(self, topic: str, kind: str) -> None:
        payload: JsonObject = {"user_id": "u1", "type": topic, "created": 1704067200}
        assert propose(payload).document["mapping_type"] == kind

    def test_somebody_invited_is_an_event_and_not_a_trait(self) -> None:
        small: JsonObject = {
            "event": "invitee.created",
            "created_at": "2024-05-15T15:20:18Z",
            "email": "t@example.com",
        }
        for proposal in (propose(small), propose(small, {**small, "event": "invitee.canceled"})):
            assert proposal.document["mapping_type"] == "events"
            assert mappings(proposal)["event_name"] == "$.event"
            assert "event" not in repr(mappings(proposal).get("user_attributes"))

    def test_a_booking_is_an_event_with_one_sample_too(self) -> None:
        """As Calendly sends them, written anew."""
        booking: JsonObject = {
            "event": "invitee.created",
            "created_at": "2024-05-15T15:20:18.000000Z",
            "created_by": "https://api.example.com/users/AA",
            "payload": {
                "email": "tess@example.com",
                "name": "Tess Ter",
                "status": "active",
                "timezone": "Europe/Vienna",
                "scheduled_event": {
                    "name": "Consultation",
                    "start_time": "2024-06-01T10:00:00Z",
                    "event_memberships": [{"user_email": "host@example.com"}],
                },
                "tracking": {"utm_source": "mail"},
            },
        }
        proposal = propose(booking)
        found = mappings(proposal)
        assert proposal.document["mapping_type"] == "events"
        assert found["event_name"] == "$.event"
        assert found["customer_id"] == "$.payload.email"
        assert found["user_time"] == "$.created_at"
        assert isinstance(found["user_attributes"], dict)
        assert found["user_attributes"]["u_em"] == "$.payload.email"

    @pytest.mark.parametrize("name", ["ev", "zz"])
    def test_a_batch_of_people_with_times_is_of_events(self, name: str) -> None:
        batch: Json = [
            {"user": {"id": "u1"}, name: "a", "ts": 1704067200123},
            {"user": {"id": "u2"}, name: "b", "ts": 1704067200456},
        ]
        proposal = propose({"data": {"d": batch}})
        assert proposal.document["mapping_type"] == "events"
        assert proposal.document["batching"] is True
        assert mappings(proposal)["user_time"] == "$.data.d[*].ts"
        assert (mappings(proposal)["event_name"] == "$.data.d[*].ev") is (name == "ev")

    def test_a_change_of_a_profile_keeps_no_topic_as_a_trait(self) -> None:
        proposal = propose({"type": "customer.updated", "customer": {"id": "c1", "plan": "pro"}})
        assert mappings(proposal)["user_attributes"] == {"plan": "$.customer.plan"}

    @pytest.mark.parametrize(
        ("payload", "value", "evidence"),
        [
            ({"type": "customer.updated"}, "users", "$.type names a change of a person's record"),
            ({"event": "A b"}, "events", "$.event names what happened"),
            ({"submitted_at": 1704067200000}, "events", "$.submitted_at"),
            ({"order_total": 3}, "events", "order, total"),
            ({"plan": "x"}, "users", "no field names an event"),
        ],
    )
    def test_is_a_choice_with_its_evidence(
        self, payload: JsonObject, value: str, evidence: str
    ) -> None:
        kind = propose({"user_id": "u1", **payload}).choices[0]
        assert (kind.field, kind.value) == ("mapping_type", value)
        assert evidence in kind.evidence
        assert 0.5 < kind.confidence < 1

    def test_the_topic_may_stand_in_a_header(self) -> None:
        proposal = propose({"user_id": "u1"}, X_Shop_Topic="orders/create")
        assert mappings(proposal)["event_name"] == "$headers.x-shop-topic"


class TestAttributes:
    def test_objects_of_free_keys_are_copied_whole(self) -> None:
        proposal = propose(
            {
                "customer_id": "C",
                "event_name": "Deal Advanced",
                "user_attributes": {"region": "EMEA"},
                "event_attributes": {"modified_time": "26-10-2024 09:15:00", "deal_value": 5},
            }
        )
        found = mappings(proposal)
        assert found["attr"] == {"create_all": "$.event_attributes"}
        assert found["user_attributes"] == {"create_all": "$.user_attributes"}
        assert found["user_time"] == "$.event_attributes.modified_time"
        assert found["formats"] == {"user_time": "dd-MM-yyyy HH:mm:ss"}

    def test_standard_attributes_need_fitting_values(self) -> None:
        found = mappings(
            propose(
                {
                    "customer_id": "C",
                    "phone": "unknown",
                    "gender": "f",
                    "birthday": "1990-06-15",
                    "customer": {"name": "Zoë Ö"},
                    "product": {"name": "Shoe"},
                }
            )
        )
        traits = found["user_attributes"]
        assert isinstance(traits, dict)
        assert "u_mb" not in traits
        assert traits["u_gd"] == "$.gender"
        assert traits["u_bd"] == "$.birthday"
        assert traits["u_n"] == "$.customer.name"

    def test_credentials_are_left_out(self) -> None:
        document = propose(
            {"user_id": "u", "api_token": "t", "password": "p", "plan": "x"}
        ).document
        assert "token" not in repr(document)
        assert "password" not in repr(document)

    def test_places_with_the_same_last_name_get_different_ones(self) -> None:
        found = mappings(
            propose(
                {"user_id": "u", "event": "A b", "plan": {"name": "P1"}, "shop": {"name": "S1"}}
            )
        )
        attr = found["attr"]
        assert isinstance(attr, dict)
        assert sorted(map(str, attr.values())) == ["$.plan.name", "$.shop.name"]

    def test_the_proposal_is_sound(self) -> None:
        proposal = propose(CONTACT)
        assert [
            each for each in lint(proposal.document, [CONTACT]) if each.severity == "warning"
        ] == []

    def test_a_field_that_changes_its_type_is_not_validated(self) -> None:
        proposal = propose({"user_id": "u1", "event": "A b"}, {"user_id": 5, "event": "A b"})
        assert proposal.document["payload_validations"] == {"$.event": "string"}
        assert proposal.accepted == 2


@pytest.mark.parametrize("count", [0, 21])
def test_only_so_many_samples_are_taken(count: int) -> None:
    with pytest.raises(ConfigError, match="one to twenty"):
        infer_mapper([Sample(payload=CONTACT)] * count)


def test_the_same_samples_give_the_same_proposal() -> None:
    assert propose(CONTACT, CONTACT) == propose(CONTACT, CONTACT)


def test_every_proposal_compiles() -> None:
    compile_mapper(propose(CONTACT, {"email": "x@y.z"}).document)


class TestOtherPlatforms:
    """Payloads as their platforms document them (mid-2026), written anew."""

    def test_names_in_brackets_of_a_form_are_names(self) -> None:
        """Mailchimp posts nested names flat; its `type` says in one word what happened."""
        found = mappings(
            propose(
                {
                    "type": "subscribe",
                    "fired_at": "2024-10-25 14:30:00",
                    "data[id]": "8a25ff1d98",
                    "data[list_id]": "a6b5da1054",
                    "data[email]": "ann@example.com",
                    "data[merges][FNAME]": "Ann",
                    "data[merges][LNAME]": "Lee",
                }
            )
        )
        assert found["event_name"] == "$.type"
        assert found["user_time"] == "$.fired_at"
        assert found["user_attributes"] == {
            "u_em": "$['data[email]']",
            "u_fn": "$['data[merges][FNAME]']",
            "u_ln": "$['data[merges][LNAME]']",
        }
        assert isinstance(found["attr"], dict)
        assert found["attr"]["list_id"] == "$['data[list_id]']"

    def test_a_contact_that_is_a_telephone_number_is_one(self) -> None:
        payment: JsonObject = {
            "id": "pay_D1",
            "amount": 100,
            "email": "ann@example.com",
            "contact": "+919876543210",
        }
        found = mappings(
            propose(
                {
                    "event": "payment.captured",
                    "payload": {"payment": {"entity": payment}},
                    "created_at": 1567674606,
                }
            )
        )
        assert found["customer_id"] == "$.payload.payment.entity.email"
        assert isinstance(found["user_attributes"], dict)
        assert found["user_attributes"]["u_mb"] == "$.payload.payment.entity.contact"

    def test_a_person_named_within_a_thing_is_a_person(self) -> None:
        found = mappings(
            propose(
                {
                    "freshdesk_webhook": {
                        "ticket_id": "42",
                        "ticket_status": "Open",
                        "ticket_requester_email": "ann@example.com",
                        "ticket_requester_name": "Ann Lee",
                        "ticket_created_at": "2024-10-25 14:30:00 UTC",
                    }
                }
            )
        )
        place = "$.freshdesk_webhook.ticket_requester"
        assert found["customer_id"] == f"{place}_email"
        assert found["user_attributes"] == {"u_em": f"{place}_email", "u_n": f"{place}_name"}

    def test_a_mail_is_an_address_when_it_looks_like_one(self) -> None:
        orders: Json = [{"no": "A1", "buyer": {"mail": "a@ex.com"}, "total": 10.5}]
        proposal = propose({"orders": orders})
        assert mappings(proposal)["customer_id"] == "$.orders[*].buyer.mail"
        with pytest.raises(ConfigError, match="whom they are about"):
            propose({"orders": [{"no": "A1", "mail": "by post"}]})
