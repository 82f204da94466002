"""`apply` and `export`: idempotent, byte-stable, one transaction, mappers never change."""

from pathlib import Path

import pytest

from heliograph.backends.sqlite.store.store import open_store
from heliograph.errors import ConfigError, StoreConflict
from heliograph.model.secret import MASK
from heliograph.operations.configuration.changes import Change
from heliograph.operations.configuration.folder import read_folder
from heliograph.operations.configuration.transfer import apply, export, planned, workspaces
from heliograph.storage.store import Store
from heliograph.testing.samples import make_delivery


@pytest.fixture
def store(tmp_path: Path):
    store = open_store(tmp_path / "store.db")
    yield store
    store.close()


def bring_in(store: Store, folder: Path, *, prune: bool = False) -> list[Change]:
    contents = read_folder(folder)
    changes = planned(store, contents, prune=prune)
    apply(store, contents, expected=changes, prune=prune, now_ms=1)
    return changes


def actions(changes: list[Change]) -> dict[str, str]:
    return {change.file: change.action for change in changes}


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_the_first_time_everything_is_added_and_the_second_time_nothing(store: Store, folder: Path):
    assert set(actions(bring_in(store, folder)).values()) == {"added"}
    with store.read() as reader:
        revision = reader.configuration.revision()
    assert bring_in(store, folder) == []
    with store.read() as reader:
        assert reader.configuration.revision() == revision


def test_a_changed_value_is_shown_with_before_and_after(store: Store, folder: Path):
    bring_in(store, folder)
    (folder / "sources/shop.toml").write_text('partner = "custom-shop"\nenabled = false\n')
    [change] = planned(store, read_folder(folder), prune=False)
    assert (change.action, change.file) == ("changed", "sources/shop.toml")
    assert [(f.path, f.before, f.after) for f in change.fields] == [("$.enabled", None, False)]


def test_a_literal_secret_is_masked_in_the_difference(store: Store, folder: Path):
    bring_in(store, folder)
    text = (folder / "destinations/sink.toml").read_text()
    (folder / "destinations/sink.toml").write_text(text.replace("${SINK_SECRET}", "s3cret"))
    [change] = planned(store, read_folder(folder), prune=False)
    assert [(f.before, f.after) for f in change.fields] == [("${SINK_SECRET}", MASK)]


def test_what_is_not_in_the_folder_is_kept_unless_pruned(store: Store, folder: Path):
    bring_in(store, folder)
    (folder / "pipelines/main.toml").unlink()
    assert actions(bring_in(store, folder)) == {"pipelines/main.toml": "kept"}
    assert actions(bring_in(store, folder, prune=True)) == {"pipelines/main.toml": "removed"}
    assert bring_in(store, folder, prune=True) == []


def test_a_changed_mapper_is_refused_with_the_advice_to_rename_it(store: Store, folder: Path):
    bring_in(store, folder)
    mapper = folder / "mappers/custom-shop/orders.json"
    mapper.write_text(mapper.read_text().replace("Order Completed", "Ordered"))
    with pytest.raises(ConfigError) as caught:
        planned(store, read_folder(folder), prune=False)
    error = caught.value
    assert (error.code, error.where) == ("config.immutable", "mappers/custom-shop/orders.json")
    assert error.found == "$.mappings.event_name"
    assert "orders_v2" in (error.hint or "")


def test_a_mapper_that_was_removed_comes_back_only_as_it_was(store: Store, folder: Path):
    bring_in(store, folder)
    mapper = folder / "mappers/custom-shop/orders.json"
    text = mapper.read_text()
    mapper.unlink()
    assert actions(bring_in(store, folder, prune=True)) == {
        "mappers/custom-shop/orders.json": "removed"
    }
    mapper.write_text(text.replace("Order Completed", "Ordered"))
    with pytest.raises(ConfigError) as caught:
        planned(store, read_folder(folder), prune=False)
    assert (caught.value.code, caught.value.found) == (
        "config.immutable",
        "$.mappings.event_name",
    )
    mapper.write_text(text)
    assert actions(bring_in(store, folder)) == {"mappers/custom-shop/orders.json": "added"}
    assert bring_in(store, folder) == []


