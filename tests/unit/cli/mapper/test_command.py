"""`heliograph mapper …`: outputs that programs read, and exit codes that CI reads."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heliograph.cli.mapper.command import mapper
from heliograph.mapping import compile_mapper
from heliograph.model.json import JsonObject

DOCUMENT: JsonObject = {
    "partner_name": "shop",
    "mapping_type": "events",
    "mappings": {
        "customer_id": "$.orders[*].email",
        "event_name": "Order",
        "user_time": "$receivedAt",
        "platform": "web",
        "app_version": "1.0.0",
        "attr": {"total": "$.orders[*].total", "topic": "$headers.x-topic", "q": "$query.q"},
    },
    "batching": True,
    "payload_validations": {},
}
GOOD: JsonObject = {"email": "zoë@b.c", "total": 1}
EVENT: JsonObject = {
    "customer_id": "zoë@b.c",
    "anonymous_id": None,
    "event": "Order",
    "timestamp": 1_000,
    "platform": "web",
    "app_version": "1.0.0",
    "properties": {"total": 1},
    "traits": {},
}
MISSING = "Required field 'Request.data.customer_id' is missing in the payload"


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "mappers/shop/orders.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return str(path)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    # Not standalone: errors come back as the process would see them.
    return CliRunner().invoke(mapper, list(arguments), input=stdin, standalone_mode=False)


def map_payload(document: str, payload: object, *more: str) -> tuple[JsonObject, Result]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    arguments = ("--mapper", document, "--payload", "-", "--received-at", "1", *more)
    result = run("run", *arguments, stdin=body)
    return json.loads(result.stdout), result


class TestRun:
    def test_prints_events_and_rejected_items(self, document: str) -> None:
        output, result = map_payload(document, {"orders": [GOOD, {"total": 2}]})
        assert output["events"] == [EVENT]
        assert output["rejected"] == [
            {
                "index": 1,
                "code": "mapper.missing_field",
                "message": MISSING,
                "path": "$['orders'][1]['email']",
            }
        ]
        assert result.return_value == 0

    def test_ends_with_1_and_the_gateways_message_when_all_is_refused(self, document: str) -> None:
        output, result = map_payload(document, {"orders": [{"total": 2}]})
        assert output["events"] == []
        assert result.return_value == 1
        assert result.stderr.strip() == MISSING

    @pytest.mark.parametrize("body", [b"{", b"", b'"x"', b"\xff\xff"])
    def test_an_unreadable_body_is_one_refused_item(self, document: str, body: bytes) -> None:
        output, result = map_payload(document, body)
        assert output["events"] == []
        message = "The provided payload is invalid"
        rejected = {"index": 0, "code": "body.unreadable", "message": message, "path": None}
        assert output["rejected"] == [rejected]
        assert result.return_value == 1
        assert result.stderr.startswith(message)

    def test_headers_query_and_gzip_count(self, document: str) -> None:
        body = gzip.compress(json.dumps({"orders": [GOOD]}).encode())
        options = (
            "--header",
            "X-Topic: orders/create",
            "--query",
            "q=a=b",
            "--content-type",
            "x/y",
        )
        output, _ = map_payload(document, body, *options)
        properties = {"total": 1, "topic": "orders/create", "q": "a=b"}
        assert output["events"] == [{**EVENT, "properties": properties}]

    def test_one_line_of_ndjson_is_a_batch_of_one(self, tmp_path: Path) -> None:
        path = tmp_path / "lines.json"
        text = json.dumps(DOCUMENT).replace("$.orders[*]", "$[*]")
        path.write_text(text, encoding="utf-8")
        body = json.dumps(GOOD).encode() + b"\n"
        for lines in (1, 2):
            options = ("--content-type", "application/x-ndjson")
            output, _ = map_payload(str(path), body * lines, *options)
            assert output["events"] == [EVENT] * lines

    def test_json_is_one_line(self, document: str) -> None:
        output, result = map_payload(document, {"orders": [GOOD]}, "--json")
        assert result.stdout.count("\n") == 1
        assert output["events"] == [EVENT]

    def test_the_mapper_may_come_from_standard_input(self, tmp_path: Path) -> None:
        payload = tmp_path / "p.json"
        payload.write_text(json.dumps({"orders": [GOOD]}), encoding="utf-8")
        document = json.dumps(DOCUMENT).encode()
        result = run("run", "--mapper", "-", "--payload", str(payload), stdin=document)
        assert result.return_value == 0


class TestFoldersWithoutMappers:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        for name, value in (
            ("package.json", {"name": "shop"}),
            ("list.json", [1]),
            ("orders.json", DOCUMENT),
            ("untyped.json", {"partner_name": "shop", "mappings": {}}),
            ("broken.json", None),
        ):
            text = "{" if value is None else json.dumps(value)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    @pytest.mark.parametrize("command", ["test", "lint"])
    def test_what_is_no_mapper_is_passed_over_and_named(self, folder: Path, command: str) -> None:
        result = run(command, str(folder))
        assert [line for line in result.stderr.splitlines() if line.startswith("Passed over")] == [
            f"Passed over {folder / name}: no mapper document, it has neither mapping_type nor variants."
            for name in ("list.json", "package.json")
        ]
        assert result.return_value == 1
        assert "3 mappers" in result.stdout

    def test_in_a_folder_for_mappers_everything_is_one(self, folder: Path) -> None:
        (folder / "mappers/shop").mkdir(parents=True)
        (folder / "package.json").rename(folder / "mappers/shop/package.json")
        for place in ("", "mappers", "mappers/shop"):
            result = run("test", str(folder / place))
            assert result.return_value == 1
            assert "· compiles" in result.stdout
            assert "Passed over" not in result.stderr

    def test_nothing_but_other_files_is_usage(self, folder: Path) -> None:
        for name in ("orders", "untyped", "broken"):
            (folder / f"{name}.json").unlink()
        result = CliRunner().invoke(mapper, ["test", str(folder)])
        assert result.exit_code == 2
        assert "mapping_type" in result.stderr


class TestUsage:
    @pytest.mark.parametrize("command", ["run", "explain", "test"])
    def test_an_unknown_zone_is_the_options_fault(self, document: str, command: str) -> None:
        files = [document] if command == "test" else ["--mapper", document, "--payload", "-"]
        arguments = [command, *files, "--timezone", "Foo/Bar"]
        result = CliRunner().invoke(mapper, arguments, input="{}")
        assert result.exit_code == 2
        assert (
            "Invalid value for '--timezone': The time zone 'Foo/Bar' is not known." in result.stderr
        )
        assert "Europe/Berlin" in result.stderr
        assert "orders.json" not in result.stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            ("run",),
            ("run", "--mapper", "-", "--payload", "-"),
            ("run", "--mapper", "nowhere.json", "--payload", "-"),
            ("run", "--mapper", "DOCUMENT", "--payload", "-", "--received-at", "soon"),
            ("run", "--mapper", "DOCUMENT", "--payload", "-", "--header", "no colon"),
            ("run", "--mapper", "DOCUMENT", "--payload", "-", "--query", "noequals"),
            ("test", "nowhere"),
        ],
    )
    def test_wrong_usage_is_2(self, document: str, arguments: tuple[str, ...]) -> None:
        given = [document if each == "DOCUMENT" else each for each in arguments]
        result = CliRunner().invoke(mapper, given, input=b"{}")
        assert result.exit_code == 2

    def test_a_folder_where_a_file_should_be_is_3(self, tmp_path: Path, document: str) -> None:
        given = ["run", "--mapper", document, "--payload", str(tmp_path)]
        assert CliRunner().invoke(mapper, given).exit_code == 3
        result = CliRunner().invoke(mapper, [*given, "--json"])
        assert result.exit_code == 3
        assert json.loads(result.stdout)["error"]["code"] == "environment"

    def test_a_folder_without_mappers_is_2(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        assert CliRunner().invoke(mapper, ["test", str(tmp_path / "empty")]).exit_code == 2


class TestExplain:
    def test_says_where_each_value_comes_from(self, document: str) -> None:
        body = json.dumps({"orders": [GOOD]}).encode()
        result = run("explain", "--mapper", document, "--payload", "-", stdin=body)
        assert "customer_id <- $.orders[*].email -> 'zoë@b.c'" in result.stdout
        assert result.return_value == 0

    def test_prints_the_lines_that_a_refusal_is_answered_with(self, document: str) -> None:
        payload: JsonObject = {"orders": [GOOD, {"emial": "a@b.c", "total": {}}, {"email": 5.5}]}
        body = json.dumps(payload).encode()
        result = run("explain", "--mapper", document, "--payload", "-", stdin=body)
        compiled = compile_mapper(DOCUMENT)
        refusals = compiled.explain_refusals(
            compiled.apply(payload, received_at_ms=0), payload, received_at_ms=0
        )
        told = [item.explanation for item in refusals.rejected]
        assert len(told) == 2
        for explanation in told:
            assert explanation is not None
            assert f"\n{explanation}\n" in result.stdout

    def test_help_keeps_the_lines_of_the_legend(self) -> None:
        text = CliRunner().invoke(mapper, ["explain", "--help"]).stdout
        lines = [line.strip() for line in text.splitlines()]
        assert "- field <- path            it is left out; below: why" in lines
        assert "\\b" not in text
        assert "\b" not in text

    def test_as_json_too(self, document: str) -> None:
        body = json.dumps({"orders": [{}]}).encode()
        result = run("explain", "--json", "--mapper", document, "--payload", "-", stdin=body)
        item = json.loads(result.stdout)["items"][0]
        assert item["outcome"]["message"] == MISSING
        assert {field["field"] for field in item["fields"]} >= {"customer_id", "timestamp"}
        assert result.return_value == 1


class TestTest:
    def case(self, document: str, name: str, case: JsonObject) -> Path:
        path = Path(document).with_suffix("") / "cases" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(case), encoding="utf-8")
        return path

    def test_passing_failing_and_new_cases(self, document: str, tmp_path: Path) -> None:
        expect: JsonObject = {"events": [{**EVENT, "timestamp": 1704067200000}]}
        self.case(document, "good", {"payload": {"orders": [GOOD]}, "expect": expect})
        result = run("test", str(tmp_path))
        assert result.return_value == 0
        assert "1 passed (1 mapper)" in result.stdout
        self.case(document, "bad", {"payload": {"orders": [GOOD, GOOD]}, "expect": expect})
        self.case(document, "new", {"payload": {"orders": [GOOD]}})
        junit = tmp_path / "out" / "junit.xml"
        result = run("test", str(tmp_path), "--junit", str(junit))
        assert result.return_value == 1
        assert "1 passed, 2 failed" in result.stdout
        assert '+      "customer_id": "zoë@b.c"' in result.stdout
        assert 'failures="2"' in junit.read_text(encoding="utf-8")

    def test_update_writes_what_the_mapper_gives(self, document: str, tmp_path: Path) -> None:
        path = self.case(document, "new", {"payload": {"orders": [GOOD]}, "expect": {"events": []}})
        assert run("test", str(tmp_path), "--update").return_value == 0
        assert json.loads(path.read_bytes())["expect"]["events"][0]["customer_id"] == "zoë@b.c"
        report = json.loads(run("test", str(tmp_path), "--json").stdout)
        assert (report["passed"], report["failed"], report["updated"]) == (1, 0, 0)
        assert report["cases"][0]["mapper"] == "shop/orders"

    def test_a_mapper_that_does_not_compile_fails(self, document: str, tmp_path: Path) -> None:
        Path(document).write_text('{"partner_name": 3}', encoding="utf-8")
        result = run("test", str(tmp_path))
        assert result.return_value == 1
        assert "✗ shop/orders · compiles" in result.stdout

    def test_a_broken_case_file_fails_alone(self, document: str, tmp_path: Path) -> None:
        self.case(document, "good", {"payload": {}, "expect": {"rejected": [{}]}})
        self.case(document, "typo", {"payload": {}, "expcet": {}})
        result = run("test", str(tmp_path))
        assert result.return_value == 1
        assert "1 passed, 1 failed" in result.stdout
        assert "expcet" in result.stdout
