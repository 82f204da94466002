"""What profile records and merges must keep."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from heliograph.errors import InvariantBroken
from heliograph.storage.profiles import ProfileRecord
from heliograph.storage.store import Store
from heliograph.testing.samples import make_override, make_profile
from heliograph.testing.store.fixtures import StoreFixtures, StoreOpener

IDS = [f"p_{n}" for n in range(8)]


class MergeMachine(RuleBasedStateMachine):
    """Merges and un-merges at random against a forest of direct parents."""

    fresh: Callable[[], Store]

    def __init__(self) -> None:
        super().__init__()
        self.store: Store = self.fresh()
        self.parent: dict[str, str] = {}
        self.unmerged: set[str] = set()

    def root(self, profile_id: str) -> str:
        while profile_id in self.parent:
            profile_id = self.parent[profile_id]
        return profile_id

    @rule(old=st.sampled_from(IDS), into=st.sampled_from(IDS))
    def merge(self, old: str, into: str) -> None:
        root = self.root(into)
        if old in self.parent or root == old:
            return
        with self.store.transaction() as tx:
            tx.profiles.merge(make_override(old, root, parent=None if into == root else into))
        self.parent[old] = into
        self.unmerged.discard(old)

    @rule(old=st.sampled_from(IDS), remember=st.booleans())
    def unmerge(self, old: str, remember: bool) -> None:
        with self.store.transaction() as tx:
            assert tx.profiles.unmerge(old, remember=remember) == (old in self.parent)
        if self.parent.pop(old, None) is not None and remember:
            self.unmerged.add(old)

    @invariant()
    def the_flat_table_says_the_same(self) -> None:
        roots = {i: self.root(i) for i in IDS if i in self.parent}
        with self.store.read() as reader:
            assert reader.profiles.canonical_of(IDS) == roots
            for profile_id in IDS:
                members = sorted(i for i, root in roots.items() if root == profile_id)
                assert reader.profiles.members_of(profile_id) == members
            assert reader.profiles.unmerged(IDS) == self.unmerged
            merges = reader.profiles.merges_of(IDS)
            assert {old: merge.canonical for old, merge in merges.items()} == roots
            assert {o: m.parent or m.canonical for o, m in merges.items()} == self.parent

    def teardown(self) -> None:
        self.store.close()


class ProfilesConformance(StoreFixtures):
    """Records come back whole; merges stay flat."""

    def test_records_come_back_whole(self, store: Store) -> None:
        records = [
            make_profile(1),
            make_profile(2, name="Ada", tags=["a", 1, None], nested={"x": {"y": 2.5}}, big=2**60),
            make_profile(3, ключ="😀", zero=0, no=False, empty=""),
        ]
        with store.transaction() as tx:
            tx.profiles.put_many(records)
        with store.read() as reader:
            found = reader.profiles.get_many(["p_1", "p_2", "p_3", "p_4"])
        assert found == {record.profile_id: record for record in records}

    def test_a_dropped_record_is_gone(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.put_many([make_profile(1), make_profile(2)])
            tx.profiles.drop(["p_1", "p_9"])
            assert set(tx.profiles.get_many(["p_1", "p_2"])) == {"p_2"}
            assert tx.profiles.count() == 1

    def test_putting_replaces_the_record(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.put_many([make_profile(1, a=1), make_profile(2)])
            tx.profiles.put_many([])
            changed = ProfileRecord(
                profile_id="p_1",
                workspace="w",
                kind="customer",
                value="c1",
                first_seen=-5,
                last_seen=99,
                events=7,
                attributes={},
            )
            tx.profiles.put_many([changed])
            assert tx.profiles.get_many(["p_1"]) == {"p_1": changed}

    def test_many_records_in_one_call(self, store: Store) -> None:
        records = [make_profile(n, a=n) for n in range(700)]
        with store.transaction() as tx:
            tx.profiles.put_many(records)
            found = tx.profiles.get_many(record.profile_id for record in records)
            assert found == {record.profile_id: record for record in records}

    def test_find_pages_by_id(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.put_many(
                [make_profile(n, workspace="odd" if n % 2 else "even") for n in range(9)]
            )
            ids = [
                record.profile_id
                for record in tx.profiles.find(workspace="odd", after="p_1", limit=2)
            ]
            assert ids == ["p_3", "p_5"]
            assert len(tx.profiles.find(workspace=None, after=None, limit=100)) == 9
            assert tx.profiles.find(workspace=None, after="p_8", limit=5) == []

    def test_merges_are_flat(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.merge(make_override("p_1", "p_2"))
            tx.profiles.merge(make_override("p_2", "p_3"))
            assert tx.profiles.canonical_of(["p_1", "p_2", "p_3"]) == {"p_1": "p_3", "p_2": "p_3"}
            assert tx.profiles.members_of("p_3") == ["p_1", "p_2"]
            assert tx.profiles.members_of("p_2") == []

    def test_merging_into_what_is_merged_itself_is_our_mistake(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.merge(make_override("p_1", "p_2"))
        with pytest.raises(InvariantBroken), store.transaction() as tx:
            tx.profiles.merge(make_override("p_3", "p_1"))
        with pytest.raises(InvariantBroken), store.transaction() as tx:
            tx.profiles.merge(make_override("p_3", "p_3"))

    def test_an_unmerge_restores_what_was_before(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.merge(make_override("anon", "p_1"))
            tx.profiles.merge(make_override("p_1", "p_2"))
            tx.profiles.merge(make_override("later", "p_2", parent="p_1"))
            tx.profiles.merge(make_override("other", "p_2"))
            assert tx.profiles.unmerge("p_1")
            assert not tx.profiles.unmerge("p_1")
            assert tx.profiles.members_of("p_1") == ["anon", "later"]
            assert tx.profiles.members_of("p_2") == ["other"]
            wanted = ["p_1", "p_2", "p_1", "unknown"]
            assert tx.profiles.members_of_many(wanted) == {
                "p_1": ["anon", "later"],
                "p_2": ["other"],
            }
            assert tx.profiles.members_of_many([]) == {}
            assert tx.profiles.unmerged(["p_1", "anon", "p_2"]) == {"p_1"}

    def test_merging_again_lifts_the_memory_of_an_unmerge(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.merge(make_override("p_1", "p_2"))
            tx.profiles.unmerge("p_1")
            tx.profiles.merge(make_override("p_1", "p_2"))
            assert tx.profiles.unmerged(["p_1"]) == set()

    def test_overrides_are_listed_newest_first(self, store: Store) -> None:
        with store.transaction() as tx:
            for n in range(5):
                tx.profiles.merge(make_override(f"a_{n}", "p_1", at=n))
            assert [o.old for o in tx.profiles.overrides(limit=2)] == ["a_4", "a_3"]
            assert tx.profiles.overrides()[-1] == make_override("a_0", "p_1", at=0)

    def test_persons_are_counted_once(self, store: Store) -> None:
        with store.transaction() as tx:
            tx.profiles.put_many(make_profile(n) for n in range(5))
            tx.profiles.merge(make_override("p_1", "p_2"))
            tx.profiles.merge(make_override("without_record", "p_2"))
            assert tx.profiles.count() == 4
            tx.profiles.unmerge("p_1")
            assert tx.profiles.count() == 5

    def test_an_identifier_is_found_whatever_the_case_of_its_letters(self, store: Store) -> None:
        values = ("Ada@x.org", "ada@X.org", "adä@x.org", "ada@x.org ", "ADÄ@x.org")
        with store.transaction() as tx:
            tx.profiles.put_many(
                msgspec.structs.replace(make_profile(n, workspace=w), value=value)
                for n, value in enumerate(values)
                for w in ("v" if n == 1 else "w",)
            )

            def ids(value: str, workspace: str | None = None, limit: int = 9) -> list[str]:
                found = tx.profiles.spelled_like(value, workspace=workspace, limit=limit)
                return [one.profile_id for one in found]

            assert ids("ADA@X.ORG") == ["p_0", "p_1"]
            assert ids("ADA@X.ORG", "v") == ["p_1"]
            assert ids("ada@x.org", limit=1) == ["p_0"]
            assert (ids("ada@x_org"), ids("%@x.org")) == ([], [])
            assert tx.profiles.ending_with("1", workspace=None, limit=9) == ["p_1"]
            assert tx.profiles.ending_with("_1", workspace="w", limit=9) == []
            assert tx.profiles.ending_with("%", workspace=None, limit=9) == []

    def test_random_merges_agree_with_a_forest(self, fresh: StoreOpener) -> None:
        machine = type("Merges", (MergeMachine,), {"fresh": staticmethod(fresh)})
        run_state_machine_as_test(
            machine, settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
        )
