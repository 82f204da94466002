"""`mapper infer` prints a mapper that runs, and says why it looks as it does."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heliograph.cli.mapper.command import mapper
from heliograph.errors import ConfigError, InputError
from heliograph.model.json import JsonObject

PAYLOAD: JsonObject = {"user_id": "u1", "event": "Seen", "timestamp": 1704067200000, "x": 1}


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(mapper, [str(each) for each in arguments], standalone_mode=False)


@pytest.fixture
def payload(tmp_path: Path) -> Path:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(PAYLOAD), encoding="utf-8")
    return path


def test_the_mapper_on_standard_output_runs_on_its_sample(payload: Path, tmp_path: Path) -> None:
    result = run("infer", payload, "--partner", "shop")
    document = tmp_path / "m.json"
    document.write_text(result.stdout, encoding="utf-8")
    assert json.loads(result.stdout)["partner_name"] == "shop"
    assert "Maps 1 of 1 records" in result.stderr
    assert "customer_id = $.user_id: is named user_id" in result.stderr
    mapped = run("run", "--mapper", document, "--payload", payload)
    assert json.loads(mapped.stdout)["events"][0]["event"] == "Seen"


def test_the_kind_has_its_evidence_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**PAYLOAD, "owner": {"email": "o@example.com"}}), encoding="utf-8")
    result = run("infer", path)
    assert "mapping_type = events: $.event names what happened: 'Seen'" in result.stderr
    assert "user_attributes.u_em: left out: owner can be another person" in result.stderr
    choices = json.loads(run("infer", path, "--json").stdout)["choices"]
    kinds = [each for each in choices if each["field"] == "mapping_type"]
    assert [(each["value"], each["confidence"]) for each in kinds] == [("events", 0.95)]
    assert kinds[0]["evidence"]


def test_json_holds_mapper_and_choices(payload: Path) -> None:
    proposal = json.loads(run("infer", payload, payload, "--json").stdout)
    assert (proposal["items"], proposal["accepted"]) == (2, 2)
    fields = {choice["field"]: choice for choice in proposal["choices"]}
    assert fields["customer_id"]["value"] == "$.user_id"
    assert fields["customer_id"]["confidence"] > 0.9


def test_a_case_file_brings_its_headers(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    content = {"payload": {"user_id": "u1"}, "headers": {"X-Topic": "orders/create"}}
    case.write_text(json.dumps(content), encoding="utf-8")
    document = json.loads(run("infer", case).stdout)
    assert document["mappings"]["event_name"] == "$headers.x-topic"


def test_what_cannot_be_inferred_or_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text("{}", encoding="utf-8")
    assert isinstance(run("infer", path).exception, ConfigError)
    path.write_text("{", encoding="utf-8")
    assert isinstance(run("infer", path).exception, InputError)
    assert CliRunner().invoke(mapper, ["infer"]).exit_code == 2
