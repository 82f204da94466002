"""The command line itself: help without imports, exit codes, errors as paragraphs and as JSON."""

import errno
import inspect
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from heliograph.cli import SECTIONS, run
from heliograph.telemetry.logs import FloodGate
from heliograph.testing.running.processes import write_files


def captured(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = run(args)
    out, err = capsys.readouterr()
    return code, out, err


def test_help_names_every_command_and_imports_none_of_them():
    program = (
        "import sys\n"
        "from heliograph.cli import run\n"
        "assert run(['--help']) == 0\n"
        "print(sorted(m for m in sys.modules if m.startswith('heliograph')), file=sys.stderr)\n"
        "assert not {'msgspec', 'rich', 'sqlalchemy', 'structlog'} & set(sys.modules)\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert outcome.returncode == 0, outcome.stderr
    assert "heliograph.errors" in outcome.stderr
    assert outcome.stderr.count("heliograph.") == 2  # cli and errors
    for section, commands in SECTIONS.items():
        assert f"{section}:" in outcome.stdout
        for name in commands:
            assert f"  {name} " in outcome.stdout


@pytest.mark.parametrize("name", [n for commands in SECTIONS.values() for n in commands])
def test_every_command_of_the_table_exists_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
):
    code, out, _ = captured(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: heliograph {name}")


@pytest.mark.parametrize("name", [n for commands in SECTIONS.values() for n in commands])
def test_every_command_has_json(name: str):
    import click

    from heliograph.cli import cli

    def leaves(command: click.Command) -> list[click.Command]:
        if isinstance(command, click.Group):
            return [leaf for inner in command.commands.values() for leaf in leaves(inner)]
        return [command]

    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    # Roles are ended by a signal and print nothing but a log.
    without = {
        leaf.name
        for leaf in leaves(command)
        if not any("--json" in option.opts for option in leaf.params)
    }
    assert without <= {"gateway", "worker"}


def test_an_unknown_command_is_wrong_usage_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
):
    code, out, err = captured(capsys, "stats")
    assert (code, out) == (2, "")
    assert "Did you mean" in err
    assert "status" in err


def test_no_command_at_all_is_wrong_usage(capsys: pytest.CaptureFixture[str]):
    code, _, err = captured(capsys)
    assert code == 2
    assert "Usage: heliograph" in err


def test_wrong_usage_is_json_when_asked_for(capsys: pytest.CaptureFixture[str]):
    code, out, _ = captured(capsys, "trace", "--json")
    assert code == 2
    assert json.loads(out)["error"]["code"] == "usage"


@pytest.mark.parametrize(
    "args", [["check"], ["apply"], ["mapper", "test"], ["backup"], ["status", "--config"]]
)
def test_a_nul_byte_is_one_sentence(capsys: pytest.CaptureFixture[str], args: list[str]):
    code, _, err = captured(capsys, *args, "a\0b")
    assert code == 2
    assert err.startswith(f"error: Argument {len(args) + 1} holds a NUL byte")


def test_an_error_of_the_environment_is_exit_3(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, out, err = captured(capsys, "status", "--data-dir", str(tmp_path / "none"))
    assert (code, out) == (3, "")
    assert err.startswith("error: ")
    assert "next:" in err


@pytest.mark.parametrize("as_json", [False, True])
def test_a_folder_of_somebody_else_is_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
):
    def refuses(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/proc/1/cwd")

    monkeypatch.setattr("heliograph.app.wiring.looking", refuses)
    code, out, err = captured(capsys, "status", *(["--json"] if as_json else []))
    assert code == 3
    if as_json:
        assert json.loads(out)["error"]["code"] == "file.denied"
        return
    assert err.startswith("error: /proc/1/cwd: this user has no right to use it")
    assert "it belongs to " in err
    assert "next:" in err


@pytest.mark.skipif(os.geteuid() == 0, reason="capability: root may read every folder")
def test_no_command_ends_in_a_traceback_in_a_folder_of_somebody_else(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    tmp_path.chmod(0)
    try:
        for command in (["status"], ["audit"], ["events", "list"], ["rebuild"], ["apply", "."]):
            assert captured(capsys, *command, "--data-dir", str(tmp_path))[0] in (1, 3)
    finally:
        tmp_path.chmod(0o700)


def test_an_error_as_json_is_one_object_with_its_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    code, out, err = captured(capsys, "status", "--json", "--data-dir", str(tmp_path / "none"))
    assert (code, err) == (3, "")
    error = json.loads(out)["error"]
    assert error["code"] == "store.unavailable"
    assert error["where"] == str(tmp_path / "none")


def test_bad_settings_stop_any_command_and_config_check_lists_them(
    capsys: pytest.CaptureFixture[str],
):
    code, _, err = captured(capsys, "status", "--set", "gateway.prot=1")
    assert code == 3
    assert "gateway.port" in err
    code, out, _ = captured(capsys, "config", "check", "--set", "gateway.prot=1", "--json")
    assert code == 1
    assert [p["found"] for p in json.loads(out)["problems"]] == ["gateway.prot"]


def test_config_show_says_where_a_value_comes_from(capsys: pytest.CaptureFixture[str]):
    code, out, _ = captured(
        capsys, "config", "show", "--origin", "--json", "--set", "gateway.port=9"
    )
    shown = json.loads(out)
    assert code == 0
    assert shown["gateway.port"] == {"value": 9, "origin": "flag --set gateway.port"}
    assert shown["gateway.host"]["origin"] == "default"


def test_a_set_without_equals_is_wrong_usage(capsys: pytest.CaptureFixture[str]):
    code, _, err = captured(capsys, "config", "show", "--set", "gateway.port")
    assert code == 2
    assert "section.key=value" in err


FOLDER = {
    "workspace.toml": 'id = "acme"\ndata_api_keys = ["k"]\n',
    "pipelines/main.toml": 'sources = ["*"]\n',
}


def test_check_apply_export_and_apply_again(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    folder = str(write_files(tmp_path / "in", FOLDER))
    data = ("--data-dir", str(tmp_path / "data"))
    assert captured(capsys, "check", folder)[0] == 0
    code, out, _ = captured(capsys, "apply", folder, "--dry-run", *data)
    assert code == 0
    assert "Nothing was written" in out
    code, out, _ = captured(capsys, "apply", folder, "--json", *data)
    done = json.loads(out)
    assert (done["applied"], len(done["added"]), done["revision"]) == (True, 2, 2)
    code, out, _ = captured(capsys, "export", str(tmp_path / "out"), "--json", *data)
    assert sorted(json.loads(out)["written"]) == ["pipelines/main.toml", "workspace.toml"]
    code, out, _ = captured(capsys, "apply", str(tmp_path / "out"), "--json", *data)
    again = json.loads(out)
    assert (again["applied"], again["added"], again["changed"]) == (False, [], [])
    code, out, _ = captured(capsys, "pipeline", "list", "--json", *data)
    assert [document["name"] for document in json.loads(out)] == ["main"]
    code, out, _ = captured(capsys, "pipeline", "show", "main", *data)
    assert "sources = [" in out


def test_apply_does_not_ask_where_nobody_can_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = str(write_files(tmp_path / "in", FOLDER))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, _, err = captured(capsys, "apply", folder, "--data-dir", str(tmp_path / "data"))
    assert code == 2
    assert "--yes" in err


def test_check_reports_problems_with_exit_1(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    files = {**FOLDER, "pipelines/main.toml": 'sources = ["shop"]\n'}
    folder = str(write_files(tmp_path / "in", files))
    code, out, _ = captured(capsys, "check", folder, "--json")
    report = json.loads(out)
    assert code == 1
    assert not report["ok"]
    assert report["problems"][0]["code"] == "config.unknown_reference"
    code, out, _ = captured(capsys, "check", folder)
    assert code == 1
    assert "pipelines/main.toml:1 $.sources[0]" in out


def test_something_that_is_not_there_is_exit_1(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    folder = str(write_files(tmp_path / "in", FOLDER))
    data = ("--data-dir", str(tmp_path / "data"))
    assert captured(capsys, "apply", folder, "--yes", *data)[0] == 0
    for command in (
        ("trace", "req_none"),
        ("requests", "show", "req_none"),
        ("events", "show", "evt_none"),
        ("deliveries", "show", "dlv_none"),
        ("deadletters", "replay", "dlv_none"),
        ("profiles", "show", "nobody"),
        ("source", "show", "none"),
        ("mapper", "show", "a/b"),
        ("destination", "pause", "none"),
    ):
        code, out, err = captured(capsys, *command, *data)
        assert (code, out) == (1, ""), command
        assert "list` shows those there are" in err, command


def test_trace_says_what_the_log_has_of_a_request_that_was_not_stored(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    data = ("--data-dir", str(tmp_path / "data"))
    captured(capsys, "apply", str(write_files(tmp_path / "in", FOLDER)), "--yes", *data)
    _, _, err = captured(capsys, "trace", "req_none", *data)
    said = " ".join(err.split())
    limit = inspect.signature(FloodGate).parameters["per_second"].default
    assert "(401, 404, 413, 429) is not stored" in said
    assert f"unless more than {limit} of the same status came in a second" in said


def test_lists_of_an_empty_hub_are_empty(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    folder = str(write_files(tmp_path / "in", FOLDER))
    data = ("--data-dir", str(tmp_path / "data"))
    captured(capsys, "apply", folder, "--yes", *data)
    for noun in ("requests", "events", "profiles", "deliveries", "deadletters", "source"):
        assert captured(capsys, noun, "list", "--json", *data)[:2] == (0, "[]\n"), noun
    code, out, _ = captured(capsys, "audit", *data)
    assert code == 0
    assert "The audit is balanced." in out
    code, out, _ = captured(capsys, "status", *data)
    assert code == 1, "nothing runs"
    assert "gateway  does not run" in out
    assert (
        "0 requests (0 refused), 0 events, 0 items rejected, 0 profiles, 0 events to apply" in out
    )


def test_a_replay_must_say_what(capsys: pytest.CaptureFixture[str]):
    code, _, err = captured(capsys, "deadletters", "replay")
    assert code == 2
    assert "--all" in err


def test_the_demo_prints_json_only_of_a_bounded_round(capsys: pytest.CaptureFixture[str]):
    code, out, _ = captured(capsys, "demo", "--json")
    assert code == 2
    assert "--once" in json.loads(out)["error"]["message"]
