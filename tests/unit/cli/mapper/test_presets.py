"""Presets can be listed, written and tested on the command line, and never overwrite by accident."""

import json
import textwrap
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heliograph.cli.mapper.command import mapper
from heliograph.errors import ConfigError
from heliograph.mapping.presets import list_presets
from heliograph.operations.configuration.check import check_folder
from heliograph.operations.configuration.folder import read_folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(mapper, list(arguments), standalone_mode=False)


def test_what_is_listed_can_be_written_and_passes_its_cases(tmp_path: Path) -> None:
    listed = json.loads(run("presets", "--json").stdout)
    assert len(listed) >= 14
    for preset in listed:
        assert run("init", preset["name"], str(tmp_path)).return_value == 0
    result = run("test", str(tmp_path), "--json")
    report = json.loads(result.stdout)
    assert report["failed"] == 0
    assert {line["mapper"] for line in report["cases"]} == {
        name for preset in listed for name in preset["mappers"]
    }
    text = run("presets").stdout
    assert all(preset["title"] in text for preset in listed)


def test_files_that_differ_stop_it_unless_forced(tmp_path: Path) -> None:
    assert run("init", "twilio", str(tmp_path)).return_value == 0
    changed = tmp_path / "mappers/twilio/status.json"
    changed.write_text("{}", encoding="utf-8")
    other = tmp_path / "mappers/twilio/incoming.json"
    other.unlink()
    result = run("init", "twilio", str(tmp_path))
    assert result.return_value == 1
    assert "status.json" in result.stderr
    assert not other.exists()
    assert json.loads(run("init", "twilio", str(tmp_path), "--json").stdout)["written"] == []
    assert run("init", "twilio", str(tmp_path), "--force", "--json").return_value == 0
    assert other.exists()
    assert changed.read_text(encoding="utf-8") != "{}"


def test_the_url_of_every_mapper_is_told_and_the_sources_told_hold(tmp_path: Path) -> None:
    """Of what is printed to add, written as it says, `check` finds nothing to object to."""
    (tmp_path / "workspace.toml").write_text(
        'id = "demo"\ndata_api_keys = ["test-data-api-key"]\n', encoding="utf-8"
    )
    for listed in list_presets():
        result = run("init", listed.name, str(tmp_path))
        assert "\\n" not in result.stdout
        told = json.loads(run("init", listed.name, str(tmp_path), "--json").stdout)["urls"]
        assert {each["mapper"] for each in told} == {m.path.stem for m in listed.mappers}
        assert len({each["url"] for each in told}) == len(told)
        for each in told:
            assert f"URL of {each['mapper']}: {each['url']}" in result.stdout
        _, *others = listed.addresses()
        for address in others:
            if address.source is not None:
                assert textwrap.indent(address.source_text, "    ") in result.stdout
                (tmp_path / address.source).write_text(address.source_text, encoding="utf-8")
    text = (tmp_path / "sources/stripe-customers.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["partner"] == "stripe"
    problems = check_folder(read_folder(tmp_path), {}, secrets="warning", cases=False)
    found = [each for each in problems if each.file.startswith("sources/")]
    assert {each.code for each in found} == {"config.missing_secret"}, found


def test_writing_the_same_again_is_fine(tmp_path: Path) -> None:
    for _ in range(2):
        assert run("init", "slack", str(tmp_path)).return_value == 0


def test_an_unknown_preset_is_refused(tmp_path: Path) -> None:
    result = run("init", "nope", str(tmp_path))
    assert isinstance(result.exception, ConfigError)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_the_environment(tmp_path: Path) -> None:
    (tmp_path / "mappers").write_text("", encoding="utf-8")
    assert CliRunner().invoke(mapper, ["init", "slack", str(tmp_path)]).exit_code == 3


@pytest.mark.parametrize("arguments", [("init",), ("init", "slack")])
def test_missing_arguments_are_usage(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(mapper, list(arguments)).exit_code == 2


def test_a_folder_that_is_no_workspace_yet_is_told(tmp_path: Path) -> None:
    assert (
        "has no workspace.toml yet: `heliograph check`"
        in run("init", "twilio", str(tmp_path)).stdout
    )
    (tmp_path / "workspace.toml").write_text('id = "acme"\n', encoding="utf-8")
    assert "no workspace.toml" not in run("init", "twilio", str(tmp_path)).stdout
