"""Settings: precedence, origins, and errors that say where, what and what else."""

from pathlib import Path

import pytest

from heliograph.app.settings import Settings
from heliograph.app.settings_loading import known_keys, load_settings, read_settings, value_of
from heliograph.errors import ConfigError


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "heliograph.toml"
        path.write_text(text)
        return path

    return write


def test_nothing_set_gives_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    effective = load_settings(environ={})
    assert effective.settings == Settings()
    assert set(effective.origins.values()) == {"default"}


def test_each_layer_wins_over_the_one_before_it(write):
    file = write("[gateway]\nport = 1001\nhost = '0.0.0.0'\nkeep_alive_s = 30\n")
    environ = {"HELIOGRAPH_GATEWAY__PORT": "1002", "HELIOGRAPH_GATEWAY__KEEP_ALIVE_S": "31"}
    effective = load_settings(file=file, environ=environ, flags={"gateway.port": "1003"})
    gateway = effective.settings.gateway
    assert (gateway.port, gateway.keep_alive_s, gateway.host) == (1003, 31, "0.0.0.0")
    assert effective.origins["gateway.port"] == "flag --set gateway.port"
    assert (
        effective.origins["gateway.keep_alive_s"] == "environment HELIOGRAPH_GATEWAY__KEEP_ALIVE_S"
    )
    assert effective.origins["gateway.host"] == "heliograph.toml line 3"
    assert effective.origins["gateway.max_headers"] == "default"


def test_a_nested_section_is_reached_from_file_environment_and_flag(write):
    file = write("[delivery.retry]\nfirst_s = 2\n")
    environ = {"HELIOGRAPH_DELIVERY__RETRY__FACTOR": "1.5"}
    effective = load_settings(file=file, environ=environ, flags={"delivery.retry.cap_s": "9"})
    retry = effective.settings.delivery.retry
    assert (retry.first_s, retry.factor, retry.cap_s) == (2.0, 1.5, 9.0)
    assert effective.origins["delivery.retry.first_s"] == "heliograph.toml line 2"


def test_a_data_dir_in_a_file_is_relative_to_the_file(write, tmp_path: Path):
    effective = load_settings(file=write("data_dir = 'kept'\n"), environ={})
    assert effective.settings.data_path == (tmp_path / "kept").resolve()


def test_a_data_dir_from_the_environment_is_relative_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    effective = load_settings(environ={"HELIOGRAPH_DATA_DIR": "kept"})
    assert effective.settings.data_path == (tmp_path / "kept").resolve()


def test_the_file_in_the_working_directory_is_read_without_being_named(
    write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write("[log]\nlevel = 'debug'\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings(environ={}).settings.log.level == "debug"


def test_every_problem_of_every_layer_is_found_in_one_pass(write):
    file = write("[gateway]\nprot = 1\nport = 'high'\n[logs]\nlevel = 'info'\n")
    _, problems = read_settings(
        file=file,
        environ={"HELIOGRAPH_LOG__LEVEL": "loud"},
        flags={"gateway.max_headers": "0"},
    )
    places = {(problem.where, problem.found) for problem in problems}
    assert places == {
        ("heliograph.toml line 2", "gateway.prot"),
        ("heliograph.toml line 3", "'high'"),
        ("heliograph.toml line 5", "logs.level"),
        ("environment HELIOGRAPH_LOG__LEVEL", "'loud'"),
        ("flag --set gateway.max_headers", "'0'"),
    }


def test_an_unknown_name_is_answered_with_the_nearest_one(write):
    with pytest.raises(ConfigError) as caught:
        load_settings(file=write("[gateway]\nprot = 1\n"), environ={})
    error = caught.value
    assert error.code == "settings.invalid"
    assert "gateway.port" in (error.hint or "")
    assert "gateway.max_headers" in (error.allowed or "")


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("gateway.port", "70000", "integer 0..65535"),
        ("log.format", "xml", "one of json, text"),
        ("engine.idle_s", "0", "number above 0"),
        ("gateway.max_headers", "many", "integer of 1 or more"),
    ],
)
def test_a_bad_value_is_answered_with_what_is_allowed(key: str, text: str, allowed: str):
    _, problems = read_settings(environ={}, flags={key: text})
    assert [problem.allowed for problem in problems] == [allowed]
    assert problems[0].found == repr(text)


