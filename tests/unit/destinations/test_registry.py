from importlib.metadata import EntryPoint

import msgspec
import pytest

from heliograph.destinations import registry
from heliograph.destinations.registry import BUILT_IN, registered
from heliograph.errors import ConfigError

ACME = msgspec.structs.replace(BUILT_IN[0], name="acme")
HEAP_TWICE = BUILT_IN[2]


def entry_point(attribute: str) -> EntryPoint:
    return EntryPoint("x", f"{__name__}:{attribute}", "heliograph.destinations")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch):
    """Entry points load this module by name."""
    import sys
    from types import ModuleType

    module = ModuleType(__name__)
    module.ACME = ACME  # type: ignore[attr-defined]
    module.HEAP_TWICE = HEAP_TWICE  # type: ignore[attr-defined]
    module.NONSENSE = 7  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, __name__, module)


def test_the_built_in_destinations():
    assert [d.name for d in registry.all()][:4] == ["webengage", "moengage", "heap", "webhook"]
    assert registry.get("heap") is BUILT_IN[2]


def test_an_unknown_type_is_told_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        registry.get("mixpanel")
    assert caught.value.code == "config.unknown_reference"
    assert "webengage" in (caught.value.allowed or "")


def test_others_come_by_entry_point():
    assert registered(BUILT_IN, [entry_point("ACME")])["acme"] is ACME


@pytest.mark.parametrize("attribute", ["HEAP_TWICE", "NONSENSE"])
def test_two_of_a_name_or_no_destination_refuse_to_start(attribute: str):
    with pytest.raises(ConfigError) as caught:
        registered(BUILT_IN, [entry_point(attribute)])
    assert caught.value.code == "config.unsupported"
