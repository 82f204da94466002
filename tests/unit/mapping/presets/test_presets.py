"""Every preset compiles, passes its cases, and says where its facts are from."""

import re
import tomllib

import msgspec
import pytest

from heliograph.errors import ConfigError
from heliograph.gateway.signatures import SCHEMES, SignedScheme, read_scheme
from heliograph.mapping.cases.case import run_case
from heliograph.mapping.lint.check import lint
from heliograph.mapping.presets import PresetFolder, list_presets, load_preset
from heliograph.mapping.run.output import read_payload
from heliograph.model.documents.catalog import decode_document
from heliograph.model.documents.configuration import Source

PRESETS = list_presets()
MAPPERS = [(preset, mapper) for preset in PRESETS for mapper in preset.mappers]
CASES = [(mapper, case) for _, mapper in MAPPERS for case in mapper.cases]


def test_the_promised_platforms_are_there() -> None:
    names = {preset.name for preset in PRESETS}
    assert names >= {"stripe", "shopify", "typeform", "hubspot", "zendesk", "intercom", "chargebee"}
    assert names >= {"woocommerce", "calendly", "github", "sendgrid", "twilio", "segment", "paddle"}
    assert names >= {"heap-analytics", "behamics-signals"}


def test_there_are_more_than_forty_each_with_several_cases() -> None:
    assert len(PRESETS) > 50
    for preset in PRESETS:
        assert sum(len(mapper.cases) for mapper in preset.mappers) > 1, preset.name


SENDERS_NAME_EVENTS = {"segment", "heap-analytics", "behamics-signals", "github", "slack"}
"""Platforms whose events the sender names, so that the mapper passes the name on."""


@pytest.mark.parametrize(
    ("mapper", "file"), CASES, ids=[f"{mapper.name}-{case.name}" for mapper, case in CASES]
)
def test_events_are_ready_for_campaigns(mapper, file) -> None:
    """Names are words with capitals, and amounts are numbers."""
    for event in file.read().expect["events"]:
        name = event.get("event")
        if name is not None and mapper.document()["partner_name"] not in SENDERS_NAME_EVENTS:
            assert re.fullmatch(r"[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)*", name), name
        for key, value in event.get("properties", {}).items():
            if re.fullmatch(
                r"(?:revenue|amount|tax|discount|subtotal|fee|cost|mrr)(?:_minor)?", key
            ):
                assert isinstance(value, int | float), f"{key} is {value!r}"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_names_its_signature_and_its_sources(preset: PresetFolder) -> None:
    assert preset.preset.signature in {*SCHEMES, "basic"}
    assert all(link.startswith("https://") for link in preset.preset.documentation)
    assert preset.preset.documented == "mid-2026"
    assert preset.preset.setup.endswith(".")
    assert preset.preset.config in {mapper.path.stem for mapper in preset.mappers}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_source_of_a_signed_one_can_be_read(preset: PresetFolder) -> None:
    text = preset.files().get(f"sources/{preset.name}.toml")
    if preset.preset.signature == "basic":
        assert text is None
        return
    assert text is not None
    source = decode_document(
        {**tomllib.loads(text.decode()), "name": preset.name}, Source, where="source"
    )
    assert source.config == preset.preset.config
    assert source.verify is not None
    secrets = source.verify.pop("secrets")
    assert secrets == [f"${{{preset.secret_variable}}}"]
    own = preset.preset.verify
    assert {key: source.verify.pop(key) for key in own} == own
    read = read_scheme({**source.verify, **own})
    named = [key for key in own if key != "verify_token"]
    plain = {key: getattr(SCHEMES[preset.preset.signature], key) for key in named}
    assert all(getattr(read, key) == own[key] for key in named)
    as_the_vendor = msgspec.structs.replace(read, verify_token=None, **plain)
    assert as_the_vendor == SCHEMES[preset.preset.signature]


def test_a_source_has_what_its_vendor_asks_for_at_registration() -> None:
    """A preset whose scheme compares a token, or signs an account, brings a variable for it."""
    for preset in PRESETS:
        scheme = SCHEMES.get(preset.preset.signature)
        if scheme is None:
            continue
        asks_token = scheme.challenge in ("hub", "strava", "fitbit", "oura", "ebay")
        assert ("verify_token" in preset.preset.verify) == asks_token, preset.name
        account = isinstance(scheme, SignedScheme) and "{account}" in scheme.signed
        assert ("account" in preset.preset.verify) == account, preset.name


@pytest.mark.parametrize(
    ("preset", "mapper"), MAPPERS, ids=[f"{mapper.name}" for _, mapper in MAPPERS]
)
def test_each_mapper_has_cases_and_belongs_to_its_folder(preset: PresetFolder, mapper) -> None:
    assert mapper.document()["partner_name"] == preset.name == mapper.name.partition("/")[0]
    assert mapper.cases
    warnings = {warning.code for warning in mapper.compile(timezone="UTC").warnings}
    assert warnings <= {"mapper.wildcard_as_list", "mapper.first_match"}


@pytest.mark.parametrize(
    ("mapper", "file"), CASES, ids=[f"{mapper.name}-{case.name}" for mapper, case in CASES]
)
def test_each_case_passes_and_expects_something(mapper, file) -> None:
    case = file.read()
    assert case.expect
    result = run_case(mapper.compile(timezone="UTC"), case)
    assert result.state == "passed", "\n".join(result.diff)


@pytest.mark.parametrize(
    "mapper", [mapper for _, mapper in MAPPERS], ids=lambda mapper: mapper.name
)
def test_each_path_is_shown_by_some_case(mapper) -> None:
    samples = []
    for file in mapper.cases:
        case = file.read()
        if case.expect["events"] and "rejected" not in case.expect:
            samples.append(read_payload(case.body, case.content_type))
    findings = lint(mapper.document(), samples)
    assert [each for each in findings if each.severity == "warning"] == []


@pytest.mark.parametrize(
    "mapper",
    [mapper for _, mapper in MAPPERS if "message_id" in mapper.document()],
    ids=lambda mapper: mapper.name,
)
def test_the_id_of_a_message_stands_where_the_mapper_says(mapper) -> None:
    compiled = mapper.compile(timezone="UTC")
    for file in mapper.cases:
        case = file.read()
        payload = read_payload(case.body, case.content_type)
        ids = compiled.message_ids(payload, received_at_ms=0, headers=case.headers)
        assert all(ids[: len(case.expect["events"])]), f"{file.name}: {ids}"
        assert len(ids) >= len(case.expect["events"])


def test_the_files_of_a_preset_make_a_configuration_folder() -> None:
    files = load_preset("stripe").files()
    assert "mappers/stripe/events.json" in files
    assert "mappers/stripe/events/cases/invoice-payment-failed.json" in files


@pytest.mark.parametrize("name", ["nope", "", "..", "../presets"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(ConfigError, match="stripe"):
        load_preset(name)
