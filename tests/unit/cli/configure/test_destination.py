import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from heliograph.cli.configure.destination import destination
from heliograph.errors import HeliographError

SETTINGS: dict[str, dict[str, Any]] = {
    "webengage": {"api_host": "api.webengage.com", "license_code": "l", "rest_api_key": "s3cr3t"},
    "moengage": {"workspace_id": "WS", "data_api_key": "s3cr3t", "data_center": "02"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, settings in SETTINGS.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(settings))
    return tmp_path


def plan(folder: Path, type_: str, event: object, *more: str) -> Result:
    arguments = ["plan", "--type", type_, "--settings", str(folder / f"{type_}.json")]
    return CliRunner().invoke(
        destination, [*arguments, "--event", "-", *more], input=json.dumps(event)
    )


def test_the_requests_are_printed_with_secrets_masked(folder: Path):
    result = plan(folder, "webengage", {"event": "purchase", "userId": "u"})
    assert result.exit_code == 0
    (request,) = json.loads(result.stdout)
    assert request["method"] == "POST"
    assert request["url"] == "https://api.webengage.com/v1/accounts/l/events"
    assert request["headers"]["Authorization"] == "Bearer ••••••"
    assert request["body"]["eventName"] == "Order Completed"
    assert "s3cr3t" not in result.output


def test_reveal_shows_them(folder: Path):
    result = plan(folder, "webengage", {"event": "x", "userId": "u"}, "--reveal")
    assert json.loads(result.stdout)[0]["headers"]["Authorization"] == "Bearer s3cr3t"


def test_a_hold_prints_no_request_and_says_why(folder: Path):
    result = plan(folder, "moengage", {"event": "x", "anonymousId": "a"})
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])
    assert result.stderr.startswith("held: ")


def test_the_profile_identifies_the_person(folder: Path):
    (folder / "p.json").write_text('{"customer_id": "jane"}')
    event = {"event": "x", "anonymousId": "a"}
    result = plan(folder, "moengage", event, "--profile", str(folder / "p.json"))
    assert json.loads(result.stdout)[0]["body"]["customer_id"] == "jane"


def test_warnings_go_to_standard_error_as_text_or_json(folder: Path):
    event = {"event": "x", "userId": "jane", "properties": {"moe_x": 1}}
    text = plan(folder, "moengage", event)
    assert "warning: $.properties.moe_x: " in text.stderr
    remarks = json.loads(plan(folder, "moengage", event, "--json").stderr)
    assert remarks["warnings"][0]["code"] == "name.reserved"


def test_blueprints_by_file_by_preset_and_none(folder: Path):
    (folder / "b.json").write_text('{"events": {"rename": {"Bought": "purchase"}}}')
    event = {"event": "purchase", "userId": "u"}
    names: list[str] = []
    for blueprint in (str(folder / "b.json"), "viewed-pages", "none"):
        result = plan(folder, "webengage", event, "--blueprint", blueprint)
        names.append(json.loads(result.stdout)[0]["body"]["eventName"])
    assert names == ["Bought", "Order Completed", "purchase"]


def test_a_whole_destination_document_serves_as_settings(folder: Path):
    document = 'type = "webengage"\n[settings]\napi_host = "h"\nlicense_code = "l"\n'
    path = folder / "we.toml"
    path.write_text(document + 'rest_api_key = "${HELIOGRAPH_TEST_KEY}"\n')
    arguments = ["plan", "--type", "webengage", "--settings", str(path), "--event", "-", "--reveal"]
    result = CliRunner().invoke(
        destination,
        arguments,
        input='{"event": "x", "userId": "u"}',
        env={"HELIOGRAPH_TEST_KEY": "from-the-environment"},
    )
    assert "Bearer from-the-environment" in result.stdout


@pytest.mark.parametrize(
    ("type_", "event", "code"),
    [
        ("webengage", {"event": "x"}, "destination.invalid_event"),
        ("webengage", {"event": "x", "userId": "u", "oops": 1}, "destination.invalid_event"),
        ("webengage", [], "destination.invalid_event"),
    ],
)
def test_what_can_never_be_sent_is_an_error(folder: Path, type_: str, event: object, code: str):
    """The program's own entry turns it into exit code 1."""
    result = plan(folder, type_, event)
    assert isinstance(result.exception, HeliographError)
    assert result.exception.code == code


@pytest.mark.parametrize(
    "more",
    [
        ["--settings", "nowhere.json", "--event", "-"],
        ["--settings", "-", "--event", "-"],
        ["--settings", "-", "--event", "nowhere.json"],
    ],
)
def test_unreadable_documents_are_mistakes_of_usage(more: list[str]):
    result = CliRunner().invoke(destination, ["plan", "--type", "heap", *more], input="{")
    assert result.exit_code == 2


def test_types_and_their_settings_are_listed():
    types = json.loads(CliRunner().invoke(destination, ["list-types", "--json"]).stdout)
    assert [t["name"] for t in types][:4] == ["webengage", "moengage", "heap", "webhook"]
    shown = CliRunner().invoke(destination, ["describe", "heap"]).stdout
    assert "app_id" in shown
    assert "title-case" in shown
    described = json.loads(CliRunner().invoke(destination, ["describe", "heap", "--json"]).stdout)
    assert described["settings"][0]["name"] == "app_id"
    preset = CliRunner().invoke(destination, ["describe", "heap", "--blueprint", "title-case"])
    assert json.loads(preset.stdout)["name"] == "title-case"
