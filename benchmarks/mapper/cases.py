"""The seven worked examples of Connected Sources and a batch of 500, in the language of each rival.

Each language makes a list of {customer_id, anonymous_id, event, timestamp, platform, app_version,
properties, traits}; the benchmark refuses to measure one whose result differs from ours.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "mappers"


@dataclass(frozen=True)
class Case:
    name: str
    document: dict[str, Any]
    payload: Any
    jq: str
    jsonata: str

    @property
    def items(self) -> int:
        return len(self.payload["orders"]) if "orders" in self.payload else 1


def load(mapper: str, case: str) -> tuple[dict[str, Any], Any]:
    document = json.loads((EXAMPLES / f"{mapper}.json").read_text())
    payload = json.loads((EXAMPLES / mapper / "cases" / f"{case}.json").read_text())["payload"]
    return document, payload


def orders(count: int) -> dict[str, Any]:
    return {
        "orders": [
            {
                "order_id": f"ORD-{n:05}",
                "customer_email": f"customer{n}@example.com",
                "order_total": 10 + n / 4,
                "currency": "USD",
                "order_date": 1704067200000 + n * 1000,
            }
            for n in range(count)
        ]
    }


def both(fields: dict[str, str], *, jq: dict[str, str], jsonata: dict[str, str]) -> tuple[str, str]:
    """Return the object constructors; `fields` are the same in both languages, JSON but for paths."""

    def write(own: dict[str, str]) -> str:
        return ", ".join(f'"{name}": {value}' for name, value in {**fields, **own}.items())

    return "{" + write(jq) + "}", "{" + write(jsonata) + "}"


def paths(**names: str) -> dict[str, str]:
    """Return the two spellings of an object of paths: `.a` for jq, `a` for jsonata."""
    return {
        "jq": "{" + ", ".join(f'"{k}": .{v}' for k, v in names.items()) + "}",
        "jsonata": "{" + ", ".join(f'"{k}": {v}' for k, v in names.items()) + "}",
    }


WEB = {"platform": '"web"', "app_version": '"1.0.0"'}
NO_ONE = {"anonymous_id": "null"}


def contact_form() -> Case:
    properties = paths(form_name="form_name", utm_source="utm_source")
    traits = paths(u_em="email", u_fn="first_name", u_ln="last_name", u_mb="phone")
    jq, jsonata = both(
        {"event": '"Form Submitted"', **WEB, **NO_ONE},
        jq={"customer_id": ".email", "timestamp": ".submitted_at",
            "properties": properties["jq"], "traits": traits["jq"]},
        jsonata={"customer_id": "email", "timestamp": "submitted_at",
                 "properties": properties["jsonata"], "traits": traits["jsonata"]},
    )  # fmt: skip
    return Case(
        "contact form", *load("contact-form/submissions", "submission"), f"[{jq}]", f"[{jsonata}]"
    )


def bulk(name: str, payload: Any) -> Case:
    properties = paths(order_id="order_id", order_total="order_total", currency="currency")
    traits = paths(u_em="customer_email")
    jq, jsonata = both(
        {"event": '"Order Placed"', **WEB, **NO_ONE},
        jq={"customer_id": ".customer_email", "timestamp": ".order_date",
            "properties": properties["jq"], "traits": traits["jq"]},
        jsonata={"customer_id": "customer_email", "timestamp": "order_date",
                 "properties": properties["jsonata"], "traits": traits["jsonata"]},
    )  # fmt: skip
    document, _ = load("bulk-orders/orders", "two-orders")
    return Case(name, document, payload, f"[.orders[] | {jq}]", f"[orders.{jsonata}]")


def webinar() -> Case:
    properties, traits = paths(webinar_name="webinar_name"), paths(u_em="user_email")
    jq, jsonata = both(
        {**WEB, **NO_ONE},
        jq={"customer_id": ".user_email", "event": ".event_type",
            "timestamp": '(.date_registered + " " + .time_registered'
            ' | strptime("%Y-%m-%d %H:%M:%S") | mktime * 1000)',
            "properties": properties["jq"], "traits": traits["jq"]},
        jsonata={"customer_id": "user_email", "event": "event_type",
                 "timestamp": '$toMillis(date_registered & " " & time_registered,'
                 ' "[Y0001]-[M01]-[D01] [H01]:[m01]:[s01]")',
                 "properties": properties["jsonata"], "traits": traits["jsonata"]},
    )  # fmt: skip
    return Case(
        "webinar", *load("webinar/registrations", "registration"), f"[{jq}]", f"[{jsonata}]"
    )


def crm_users() -> Case:
    traits = paths(u_em="email", u_fn="first_name", u_ln="last_name", u_mb="phone",
                   subscription_tier="subscription_tier", account_status="account_status")  # fmt: skip
    nothing = {"event": "null", "timestamp": "null", "platform": "null", "app_version": "null"}
    jq, jsonata = both(
        {**nothing, **NO_ONE, "properties": "{}"},
        jq={"customer_id": ".email", "traits": traits["jq"]},
        jsonata={"customer_id": "email", "traits": traits["jsonata"]},
    )
    return Case("crm users", *load("crm/users", "profile"), f"[{jq}]", f"[{jsonata}]")


def anonymous() -> Case:
    properties = paths(product_id="product_id", product_name="product_name")
    jq, jsonata = both(
        {**WEB, "customer_id": "null", "traits": "{}"},
        jq={"anonymous_id": ".session_id", "event": ".event", "timestamp": ".timestamp",
            "properties": properties["jq"]},
        jsonata={"anonymous_id": "session_id", "event": "event", "timestamp": "timestamp",
                 "properties": properties["jsonata"]},
    )  # fmt: skip
    return Case(
        "anonymous", *load("anonymous-browsing/events", "product-viewed"), f"[{jq}]", f"[{jsonata}]"
    )


JQ_DAY_FIRST = 'strptime("%d-%m-%Y %H:%M:%S") | mktime * 1000'
JSONATA_DAY_FIRST = '"[D01]-[M01]-[Y0001] [H01]:[m01]:[s01]"'


def crm_dynamic_users() -> Case:
    traits = paths(u_fn="first_name", u_ln="last_name", u_em="email", u_mb="phone")
    jq, jsonata = both(
        {"event": "null", "platform": "null", "app_version": "null", "properties": "{}", **NO_ONE},
        jq={"customer_id": ".customer_id",
            "timestamp": f"(.user_attributes.modified_time | {JQ_DAY_FIRST})",
            "traits": f".user_attributes + {traits['jq']}"},
        jsonata={"customer_id": "customer_id",
                 "timestamp": f"$toMillis(user_attributes.modified_time, {JSONATA_DAY_FIRST})",
                 "traits": f"$merge([user_attributes, {traits['jsonata']}])"},
    )  # fmt: skip
    return Case(
        "crm dynamic users", *load("crm-dynamic/users", "contact"), f"[{jq}]", f"[{jsonata}]"
    )


def crm_dynamic_events() -> Case:
    jq, jsonata = both(
        {**WEB, **NO_ONE},
        jq={"customer_id": ".customer_id", "event": ".event_name",
            "timestamp": f"(.event_attributes.modified_time | {JQ_DAY_FIRST})",
            "properties": ".event_attributes", "traits": ".user_attributes"},
        jsonata={"customer_id": "customer_id", "event": "event_name",
                 "timestamp": f"$toMillis(event_attributes.modified_time, {JSONATA_DAY_FIRST})",
                 "properties": "event_attributes", "traits": "user_attributes"},
    )  # fmt: skip
    return Case(
        "crm dynamic events", *load("crm-dynamic/events", "deal"), f"[{jq}]", f"[{jsonata}]"
    )


def cases() -> list[Case]:
    return [
        contact_form(),
        bulk("bulk orders (2)", load("bulk-orders/orders", "two-orders")[1]),
        webinar(),
        crm_users(),
        anonymous(),
        crm_dynamic_users(),
        crm_dynamic_events(),
        bulk("batch of 500", orders(500)),
    ]
