"""`mapper lint` on files and folders, with cases as samples."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heliograph.cli.mapper.command import mapper
from heliograph.errors import InputError
from heliograph.model.json import JsonObject

DOCUMENT: JsonObject = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.id",
        "event_name": "Order",
        "user_time": "$.at",
        "platform": "api",
        "app_version": "1.0.0",
        "attr": {"total": "$.totl"},
    },
    "batching": False,
    "payload_validations": {},
}
SAMPLE: JsonObject = {"id": "ada", "at": 1704067200000, "total": 1}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "mappers/shop/orders.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(mapper, ["lint", *map(str, arguments)], standalone_mode=False)


def codes(result: Result) -> list[tuple[str, str]]:
    return [(row["severity"], row["code"]) for row in json.loads(result.stdout)]


def test_without_samples_the_document_alone_is_looked_at(document: Path, tmp_path: Path) -> None:
    for place in (document, tmp_path):
        result = run(place, "--json")
        assert result.return_value == 0
        assert codes(result) == [("note", "lint.platform_unknown")]
    assert codes(run(document, "--to", "heap", "--json")) == []


def test_payloads_and_cases_are_samples(document: Path, tmp_path: Path) -> None:
    sample = tmp_path / "p.json"
    sample.write_text(json.dumps(SAMPLE), encoding="utf-8")
    expected = [
        ("warning", "lint.never_matches"),
        ("note", "lint.platform_unknown"),
        *[("note", "field.unsupported")] * 2,
    ]
    assert codes(run(document, "--payload", sample, "--json")) == expected
    case = document.with_suffix("") / "cases/a.json"
    case.parent.mkdir(parents=True)
    case.write_text(json.dumps({"payload": SAMPLE, "expect": {"events": [{}]}}), encoding="utf-8")
    refused = {"payload": {}, "expect": {"events": [], "rejected": [{}]}}
    (case.parent / "b.json").write_text(json.dumps(refused), encoding="utf-8")
    assert codes(run(tmp_path, "--json")) == expected
    text = run(tmp_path).stdout
    assert "Did you mean $.total?" in text
    assert "1 mapper: 0 errors, 1 warning, 3 notes" in text
    assert run(tmp_path).return_value == 0
    assert run(tmp_path, "--strict").return_value == 1


def test_a_document_that_does_not_compile_is_an_error(document: Path) -> None:
    document.write_text("{}", encoding="utf-8")
    result = run(document, "--json")
    assert result.return_value == 1
    assert codes(result) == [("error", "mapper.invalid")]


def test_a_sample_that_cannot_be_read_is_named(document: Path, tmp_path: Path) -> None:
    sample = tmp_path / "p.json"
    sample.write_text("{", encoding="utf-8")
    result = run(document, "--payload", sample)
    assert isinstance(result.exception, InputError)
    assert result.exception.where == str(sample)


def test_a_folder_without_mappers_is_usage(tmp_path: Path) -> None:
    assert CliRunner().invoke(mapper, ["lint", str(tmp_path)]).exit_code == 2


def test_what_requests_would_leave_out_is_told_by_its_code(document: Path, tmp_path: Path) -> None:
    changed = json.loads(json.dumps(DOCUMENT))
    changed["mappings"]["attr"] = {"lines": "$.lines", "note": "$.note"}
    changed["mappings"]["user_attributes"] = {"gender": "$.gender"}
    document.write_text(json.dumps(changed), encoding="utf-8")
    sample = tmp_path / "p.json"
    lines = [{"sku": "A", "qty": 5}, {"sku": "B"}]
    payload = {"id": "ada", "at": 1704067200000, "lines": lines, "note": [], "gender": "hombre"}
    sample.write_text(json.dumps(payload), encoding="utf-8")
    rows = json.loads(run(document, "--payload", sample, "--json").stdout)
    found = {(row["vendor"], row["code"], row["where"]) for row in rows}
    assert ("moengage", "list.gaps", "$.mappings.attr.lines") in found
    assert ("moengage", "value.empty", "$.mappings.attr.note") in found
    assert ("webengage", "value.unusable", "$.mappings.user_attributes.gender") in found
    sample.write_text(json.dumps({**payload, "id": "1"}), encoding="utf-8")
    rows = json.loads(run(document, "--payload", sample, "--to", "moengage", "--json").stdout)
    refused = [row for row in rows if row["code"] == "destination.invalid_event"]
    assert [(row["severity"], row["where"]) for row in refused] == [
        ("warning", "$.mappings.customer_id")
    ]
