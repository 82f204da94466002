"""`check` on sources that verify signatures."""

from pathlib import Path

import pytest

from heliograph.operations.configuration.check import check_folder
from heliograph.operations.configuration.folder import Problem, read_folder

SIGNED = """partner = "custom-shop"

[verify]
scheme = "shopify"
secrets = ["${SHOP_SECRET}"]
"""


def problems(folder: Path, environ: dict[str, str], source: str) -> list[Problem]:
    (folder / "sources/shop.toml").write_text(source)
    return check_folder(read_folder(folder), environ, secrets="error", cases=True)


@pytest.fixture
def complete(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "SHOP_SECRET": "s" * 32}


def test_a_signed_source_is_fine(folder: Path, complete: dict[str, str]):
    assert problems(folder, complete, SIGNED) == []


def test_its_secret_must_be_set(folder: Path, environ: dict[str, str]):
    [problem] = problems(folder, environ, SIGNED)
    assert (problem.code, problem.path) == ("config.missing_secret", "$.verify.secrets[0]")


def test_its_scheme_must_be_known(folder: Path, complete: dict[str, str]):
    [problem] = problems(folder, complete, SIGNED.replace('"shopify"', '"shopfy"'))
    assert (problem.path, problem.line) == ("$.verify.scheme", 4)


def test_it_needs_a_secret(folder: Path, complete: dict[str, str]):
    [problem] = problems(folder, complete, SIGNED.replace('"${SHOP_SECRET}"', ""))
    assert problem.path == "$.verify.secrets"


def test_a_partner_with_two_mappers_must_be_told_which(folder: Path, complete: dict[str, str]):
    mapper = folder / "mappers/custom-shop/orders.json"
    (folder / "mappers/custom-shop/orders_v2.json").write_text(mapper.read_text())
    [problem] = problems(folder, complete, SIGNED)
    assert problem.allowed == "orders, orders_v2"
    assert problems(folder, complete, 'config = "orders_v2"\n' + SIGNED) == []


def test_a_named_mapper_must_exist(folder: Path, complete: dict[str, str]):
    [problem] = problems(folder, complete, 'config = "order"\n' + SIGNED)
    assert (problem.path, problem.line) == ("$.config", 1)
    assert problem.hint == "Did you mean 'orders'?"
