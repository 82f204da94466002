"""Which source a request belongs to, and what a broken document leaves standing."""

from typing import Any

from heliograph.model.catalog import Tenant, build_catalog
from heliograph.model.configuration import DocumentKind
from heliograph.storage.configuration import Document


def tenant(environ: dict[str, str], **sources: dict[str, Any]) -> Tenant:
    bodies: list[tuple[DocumentKind, str, dict[str, Any]]] = [
        ("workspace", "workspace", {"id": "w", "data_api_keys": ["k"]}),
        *(("source", name.replace("_", "-"), body) for name, body in sources.items()),
    ]
    documents = [
        Document(workspace="w", kind=kind, name=name, version=1, body=body, changed_at=0)
        for kind, name, body in bodies
    ]
    return build_catalog(documents, environ)["w"]


def signed(config: str, **more: Any) -> dict[str, Any]:
    verify = {"scheme": "stripe", "secrets": ["${STRIPE}"]}
    return {"partner": "stripe", "config": config, "verify": verify, **more}


def test_a_partner_without_a_source_is_its_own():
    source = tenant({}).source_of("shop")
    assert (source.name, source.enabled) == ("shop", True)


def test_the_source_without_a_scheme_answers_the_partners_address():
    both = tenant({"STRIPE": "s"}, signed_one=signed("events"), plain={"partner": "stripe"})
    assert both.source_of("stripe").name == "plain"


def test_a_partner_may_have_several_webhooks():
    several = tenant({"STRIPE": "s"}, events=signed("events"), customers=signed("customers"))
    assert set(several.sources) == {"events", "customers"}
    assert several.source_of("stripe").name == "stripe"


def test_a_missing_secret_disables_the_webhook_and_nothing_else_of_the_source():
    broken = tenant({}, payments=signed("events", enabled=False))
    assert ("source", "payments") in broken.problems
    assert broken.source_of("stripe").enabled is False
    assert not broken.sources["payments"].verify


def test_without_an_environment_secrets_stay_as_they_are_written():
    document = Document(
        workspace="w",
        kind="destination",
        name="moengage",
        version=1,
        body={"type": "moengage", "settings": {"data_api_key": "${ABSENT}"}},
        changed_at=0,
    )
    looked_at = build_catalog([document], None)["w"]
    assert looked_at.problems == {}
    assert looked_at.destinations["moengage"].settings == {"data_api_key": "${ABSENT}"}
