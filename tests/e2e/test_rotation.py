"""A key is rotated while the hub runs, as the how-to says, and the hub does not know the new variable yet."""

import shutil
from pathlib import Path

import pytest

from heliograph.testing.running.demo_hub import FORM_PATH, KEY, form, get, post
from heliograph.testing.running.processes import HubFolder, wait_until

pytestmark = pytest.mark.integration


@pytest.fixture
def rotating(own_hub: HubFolder, tmp_path: Path) -> HubFolder:
    """A hub whose configuration lies in a folder of the test's own."""
    assert own_hub.configuration is not None
    folder = tmp_path / "configuration"
    shutil.copytree(own_hub.configuration, folder)
    own_hub.configuration = folder
    return own_hub


def write_keys(hub: HubFolder, *names: str) -> None:
    assert hub.configuration is not None
    listed = ", ".join(f'"${{{name}}}"' for name in names)
    text = f'id = "demo"\ndata_api_keys = [{listed}]\ntimezone = "UTC"\n'
    (hub.configuration / "workspace.toml").write_text(text)


def apply_with(hub: HubFolder, **variables: str) -> None:
    """Apply with variables that only this command has."""
    before = dict(hub.environ)
    hub.environ |= variables
    try:
        hub.apply()
    finally:
        hub.environ = before


def test_a_key_that_the_running_hub_does_not_know_stops_nothing_and_is_said(rotating: HubFolder):
    up = rotating.start("up")
    address = up.wait_ready()
    assert address is not None
    assert post(address, FORM_PATH, form("a@example.com")).status == 200

    write_keys(rotating, "DEMO_DATA_API_KEY", "NEXT_KEY")
    apply_with(rotating, NEXT_KEY="next")
    wait_until(
        lambda: "NEXT_KEY" in get(f"{address}/readyz")[1],
        "/readyz names the variable",
        said=rotating.output,
    )
    assert get(f"{address}/readyz")[0] == 200
    assert post(address, FORM_PATH, form("b@example.com"), key=KEY).status == 200
    assert post(address, FORM_PATH, form("c@example.com"), key="next").status == 401
    problems = rotating.json("status")["problems"]
    assert any("workspace" in each and "NEXT_KEY" in each for each in problems), problems
    said = rotating.output()
    assert "the environment variable NEXT_KEY is not set" in said
    assert "Perhaps the hub's own fault" in said

    up.stop()
    rotating.environ["NEXT_KEY"] = "next"
    up = rotating.start("up")
    address = up.wait_ready()
    assert address is not None
    for key in (KEY, "next"):
        assert post(address, FORM_PATH, form("d@example.com"), key=key).status == 200
    assert not any("NEXT_KEY" in each for each in rotating.json("status")["problems"])


def test_a_start_without_the_variable_of_the_only_key_refuses_for_now_and_says_so(
    rotating: HubFolder,
):
    """A 401 would make senders drop what they have for a fault that is the hub's."""
    write_keys(rotating, "ONLY_KEY")
    apply_with(rotating, ONLY_KEY="only")
    del rotating.environ["DEMO_DATA_API_KEY"]
    address = rotating.start("gateway").wait_ready()
    assert address is not None
    answer = post(address, FORM_PATH, form("a@example.com"), key="only")
    assert answer.status == 503
    assert "demo" not in str(answer.body), "a stranger is not told which workspaces there are"
    status, text = get(f"{address}/readyz")
    assert (status, "ONLY_KEY" in text) == (503, True)
    outcome = rotating.run("status")
    assert outcome.returncode == 1
    assert "every request is refused" in outcome.stdout
    said = "workspace.toml $.data_api_keys[0]: the environment variable ONLY_KEY is not set"
    for place in (outcome.stdout, text, rotating.output()):
        assert said in " ".join(place.split()), place


def test_a_hub_without_any_configuration_refuses_for_now_and_says_so(tmp_path: Path):
    with HubFolder(tmp_path) as hub:
        address = hub.start("gateway").wait_ready()
        assert address is not None
        assert post(address, FORM_PATH, form("a@example.com")).status == 503
        status, text = get(f"{address}/readyz")
        assert (status, "no configuration was applied" in text) == (503, True)
        assert any("no configuration" in each for each in hub.json("status")["problems"])
        assert "no configuration was applied" in hub.output()
