import inspect

import msgspec

from heliograph.model.delivery import Delivery
from heliograph.model.remap import Remap
from heliograph.model.request import StoredRequest
from heliograph.operations import delivery_views, views
from heliograph.reference.views import NOUNS, render


def test_every_view_is_a_noun_of_the_page():
    shown = {struct for struct, _ in NOUNS.values()}
    made = {
        each
        for module in (views, delivery_views)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, msgspec.Struct) and each.__module__ == module.__name__
    }
    assert made <= shown
    page = render("")
    assert all(f"## {noun[0].upper()}{noun[1:]}\n" in page for noun in NOUNS)


def fields(struct: type[msgspec.Struct]) -> set[str]:
    return set(struct.__struct_fields__)


def test_nothing_that_is_stored_is_missing_in_its_view():
    # `cut`, the rejected items that were not kept, is in `rejected_total`.
    assert fields(StoredRequest) - {"cut"} <= fields(views.RequestView)
    assert fields(Delivery) <= fields(delivery_views.DeliveryView)
    assert fields(Remap) == fields(views.RemapView)
