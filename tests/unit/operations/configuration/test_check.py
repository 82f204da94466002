"""`check`: each kind of mistake is found, named and placed; a good folder has none."""

from pathlib import Path

import pytest

from heliograph.operations.configuration.check import check_folder
from heliograph.operations.configuration.folder import Problem, read_folder


def problems_of(folder: Path, environ: dict[str, str], *, cases: bool = True) -> list[Problem]:
    return check_folder(read_folder(folder), environ, secrets="error", cases=cases)


def only_problem(folder: Path, environ: dict[str, str]) -> Problem:
    problems = problems_of(folder, environ)
    assert len(problems) == 1, problems
    return problems[0]


def test_a_good_folder_has_no_problem(folder: Path, environ: dict[str, str]):
    assert problems_of(folder, environ) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "path", "line"),
    [
        ("workspace.toml", "id =", "idd =", "config.invalid", "$.idd", 1),
        ("workspace.toml", '"acme"', '""', "config.invalid", "$.id", 1),
        ("workspace.toml", '"acme"', '"ac/me"', "config.invalid", "$.id", 1),
        ("workspace.toml", '"acme"', '"ac:me"', "config.invalid", "$.id", 1),
        ("workspace.toml", '"acme"', '"ac\\u0000me"', "config.invalid", "$.id", 1),
        (
            "workspace.toml",
            "data_api",
            'timezone = "Mars/Base"\ndata_api',
            "config.invalid",
            "$.timezone",
            2,
        ),
        ("sources/shop.toml", "partner", "partners", "config.invalid", "$.partners", 1),
        (
            "mappers/custom-shop/orders.json",
            '"user_time": "$.at",',
            "",
            "mapper.invalid",
            None,
            None,
        ),
        ("destinations/sink.toml", "webhook", "webhok", "config.unknown_reference", "$.type", 1),
        ("destinations/sink.toml", "url =", "uri =", "config.invalid", None, None),
        ("destinations/sink.toml", "http://127", "127", "config.invalid", "$.settings.url", 4),
        ("blueprints/plain.json", "drop", "dorp", "config.invalid", None, None),
        (
            "pipelines/main.toml",
            '"shop"',
            '"shp"',
            "config.unknown_reference",
            "$.sources[0]",
            1,
        ),
        (
            "pipelines/main.toml",
            'name = "sink"',
            'name = "sunk"',
            "config.unknown_reference",
            "$.destinations[0]",
            3,
        ),
        (
            "pipelines/main.toml",
            '"plain"',
            '"plan"',
            "config.unknown_reference",
            "$.destinations[0].blueprint",
            5,
        ),
    ],
)
def test_a_mistake_is_named_and_placed(
    folder: Path,
    environ: dict[str, str],
    file: str,
    old: str,
    new: str,
    code: str,
    path: str | None,
    line: int | None,
):
    target = folder / file
    text = target.read_text()
    assert old in text
    target.write_text(text.replace(old, new, 1))
    found = [p for p in problems_of(folder, environ) if p.severity == "error" and p.file == file]
    assert [p.code for p in found] == [code], found
    if path is not None:
        assert (found[0].path, found[0].line) == (path, line)


def test_a_broken_mapper_does_not_hide_other_problems(folder: Path, environ: dict[str, str]):
    (folder / "mappers/custom-shop/orders.json").write_text("{")
    (folder / "pipelines/main.toml").write_text('sources = ["shp"]\n')
    files = {p.file for p in problems_of(folder, environ) if p.severity == "error"}
    assert files == {"mappers/custom-shop/orders.json", "pipelines/main.toml"}


def test_a_variable_that_is_not_set_is_named_once_with_its_place(
    folder: Path, environ: dict[str, str]
):
    del environ["SINK_SECRET"]
    problem = only_problem(folder, environ)
    assert (problem.code, problem.path, problem.line) == (
        "config.missing_secret",
        "$.settings.signing_secret",
        5,
    )
    assert "SINK_SECRET" in problem.message


def test_variables_may_be_checked_where_the_hub_runs(folder: Path):
    problems = check_folder(read_folder(folder), {}, secrets="warning", cases=True)
    assert {(p.severity, p.code) for p in problems} == {("warning", "config.missing_secret")}


