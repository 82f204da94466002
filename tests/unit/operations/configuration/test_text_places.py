import pytest

from heliograph.operations.configuration.text_places import line_of_json_path, line_of_toml_key

TOML = """top = 1
[gateway]
port = 2
top = 3

[delivery.retry]
first_s = 4

[[destinations]]
name = "a"
inline = {key = 1}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (["top"], 1),
        (["gateway", "port"], 3),
        (["gateway", "top"], 4),
        (["delivery", "retry", "first_s"], 7),
        (["destinations", "name"], 10),
        (["destinations"], 9),
        (["destinations", "inline", "key"], 11),
        (["nowhere"], None),
    ],
)
def test_the_line_of_a_toml_key(path: list[str], line: int | None):
    assert line_of_toml_key(TOML, path) == line


JSON = """{
  "name": "x",
  "mappings": {
    "name": "y",
    "attr": {"deep": 1}
  },
  "list": [
    {"name": "z"}
  ]
}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("$.name", 2),
        ("$.mappings.name", 4),
        ("$.mappings.attr.deep", 5),
        ("$.list[0].name", 8),
        ("$['mappings']['attr']", 5),
        ("$.nowhere", None),
        ("$", None),
    ],
)
def test_the_line_of_a_json_path(path: str, line: int | None):
    assert line_of_json_path(JSON, path) == line
