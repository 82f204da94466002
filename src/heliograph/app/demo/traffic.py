"""The traffic of the demo: what platforms send, with the mistakes they make. Pure, given a generator.

Payloads have the shape of the documented ones: contact form, bulk orders, webinar with split date and
time, CRM with dynamic fields (seed "Connected Sources"), Heap and Behamics webhooks (their seeds).
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random  # noqa: TID251 - the type only; the wiring makes it
from typing import Final

import msgspec

from heliograph.model.json import JsonObject

FIRST_NAMES: Final = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Katherine", "Linus", "Margaret")
LAST_NAMES: Final = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Johnson", "Hamilton")
PRODUCTS: Final = ("Wireless Headphones", "Trail Shoes", "Espresso Machine", "Rain Jacket")
PEOPLE: Final = 400
_TOO_LARGE: Final = 1_100_000


class Shot(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the demo."""

    label: str
    """What it is, for the view."""
    path: str
    body: bytes
    password: str | None = None
    """None: the right one."""


Maker = Callable[[Random, int], Shot]


def shots(random: Random, *, now_ms: Callable[[], int]) -> Iterator[Shot]:
    """Yield requests without end; about one in eight is a mistake of its sender."""
    makers, weights = zip(*_MIX, strict=True)
    while True:
        maker = random.choices(makers, weights)[0]
        yield maker(random, now_ms())


def one_of_each(random: Random, *, now_ms: int) -> list[Shot]:
    """Return one request of every kind, the good ones and the bad ones."""
    return [maker(random, now_ms) for maker, _ in _MIX]


def sample() -> Shot:
    """Return the contact form of the seed's first example, sent now by a person of its own."""
    return _form("Contact form", "john@example.com", "John", "Doe", at=None)


def _form(label: str, email: str | None, first: str, last: str, *, at: int | None) -> Shot:
    body: JsonObject = {
        "email": email,
        "first_name": first,
        "last_name": last,
        "phone": "+14155551234",
        "form_name": "Contact Us",
        "submitted_at": at or 1704067200000,
        "utm_source": "google",
    }
    if email is None:
        del body["email"]
    return _shot(label, "unbounce/events", "contact_form", body)


def _contact_form(random: Random, now: int) -> Shot:
    first, last, email = _person(random)
    return _form("Contact form", email, first, last, at=now)


def _form_without_email(random: Random, now: int) -> Shot:
    first, last, _ = _person(random)
    return _form("Form without email", None, first, last, at=now)


def _orders(random: Random, now: int) -> Shot:
    orders = [_order(random, now) for _ in range(random.randint(2, 5))]
    return _shot("Bulk orders", "custom-shop/events", "orders", {"orders": [*orders]})


def _orders_with_a_bad_one(random: Random, now: int) -> Shot:
    orders = [_order(random, now) for _ in range(3)]
    del orders[1]["customer_email"]
    return _shot("Orders, one bad", "custom-shop/events", "orders", {"orders": [*orders]})


def _order(random: Random, now: int) -> JsonObject:
    return {
        "order_id": f"ORD-{random.randint(1, 99_999):05}",
        "customer_email": _person(random)[2],
        "order_total": round(random.uniform(5, 400), 2),
        "currency": random.choice(("USD", "EUR")),
        "order_date": now - random.randint(0, 60_000),
    }


def _browsing(random: Random, now: int) -> Shot:
    session = f"anon_{random.randint(1, 120):03}"
    body: JsonObject = {
        "session_id": session,
        "event": "Product Viewed",
        "product_id": f"PROD-{random.randint(1, 40):03}",
        "product_name": random.choice(PRODUCTS),
        "timestamp": now,
    }
    return _shot("Anonymous view", "custom-shop/events", "browsing", body)


def _login(random: Random, now: int) -> Shot:
    number = random.randint(1, 120)
    body: JsonObject = {
        "session_id": f"anon_{number:03}",
        "user_id": f"visitor{number}@example.com",
        "event": "Logged In",
        "timestamp": now,
    }
    return _shot("Login", "custom-shop/events", "login", body)


def _webinar(random: Random, now: int) -> Shot:
    moment = datetime.fromtimestamp(now / 1000, UTC)
    body: JsonObject = {
        "user_email": _person(random)[2],
        "event_type": "Webinar Registration",
        "webinar_name": "Product Demo",
        "date_registered": f"{moment:%Y-%m-%d}",
        "time_registered": f"{moment:%H:%M:%S}",
    }
    return _shot("Webinar", "webinar-jam/events", "registration", body)


def _crm_contact(random: Random, now: int) -> Shot:
    first, last, email = _person(random)
    body: JsonObject = {
        "customer_id": email,
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": f"+1415555{random.randint(0, 9999):04}",
        "user_attributes": {
            "modified_time": _crm_time(now),
            "lead_score": random.randint(1, 100),
            "industry": random.choice(("Software", "Retail", "Travel")),
            "lifecycle_stage": random.choice(("MQL", "SQL", "Customer")),
        },
    }
    return _shot("CRM contact", "crm/users", "contacts", body)