def test_a_case_that_fails_shows_the_difference(folder: Path, environ: dict[str, str]):
    case = folder / "mappers/custom-shop/orders/cases/one.json"
    case.parent.mkdir(parents=True)
    case.write_text(
        '{"payload": {"email": "a@b.c", "at": 1704067200000, "total": 5},'
        ' "expect": {"events": [], "rejected": []}}'
    )
    problem = only_problem(folder, environ)
    assert problem.file == "mappers/custom-shop/orders/cases/one.json"
    assert problem.code == "config.case_failed"
    assert "a@b.c" in problem.message
    assert problems_of(folder, environ, cases=False) == []


def test_a_missing_workspace_is_said_first(folder: Path, environ: dict[str, str]):
    (folder / "workspace.toml").unlink()
    problem = only_problem(folder, environ)
    assert (problem.file, problem.message) == ("workspace.toml", "is missing")


def test_a_name_in_the_file_must_be_the_file_s(folder: Path, environ: dict[str, str]):
    (folder / "sources/shop.toml").write_text('name = "shop"\npartner = "custom-shop"\n')
    assert problems_of(folder, environ) == []
    (folder / "sources/shop.toml").write_text('partner = "custom-shop"\nname = "store"\n')
    problem = next(p for p in problems_of(folder, environ) if p.file == "sources/shop.toml")
    assert (problem.path, problem.line) == ("$.name", 2)


def test_a_near_miss_of_a_folder_is_pointed_out_and_notes_are_left_alone(
    folder: Path, environ: dict[str, str]
):
    (folder / "source").mkdir()
    (folder / "source/other.toml").write_text("")
    (folder / "README.md").write_text("# Notes\n")
    (folder / "notes").mkdir()
    (folder / "notes/idea.json").write_text("{}")
    problem = only_problem(folder, environ)
    assert (problem.file, problem.severity) == ("source/other.toml", "warning")
    assert problem.hint == "Did you mean the folder sources/?"


def test_a_partner_belongs_to_one_source(folder: Path, environ: dict[str, str]):
    (folder / "sources/store.toml").write_text('partner = "custom-shop"\n')
    problem = only_problem(folder, environ)
    assert (problem.file, problem.path) == ("sources/store.toml", "$.partner")


def test_every_mistake_of_one_document_is_listed(folder: Path, environ: dict[str, str]):
    (folder / "destinations/sink.toml").write_text(
        'type = "webengage"\ncolour = 3\nenabled = "yes"\n\n[settings]\napi_host = 5\nsize = 1\n'
    )
    (folder / "pipelines/main.toml").write_text(
        'sources = ["shp"]\nenabled = 1\n\n[[destinations]]\nname = "sunk"\nblueprnt = "plain"\n'
    )
    (folder / "workspace.toml").write_text(
        'id = ""\ndata_api_keys = "k"\ntimezone = "Mars/Base"\nmax_body_bytes = "1"\n'
    )
    (folder / "blueprints/plain.json").write_text(
        '{"events": {"drop": "Noise", "dorp": []}, "colour": 3}'
    )
    found = {(p.file, p.path) for p in problems_of(folder, environ) if p.severity == "error"}
    assert found == {
        ("blueprints/plain.json", "$.events.drop"),
        ("blueprints/plain.json", "$.events.dorp"),
        ("blueprints/plain.json", "$.colour"),
        ("destinations/sink.toml", "$.colour"),
        ("destinations/sink.toml", "$.enabled"),
        ("destinations/sink.toml", "$.settings.api_host"),
        ("destinations/sink.toml", "$.settings.license_code"),
        ("destinations/sink.toml", "$.settings.rest_api_key"),
        ("destinations/sink.toml", "$.settings.size"),
        ("pipelines/main.toml", "$.sources[0]"),
        ("pipelines/main.toml", "$.enabled"),
        ("pipelines/main.toml", "$.destinations[0]"),
        ("pipelines/main.toml", "$.destinations[0].blueprnt"),
        ("workspace.toml", "$.id"),
        ("workspace.toml", "$.data_api_keys"),
        ("workspace.toml", "$.timezone"),
        ("workspace.toml", "$.max_body_bytes"),
    }


def test_an_unknown_type_does_not_hide_what_else_is_wrong(folder: Path, environ: dict[str, str]):
    (folder / "destinations/sink.toml").write_text('type = "webengag"\ncolour = 3\napi_host = 5\n')
    found = {p.path for p in problems_of(folder, environ) if p.file == "destinations/sink.toml"}
    assert found == {"$.type", "$.colour", "$.api_host"}
