"""Which requests a remap means, when it is not said."""

from typing import Any

import pytest

from heliograph.errors import HeliographError
from heliograph.model.catalog import Tenant
from heliograph.model.configuration import MapperVersion, Workspace
from heliograph.remap.wish import chosen


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
