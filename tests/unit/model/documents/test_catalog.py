"""Which source a request belongs to, and what a broken document leaves standing."""

from typing import Any

import pytest

from heliograph.errors import ConfigError
from heliograph.model.documents.catalog import (
    Tenant,
    build_catalog,
    nobody_can_send,
    resolve_secrets,
)
from heliograph.model.documents.configuration import DocumentKind
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


def test_a_missing_variable_is_asked_for_where_it_is_read():
    hint = tenant({}, payments=signed("events")).problems["source", "payments"].hint
    assert hint == "Set it in the environment of the hub (export STRIPE=…) and start the hub again."
    with pytest.raises(ConfigError) as caught:
        resolve_secrets("${STRIPE}", {})
    assert caught.value.hint is not None
    assert "of this process (export STRIPE=…) and start it again." in caught.value.hint


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


def document(kind: DocumentKind, name: str, body: dict[str, Any], version: int = 1) -> Document:
    return Document(workspace="w", kind=kind, name=name, version=version, body=body, changed_at=0)


def in_force(environ: dict[str, str], *versions: Document) -> Tenant:
    """Return what is in force of a document, given all its versions."""
    return build_catalog(versions[-1:], environ, lambda _: reversed(versions[:-1]))["w"]


def keys(*names: str, version: int = 1, **more: Any) -> Document:
    body = {"id": "w", "data_api_keys": list(names), **more}
    return document("workspace", "workspace", body, version)


def test_a_key_whose_variable_is_missing_leaves_the_others_in_force():
    """The how-to of a rotation: add the new key, give the hub its variable, take the old one out."""
    rotated = in_force({"OLD": "o"}, keys("${OLD}"), keys("${OLD}", "${NEW}", version=2))
    assert rotated.workspace.data_api_keys == ("o",)
    (problem,) = rotated.problems.values()
    assert str(problem).startswith("workspace.toml $.data_api_keys[1]: ")
    assert "variable NEW is not set" in str(problem)
    assert "in force is the document without ${NEW}" in str(problem)


def test_the_rest_of_such_a_document_is_that_of_its_newest_version():
    newest = keys("${OLD}", "${NEW}", version=2, max_body_bytes=5_000)
    assert in_force({"OLD": "o"}, keys("${OLD}"), newest).workspace.max_body_bytes == 5_000


def test_a_document_of_which_no_key_is_left_gives_way_to_its_last_usable_version():
    versions = (keys("${OLD}"), keys("${LOST}", version=2), keys("${NEW}", version=3))
    replaced = in_force({"OLD": "o"}, *versions)
    assert replaced.workspace.data_api_keys == ("o",)
    (problem,) = replaced.problems.values()
    assert "in force is its version 1" in str(problem)


def test_without_any_usable_version_nothing_is_in_force_and_that_is_said():
    lost = in_force({}, keys("${NEW}"))
    assert lost.workspace.data_api_keys == ()
    (problem,) = lost.problems.values()
    assert "in force is nothing of it" in str(problem)


def test_secrets_of_a_source_are_left_out_one_by_one():
    verify = {"scheme": "stripe", "secrets": ["${NEW}", "${OLD}"]}
    source = document("source", "pay", {"partner": "stripe", "verify": verify})
    rotated = in_force({"OLD": "o"}, source)
    assert rotated.sources["pay"].verify == {"scheme": "stripe", "secrets": ["o"]}
    assert "NEW" in str(rotated.problems["source", "pay"])


def destination(secret: str, version: int = 1, **more: Any) -> Document:
    body = {"type": "moengage", "settings": {"data_api_key": secret}, **more}
    return document("destination", "crm", body, version)


def test_a_destination_keeps_its_last_usable_settings():
    kept = in_force({"OLD": "o"}, destination("${OLD}"), destination("${NEW}", 2))
    assert kept.destinations["crm"].settings == {"data_api_key": "o"}
    assert "NEW" in str(kept.problems["destination", "crm"])


def test_what_is_switched_off_stays_off_whatever_is_missing():
    kept = in_force({"OLD": "o"}, destination("${OLD}"), destination("${NEW}", 2, enabled=False))
    assert kept.destinations["crm"].enabled is False


def test_a_destination_that_never_could_be_used_is_not_in_force():
    lost = in_force({}, destination("${NEW}"))
    assert lost.destinations == {}
    assert ("destination", "crm") in lost.problems


def test_every_missing_variable_is_named_with_its_file_and_places():
    (problem,) = in_force({"B": "b"}, keys("${A}", "${C}${A}")).problems.values()
    assert str(problem).startswith(
        "workspace.toml $.data_api_keys[0], $.data_api_keys[1]: the environment variables A and C are not set"
    )
    assert "export A=…; export C=…" in str(problem)


def test_a_hub_to_which_nobody_can_send_is_known_from_its_catalog():
    assert not nobody_can_send({})
    assert nobody_can_send({"w": in_force({}, keys("${A}"))})
    assert not nobody_can_send({"w": in_force({}, keys("${A}")), "v": in_force({}, keys("k"))})
