"""Documents as text: every body that a file can hold comes back the same, in the same bytes."""

import json
import tomllib

import hypothesis.strategies as st
from hypothesis import given

from heliograph.model.json import Json, JsonObject
from heliograph.operations.configuration.files import body_of, portable, text_of

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(
    TEXT, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, width=32)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
BODIES = st.dictionaries(TEXT, VALUES, max_size=5)


@given(BODIES)
def test_a_toml_document_comes_back(body: JsonObject):
    text = text_of("destination", body)
    assert tomllib.loads(text) == body
    assert text_of("destination", tomllib.loads(text)) == text


@given(BODIES)
def test_a_json_document_comes_back(body: JsonObject):
    text = text_of("mapper", body)
    assert json.loads(text) == body
    assert text.endswith("\n")


def test_a_pipeline_says_none_for_no_blueprint_and_nothing_else_is_touched():
    written: JsonObject = {
        "destinations": [{"name": "a", "blueprint": "none"}, {"name": "b", "blueprint": "x"}, "?"]
    }
    stored: JsonObject = {
        "destinations": [{"name": "a", "blueprint": None}, {"name": "b", "blueprint": "x"}, "?"]
    }
    assert body_of("pipeline", written) == stored
    assert tomllib.loads(text_of("pipeline", stored)) == written
    assert body_of("destination", written) == written


def test_nulls_mean_what_leaving_out_means():
    value: Json = {"a": None, "b": [{"c": None, "d": 1}], "blueprint": None}
    assert portable(value) == {"b": [{"d": 1}], "blueprint": None}
