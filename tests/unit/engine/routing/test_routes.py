"""Which pipelines are in force: compiled once a revision, and never fewer because a document broke."""

import pytest

from heliograph.engine.routing.routes import RouteBook
from heliograph.model.documents.catalog import build_catalog
from heliograph.model.json import JsonObject
from heliograph.testing.memory.store import MemoryStore

HOOK: JsonObject = {"type": "webhook", "settings": {"url": "http://127.0.0.1:9/"}}
TO_HOOK: JsonObject = {"sources": ["*"], "destinations": [{"name": "hook"}]}
BROKEN: JsonObject = {"sources": "everything"}


class Hub:
    """Documents in a store, and the routes that follow from them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.book = RouteBook()

    def put(self, kind, name: str, body: JsonObject, workspace: str = "acme") -> None:
        with self.store.transaction() as tx:
            tx.configuration.put(workspace, kind, name, body, now_ms=1)

    def delete(self, kind, name: str, workspace: str = "acme") -> None:
        with self.store.transaction() as tx:
            tx.configuration.delete(workspace, kind, name, now_ms=2)

    def update(self) -> None:
        with self.store.read() as reader:
            revision = reader.configuration.revision()
            catalog = build_catalog(reader.configuration.all(), {})
        self.book.update(revision, catalog, self.store)

    def ways(self, workspace: str = "acme", source: str = "shop") -> list[tuple[str, str | None]]:
        self.update()
        return [
            (way.destination, way.blueprint)
            for way in self.book.of(workspace).ways(source, "Order")
        ]


@pytest.fixture
def hub() -> Hub:
    hub = Hub()
    hub.put("workspace", "workspace", {"id": "acme", "data_api_keys": ["k"]})
    hub.put("destination", "hook", HOOK)
    return hub


def test_a_workspace_without_pipelines_has_no_ways(hub: Hub):
    assert hub.ways() == []
    assert hub.book.of("nobody").ways("shop", "Order") == []


def test_the_newest_pipelines_count_from_the_next_revision_on(hub: Hub):
    hub.put("pipeline", "main", TO_HOOK)
    assert [destination for destination, _ in hub.ways()] == ["acme/hook"]
    hub.put("pipeline", "main", {**TO_HOOK, "sources": ["crm"]})
    # Not before it is told of the new revision.
    assert hub.book.of("acme").ways("shop", "Order")
    assert hub.ways() == []
    assert hub.ways(source="crm")


def test_the_same_revision_is_not_compiled_again(hub: Hub):
    hub.put("pipeline", "main", TO_HOOK)
    hub.update()
    before = hub.book.of("acme")
    hub.update()
    assert hub.book.of("acme") is before


def test_workspaces_do_not_mix(hub: Hub):
    hub.put("pipeline", "main", TO_HOOK)
    hub.put("destination", "hook", HOOK, workspace="beta")
    hub.put("pipeline", "other", TO_HOOK, workspace="beta")
    assert [destination for destination, _ in hub.ways()] == ["acme/hook"]
    assert [destination for destination, _ in hub.ways("beta")] == ["beta/hook"]


def test_a_pipeline_that_broke_keeps_its_newest_version_that_decodes(hub: Hub):
    hub.put("pipeline", "main", {**TO_HOOK, "sources": ["crm"]})
    hub.put("pipeline", "main", TO_HOOK)
    hub.put("pipeline", "main", BROKEN)
    hub.put("pipeline", "main", {**BROKEN, "more": 1})
    assert [destination for destination, _ in hub.ways()] == ["acme/hook"]
    hub.put("pipeline", "main", {**TO_HOOK, "sources": ["crm"]})
    assert hub.ways() == []


def test_a_pipeline_that_never_decoded_and_one_that_was_removed_have_no_ways(hub: Hub):
    hub.put("pipeline", "never", BROKEN)
    hub.put("pipeline", "gone", TO_HOOK)
    hub.delete("pipeline", "gone")
    assert hub.ways() == []


def test_a_workspace_is_known_from_its_first_document_on_for_ever(hub: Hub):
    hub.update()
    assert hub.book.knows("acme")
    assert not hub.book.knows("beta")
    hub.put("pipeline", "main", TO_HOOK, workspace="beta")
    hub.delete("pipeline", "main", workspace="beta")
    hub.update()
    assert hub.book.knows("beta")


def test_a_way_names_the_version_of_its_blueprint_and_presets_are_kept(hub: Hub):
    hub.put("pipeline", "main", TO_HOOK)
    [(_, preset)] = hub.ways()
    assert preset is not None
    assert preset.startswith("preset:webhook/default@")
    with hub.store.read() as reader:
        assert reader.configuration.preset(preset) is not None
    hub.put("blueprint", "own", {"events": {"drop": ["Noise"]}})
    hub.put(
        "pipeline",
        "main",
        {"sources": ["*"], "destinations": [{"name": "hook", "blueprint": "own"}]},
    )
    assert hub.ways() == [("acme/hook", "own@1")]
    hub.put("blueprint", "own", {"events": {"drop": ["More"]}})
    assert hub.ways() == [("acme/hook", "own@2")]


def test_a_pipeline_to_a_destination_that_is_not_there_still_makes_deliveries(hub: Hub):
    hub.delete("destination", "hook")
    hub.put("pipeline", "main", TO_HOOK)
    # They wait for a destination of this name, and `status` says so.
    assert [destination for destination, _ in hub.ways()] == ["acme/hook"]