def _crm_deal(random: Random, now: int, *, note: str | None = None) -> Shot:
    details: JsonObject = {
        "modified_time": _crm_time(now),
        "deal_value": random.randint(1, 90) * 1000,
        "previous_stage": "Demo",
        "new_stage": "Negotiation",
    }
    if note is not None:
        details["note"] = note
    body: JsonObject = {
        "customer_id": _person(random)[2],
        "event_name": "Deal Advanced",
        "user_attributes": {"account_manager": "Sarah Jenkins", "region": "EMEA"},
        "event_attributes": details,
    }
    return _shot("CRM deal", "crm/events", "deals", body)


def _crm_deal_with_long_note(random: Random, now: int) -> Shot:
    # Longer than Heap takes; its destination is set to give such events up rather than to cut them.
    shot = _crm_deal(random, now, note="The customer said: " + "yes " * 300)
    return msgspec.structs.replace(shot, label="CRM deal, long note")


def _heap_event(random: Random, now: int) -> Shot:
    first, last, email = _person(random)
    body: JsonObject = {
        "customer_id": email,
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": "+15550109988",
        "updated_at": _iso(now),
        "user_attributes": {"plan": random.choice(("free", "team", "enterprise"))},
        "event_attributes": {
            "event_name": random.choice(("Checkout - Drop Off", "Feature Adopted", "Trial Ended")),
            "order_id": f"ORD-{random.randint(1, 99_999):05}",
            "product_category": "Audio",
        },
    }
    return _shot("Heap event", "heap-analytics/events", "events", body)


def _heap_user(random: Random, now: int) -> Shot:
    first, last, email = _person(random)
    body: JsonObject = {
        "customer_id": email,
        "first_name": first,
        "last_name": last,
        "email": email,
        "phone": "+15550109988",
        "updated_at": _iso(now),
    }
    return _shot("Heap user", "heap-analytics/user", "users", body)


def _behamics(random: Random, now: int) -> Shot:
    first, last, email = _person(random)
    body: JsonObject = {
        "customer_id": email,
        "event_name": random.choice(
            ("Signal Session Scored", "rage_click_detected", "accidental_add_to_cart")
        ),
        "updated_at": _iso(now),
        "page_name": "Summer Collection - Item 42",
        "event_details": {
            "session_score": random.randint(0, 100),
            "session_duration_seconds": random.randint(5, 900),
            "scored_at": _iso(now),
        },
        "first_name": first,
        "last_name": last,
        "email": email,
        "city": "San Francisco",
        "country": "USA",
        "user_attributes": {"loyalty_tier": "gold", "preferences": ["outdoor", "running"]},
    }
    return _shot("Behamics signal", "behamics-signals/events", "signals", body)


def _broken_json(random: Random, now: int) -> Shot:
    good = _contact_form(random, now)
    return msgspec.structs.replace(good, label="Broken JSON", body=good.body[:-9])


def _wrong_key(random: Random, now: int) -> Shot:
    good = _webinar(random, now)
    wrong = "not-the-data-api-key"
    return msgspec.structs.replace(good, label="Wrong key", password=wrong)


def _unknown_config(random: Random, now: int) -> Shot:
    good = _webinar(random, now)
    path = good.path.replace("registration", "registrations")
    return msgspec.structs.replace(good, label="Unknown config", path=path)


def _too_large(random: Random, now: int) -> Shot:
    return _shot("Too large", "crm/events", "deals", {"note": "x" * _TOO_LARGE})


_MIX: Final[tuple[tuple[Maker, float], ...]] = (
    (_contact_form, 18),
    (_orders, 14),
    (_browsing, 14),
    (_login, 4),
    (_webinar, 10),
    (_crm_contact, 10),
    (_crm_deal, 10),
    (_heap_event, 10),
    (_heap_user, 4),
    (_behamics, 14),
    (_orders_with_a_bad_one, 3),
    (_form_without_email, 4),
    (_broken_json, 3),
    (_wrong_key, 3),
    (_unknown_config, 2),
    (_crm_deal_with_long_note, 1),
    (_too_large, 0.3),
)


def _person(random: Random) -> tuple[str, str, str]:
    number = random.randrange(PEOPLE)
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    return first, last, f"{first}.{last}.{number}@example.com".lower()


def _shot(label: str, route: str, config: str, body: JsonObject) -> Shot:
    path = f"/v1/partner/{route}/?configName={config}"
    return Shot(label=label, path=path, body=json.dumps(body).encode())


def _iso(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _crm_time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%d-%m-%Y %H:%M:%S}"
