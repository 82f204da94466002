"""What documents and destination states must keep."""

import pytest

from heliograph.errors import ConfigError
from heliograph.model.json import Json
from heliograph.storage.store import Store
from heliograph.storage.work.destination_states import DestinationStatus
from heliograph.testing.store.fixtures import StoreFixtures


class ConfigurationConformance(StoreFixtures):
    """Versions, revision, immutability of mappers."""

    def test_every_change_is_a_new_version_and_revision(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.configuration.revision() == 0
            first = tx.configuration.put("w", "source", "crm", {"name": "crm"}, now_ms=5)
            assert (first.version, first.changed_at) == (1, 5)
            revision = tx.configuration.revision()
            second = tx.configuration.put("w", "source", "crm", {"enabled": False}, now_ms=6)
            assert second.version == 2
            assert tx.configuration.revision() > revision > 0
            assert tx.configuration.get("w", "source", "crm") == second
            assert tx.configuration.get("w", "source", "crm", 1) == first
            assert tx.configuration.get("w", "source", "crm", 3) is None
            assert tx.configuration.get("v", "source", "crm") is None

    def test_the_same_body_changes_nothing(self, store: Store) -> None:
        with store.transaction() as tx:
            first = tx.configuration.put("w", "source", "crm", {"a": 1, "b": [2]}, now_ms=1)
            revision = tx.configuration.revision()
            assert tx.configuration.put("w", "source", "crm", {"b": [2], "a": 1}, now_ms=9) == first
            assert tx.configuration.revision() == revision

    def test_a_workspace_is_known_by_any_document_it_ever_had(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.configuration.workspaces() == set()
            tx.configuration.put("w", "source", "crm", {"name": "crm"}, now_ms=1)
            tx.configuration.put("v", "source", "crm", {"name": "crm"}, now_ms=1)
            tx.configuration.delete("w", "source", "crm", now_ms=2)
        with store.read() as reader:
            assert reader.configuration.workspaces() == {"v", "w"}

    def test_documents_come_back_verbatim(self, store: Store) -> None:
        body: dict[str, Json] = {
            "z": None,
            "a": ["ключ", 1.5, True, {}],
            "secret": "${KEY}",
            "n": 2**53 + 1,
        }
        with store.transaction() as tx:
            tx.configuration.put("w", "destination", "heap", body, now_ms=1)
        with store.read() as reader:
            found = reader.configuration.get("w", "destination", "heap")
        assert found is not None
        assert found.body == body
        assert list(found.body) == list(body)

    def test_a_mapper_never_changes_under_its_name(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.configuration.put("w", "mapper", "crm/v1", {"a": 1}, now_ms=1)
            tx.configuration.put("w", "mapper", "crm/v1", {"a": 1}, now_ms=2)
            with pytest.raises(ConfigError) as refused:
                tx.configuration.put("w", "mapper", "crm/v1", {"a": 2}, now_ms=3)
            assert refused.value.code == "config.immutable"
            tx.configuration.put("w", "mapper", "crm/v2", {"a": 2}, now_ms=3)
            assert [d.name for d in tx.configuration.all()] == ["crm/v1", "crm/v2"]

    def test_a_removed_mapper_comes_back_only_as_it_was(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.configuration.put("w", "mapper", "crm/v1", {"a": 1}, now_ms=1)
            assert tx.configuration.delete("w", "mapper", "crm/v1", now_ms=2)
            with pytest.raises(ConfigError) as refused:
                tx.configuration.put("w", "mapper", "crm/v1", {"a": 2}, now_ms=3)
            assert refused.value.code == "config.immutable"
            assert tx.configuration.all() == []
            back = tx.configuration.put("w", "mapper", "crm/v1", {"a": 1}, now_ms=4)
            assert (back.version, back.body) == (2, {"a": 1})
            assert tx.configuration.all() == [back]
            # Another workspace has names of its own.
            assert tx.configuration.put("v", "mapper", "crm/v1", {"a": 2}, now_ms=5).version == 1

    def test_versions_rise_across_a_deletion(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.configuration.newest("w", "source", "crm") is None
            first = tx.configuration.put("w", "source", "crm", {"a": 1}, now_ms=1)
            assert tx.configuration.newest("w", "source", "crm") == first
            revision = tx.configuration.revision()
            assert tx.configuration.delete("w", "source", "crm", now_ms=2)
            assert not tx.configuration.delete("w", "source", "crm", now_ms=2)
            assert tx.configuration.revision() > revision
            assert tx.configuration.get("w", "source", "crm") is None
            assert tx.configuration.get("w", "source", "crm", 1) == first
            assert tx.configuration.newest("w", "source", "crm") == first
            assert tx.configuration.all() == []
            second = tx.configuration.put("w", "source", "crm", {"a": 2}, now_ms=3)
            assert second.version == 2
            assert tx.configuration.newest("w", "source", "crm") == second

    def test_texts_of_presets_are_kept_as_they_were(self, store: Store) -> None:
        with store.transaction() as tx:
            assert tx.configuration.preset("preset:heap/default@0123456789") is None
            tx.configuration.keep_preset("preset:heap/default@0123456789", {"a": [1, "ü"]})
            tx.configuration.keep_preset("preset:heap/default@0123456789", {"a": 2})
        with store.read() as reader:
            assert reader.configuration.preset("preset:heap/default@0123456789") == {"a": [1, "ü"]}
            assert reader.configuration.all() == []
            assert reader.configuration.revision() == 0

    def test_all_is_ordered_by_workspace_kind_and_name(self, store: Store) -> None:
        with store.transaction() as tx:
            for workspace, name in (("b", "x"), ("a", "y"), ("a", "x")):
                tx.configuration.put(workspace, "source", name, {}, now_ms=1)
            tx.configuration.put("a", "destination", "z", {}, now_ms=1)
            found = [(d.workspace, d.kind, d.name) for d in tx.configuration.all()]
        assert found == sorted(found)
        assert len(found) == 4

    def test_destination_states_are_kept_while_not_active(self, store: Store) -> None:
        def status(state: str, reason: str) -> DestinationStatus:
            return DestinationStatus(
                destination="w/heap",
                state="paused" if state == "paused" else "active",
                reason=reason,
                since=7,
            )

        with store.transaction() as tx:
            assert tx.destinations.get_all() == {}
            tx.destinations.set(status("paused", "401"))
            tx.destinations.set(status("paused", "by hand"))
            assert tx.destinations.get_all() == {"w/heap": status("paused", "by hand")}
            tx.destinations.set(status("active", ""))
            assert tx.destinations.get_all() == {}