def test_a_typo_of_a_top_level_variable_is_refused_but_foreign_ones_are_left_alone():
    _, problems = read_settings(environ={"HELIOGRAPH_DATADIR": "x"})
    assert [problem.where for problem in problems] == ["environment HELIOGRAPH_DATADIR"]
    effective, problems = read_settings(environ={"HELIOGRAPH_SHARED_DATA": "x"})
    assert effective is not None
    assert problems == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HELIOGRAPH_GATEWAY_PORT", "HELIOGRAPH_GATEWAY__PORT"),
        ("HELIOGRAPH_LOG_LEVEL", "HELIOGRAPH_LOG__LEVEL"),
        ("HELIOGRAPH_DELIVERY_RETRY_FIRST_S", "HELIOGRAPH_DELIVERY__RETRY__FIRST_S"),
        ("HELIOGRAPH_RETENTION_KEEP_EVENTS_DAYS", "HELIOGRAPH_RETENTION__KEEP_EVENTS_DAYS"),
        ("HELIOGRAPH_GATEWAYPORT", "HELIOGRAPH_GATEWAY__PORT"),
    ],
)
def test_a_variable_that_lacks_an_underscore_is_caught(name: str, meant: str):
    _, problems = read_settings(environ={name: "1"})
    assert [problem.where for problem in problems] == [f"environment {name}"]
    assert f"{meant} (two underscores" in (problems[0].hint or "")


@pytest.mark.parametrize(
    "name", ["HELIOGRAPH_GATEWAY_PAGES_TOKEN", "HELIOGRAPH_GATEWAY_PORTS", "HELIOGRAPH_LOG_LEVELS"]
)
def test_a_variable_that_is_merely_like_a_setting_is_left_alone(name: str):
    """It may be a secret, which documents and `_env` settings name as they like."""
    effective, problems = read_settings(environ={name: "s3cret"})
    assert effective is not None
    assert problems == []


def test_a_variable_that_a_setting_names_is_left_alone_whatever_its_name(write):
    name = "HELIOGRAPH_DATADIR"
    environ = {name: "s3cret"}
    written = write(f'[gateway]\npages_token_env = "{name}"\n')
    said = {"HELIOGRAPH_GATEWAY__PAGES_TOKEN_ENV": name}
    assert read_settings(file=written, environ=environ)[1] == []
    assert read_settings(environ=environ | said)[1] == []
    assert read_settings(environ=environ, flags={"gateway.pages_token_env": name})[1] == []
    assert len(read_settings(environ=environ)[1]) == 1


def test_a_named_file_must_exist(tmp_path: Path):
    with pytest.raises(ConfigError) as caught:
        load_settings(file=tmp_path / "nowhere.toml", environ={})
    assert caught.value.where == str(tmp_path / "nowhere.toml")


@pytest.mark.parametrize("key", ["data_dir", "delivery.ca_file", "gateway.host"])
def test_a_nul_byte_in_a_text_is_refused(write, key: str):
    section, _, name = key.rpartition(".")
    text = f'{name} = "a\\u0000b"\n'
    _, problems = read_settings(file=write(f"[{section}]\n{text}" if section else text), environ={})
    assert [problem.allowed for problem in problems] == ["text without a NUL byte"]


def test_broken_toml_is_one_problem(write):
    _, problems = read_settings(file=write("[gateway\n"), environ={})
    assert len(problems) == 1
    assert "line 1" in problems[0].message


def test_an_empty_data_dir_is_refused():
    _, problems = read_settings(environ={"HELIOGRAPH_DATA_DIR": ""})
    assert [problem.where for problem in problems] == ["environment HELIOGRAPH_DATA_DIR"]


def test_the_first_problem_says_how_many_more_there_are():
    with pytest.raises(ConfigError) as caught:
        load_settings(environ={}, flags={"log.level": "x", "log.format": "y"})
    assert caught.value.hint == "1 more: heliograph config check lists all."


def test_every_known_key_has_a_value():
    settings = Settings()
    assert value_of(settings, "gateway.port") == 8080
    for key in known_keys():
        value_of(settings, key)