def test_a_mapper_under_a_new_name_lives_beside_the_old_one(store: Store, folder: Path):
    bring_in(store, folder)
    old = folder / "mappers/custom-shop/orders.json"
    new = folder / "mappers/custom-shop/orders_v2.json"
    new.write_text(old.read_text().replace("Order Completed", "Ordered"))
    assert actions(bring_in(store, folder)) == {"mappers/custom-shop/orders_v2.json": "added"}


def test_documents_of_another_workspace_are_not_touched(store: Store, folder: Path):
    bring_in(store, folder)
    (folder / "workspace.toml").write_text('id = "other"\ndata_api_keys = ["${ACME_KEY}"]\n')
    assert set(actions(bring_in(store, folder, prune=True)).values()) == {"added"}
    assert workspaces(store) == ["acme", "other"]


def test_a_change_by_somebody_else_in_between_is_not_overwritten(store: Store, folder: Path):
    contents = read_folder(folder)
    shown = planned(store, contents, prune=False)
    bring_in(store, folder)
    with pytest.raises(StoreConflict):
        apply(store, contents, expected=shown, prune=False, now_ms=2)


def test_an_export_applies_to_an_empty_difference_and_is_byte_stable(
    store: Store, folder: Path, tmp_path: Path
):
    bring_in(store, folder)
    first, second = tmp_path / "first", tmp_path / "second"
    export(store, first, workspace="acme", prune=False)
    assert bring_in(store, first, prune=True) == []
    export(store, second, workspace="acme", prune=False)
    assert tree(first) == tree(second)
    assert set(tree(first)) == set(tree(folder))


def test_a_target_without_blueprint_survives_the_round_trip(
    store: Store, folder: Path, tmp_path: Path
):
    pipeline = folder / "pipelines/main.toml"
    pipeline.write_text(pipeline.read_text().replace('"plain"', '"none"'))
    bring_in(store, folder)
    with store.read() as reader:
        document = reader.configuration.get("acme", "pipeline", "main")
    assert document is not None
    assert document.body["destinations"] == [{"name": "sink", "blueprint": None}]
    export(store, tmp_path / "out", workspace="acme", prune=False)
    assert 'blueprint = "none"' in (tmp_path / "out/pipelines/main.toml").read_text()
    assert bring_in(store, tmp_path / "out") == []


def test_exporting_over_the_same_folder_leaves_comments_alone(store: Store, folder: Path):
    source = folder / "sources/shop.toml"
    source.write_text('# The shop.\npartner = "custom-shop"\n')
    bring_in(store, folder)
    done = export(store, folder, workspace="acme", prune=False)
    assert done.written == ()
    assert source.read_text().startswith("# The shop.")


def test_a_stale_file_is_left_unless_pruned(store: Store, folder: Path):
    bring_in(store, folder)
    (folder / "sources/old.toml").write_text("")
    assert export(store, folder, workspace="acme", prune=False).left == ("sources/old.toml",)
    assert export(store, folder, workspace="acme", prune=True).removed == ("sources/old.toml",)
    assert not (folder / "sources/old.toml").exists()


def test_a_removed_destination_is_shown_with_the_deliveries_that_wait(store: Store, folder: Path):
    bring_in(store, folder)
    with store.transaction() as tx:
        tx.deliveries.enqueue(
            [make_delivery(1, destination="acme/sink"), make_delivery(2, destination="acme/sink")],
            now_ms=1,
        )
    (folder / "destinations/sink.toml").unlink()
    contents = read_folder(folder)
    shown = planned(store, contents, prune=True)
    assert [(c.action, c.waiting) for c in shown if c.kind == "destination"] == [("removed", 2)]
    assert [c.waiting for c in planned(store, contents, prune=False)] == [0]
    # One more in the meantime is no change of the configuration.
    with store.transaction() as tx:
        tx.deliveries.enqueue([make_delivery(3, destination="acme/sink")], now_ms=1)
    apply(store, contents, expected=shown, prune=True, now_ms=2)
    assert planned(store, contents, prune=True) == []
