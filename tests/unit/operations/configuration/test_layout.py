from pathlib import PurePosixPath

import pytest

from heliograph.model.documents.files import file_of
from heliograph.operations.configuration.layout import document_of, is_case, is_left_alone


@pytest.mark.parametrize(
    ("file", "document"),
    [
        ("workspace.toml", ("workspace", "workspace")),
        ("sources/shop.toml", ("source", "shop")),
        ("mappers/shop/orders.json", ("mapper", "shop/orders")),
        ("mappers/shop/orders.v2.json", ("mapper", "shop/orders.v2")),
        ("destinations/crm.toml", ("destination", "crm")),
        ("blueprints/plain.json", ("blueprint", "plain")),
        ("pipelines/main.toml", ("pipeline", "main")),
    ],
)
def test_a_document_has_one_file_and_back(file: str, document: tuple[str, str]):
    assert document_of(PurePosixPath(file)) == document
    assert str(file_of(*document)) == file  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "file",
    [
        "sources/shop.json",
        "mappers/orders.json",
        "mappers/shop/orders/cases/one.json",
        "mappers/shop/preset.json",
        "sources/deep/shop.toml",
        "other.toml",
    ],
)
def test_any_other_file_is_no_document(file: str):
    assert document_of(PurePosixPath(file)) is None


def test_cases_and_notes_are_known():
    assert is_case(PurePosixPath("mappers/shop/orders/cases/one.json"))
    assert not is_case(PurePosixPath("mappers/shop/orders.json"))
    assert is_left_alone(PurePosixPath("README.md"))
    assert is_left_alone(PurePosixPath(".git/config"))
    assert is_left_alone(PurePosixPath("heliograph.toml"))
    assert not is_left_alone(PurePosixPath("source/shop.toml"))
    assert not is_left_alone(PurePosixPath("sources/shop.yaml"))
