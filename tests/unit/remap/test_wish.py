"""Which requests a remap means, when it is not said."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from heliograph.engine.settings import GROUP
from heliograph.errors import HeliographError
from heliograph.model.documents.catalog import Tenant
from heliograph.model.documents.configuration import MapperVersion, Workspace
from heliograph.remap.wish import _wait_applied, chosen
from heliograph.storage.events.journal import Record
from heliograph.storage.folder.run_files import role_lock, worker_role
from heliograph.storage.store import Reader
from heliograph.testing.clock import ManualClock
from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore


def mapper(config: str, kind: str = "events", version: int = 1) -> MapperVersion:
    return MapperVersion(
        partner="shop", config=config, version=version, document={"mapping_type": kind}
    )


def tenant(*versions: MapperVersion) -> Tenant:
    return Tenant(
        workspace=Workspace(id="w", data_api_keys=()),
        sources={},
        mappers={(one.partner, one.config): one for one in versions},
        destinations={},
        blueprints={},
        pipelines={},
        problems={},
    )


ORDERS, ORDERS_2, PEOPLE = mapper("orders"), mapper("orders_v2"), mapper("people", "users")
ALL = tenant(ORDERS, ORDERS_2, PEOPLE, mapper("visits"))


@pytest.mark.parametrize(
    ("used", "of", "wanted"),
    [
        ({}, (), ()),
        ({"shop/orders@1": 5}, (), ("shop/orders@1",)),
        ({"shop/orders@1": 5, "shop/people@1": 9}, (), ("shop/orders@1",)),
        ({"shop/orders@1": 5, "shop/orders@2": 1}, (), ("shop/orders@1", "shop/orders@2")),
        ({"shop/orders@1": 5, "shop/orders_v2@1": 1}, (), ("shop/orders_v2@1",)),
        ({"shop/orders@1": 5, "shop/orders_v2@1": 1}, ("orders",), ("shop/orders@1",)),
        ({"shop/orders@1": 5, "shop/visits@1": 1}, ("shop/visits",), ("shop/visits@1",)),
        ({"shop/removed@1": 3}, (), ("shop/removed@1",)),
    ],
)
def test_the_requests_meant(used: dict[str, int], of: tuple[str, ...], wanted: Any) -> None:
    assert chosen(used, ORDERS_2, of, ALL) == wanted


def test_several_others_must_be_told_apart_by_a_person() -> None:
    used = {"shop/orders@1": 5, "shop/orders@2": 2, "shop/visits@1": 1}
    with pytest.raises(HeliographError) as refused:
        chosen(used, ORDERS_2, (), ALL)
    assert refused.value.code == "remap.ambiguous"
    assert refused.value.found == "shop/orders (7 requests), shop/visits (1 request)"


def test_a_name_that_no_request_came_in_under_is_refused() -> None:
    with pytest.raises(HeliographError) as refused:
        chosen({"shop/orders@1": 5}, ORDERS_2, ("order",), ALL)
    assert refused.value.code == "lookup.not_found"
    assert refused.value.allowed == "shop/orders"


class CatchingUp(MemoryStore):
    """A store whose engine has applied the one event when it is looked at a second time."""

    def __init__(self, partition: int) -> None:
        super().__init__()
        self.partition, self.looks = partition, 0

    def read(self) -> AbstractContextManager[Reader]:
        self.looks += 1
        if self.looks == 2:
            with self.transaction() as tx:
                tx.cursors.reset(GROUP, self.partition, 1)
        return super().read()


@pytest.mark.parametrize("number", [1, 2])
def test_what_is_not_applied_is_waited_for_while_any_worker_runs(
    number: int, tmp_path: Path
) -> None:
    journal = MemoryJournal()
    ((partition, _),) = journal.append([Record(key="k", id="e", at=1, value=b"{}")])
    store = CatchingUp(partition)
    clock = ManualClock()
    pause = lambda seconds: clock.advance(s=seconds)  # noqa: E731
    with pytest.raises(HeliographError, match="worker does not run"):
        _wait_applied(tmp_path, journal, CatchingUp(partition))
    role = worker_role(number)
    with role_lock(tmp_path, role, wait_s=0, monotonic_s=clock.monotonic_s, pause=pause):
        _wait_applied(tmp_path, journal, store)
    assert store.looks == 2
