"""The equations on numbers made up to break each of them."""

import pytest

from heliograph.operations.look.condition.audit import Received, compare


def counts(**changes: int) -> Received:
    fields = {"requests": 3, "items": 12, "events": 10, "rejected": 2, "refused_requests": 1}
    return Received(**{**fields, **changes})


def report(**changes):
    numbers = {
        "before": counts(),
        "after": counts(),
        "heads": {0: 6, 1: 4},
        "positions": {0: 5, 1: 4},
        "effects": {"applied": 6, "skipped": 1, "duplicate": 2},
        "totals": {"acme/hook": {"delivered": 4, "waiting": 2}},
        "counted": {"acme/hook": {"delivered": 4, "waiting": 2}},
    }
    return compare(**{**numbers, **changes})


def test_numbers_that_agree_balance():
    found = report()
    assert found.balanced
    assert found.differences == ()
    assert (found.engine.events, found.engine.lag) == (10, 1)
    assert (found.deliveries.deliveries, found.deliveries.delivered) == (6, 4)


def test_what_a_remap_appended_needs_no_item():
    corrected = {"before": counts(events=12, derived=2), "after": counts(events=12, derived=2)}
    found = report(**corrected, heads={0: 6, 1: 6}, positions={0: 5, 1: 6}, effects={"applied": 11})
    assert found.balanced, found.differences
    assert found.journal.derived == 2


def test_appends_while_the_numbers_are_read_do_not_unbalance_it():
    later = counts(items=15, events=13)
    assert report(after=later, heads={0: 8, 1: 4}).balanced


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"after": counts(items=13)}, "items 13 + derived 0 != events 10 + rejected 2"),
        ({"heads": {0: 6, 1: 3}, "positions": {0: 6, 1: 3}}, "partitions hold 9 events"),
        ({"positions": {0: 7, 1: 4}}, "partition 0: cursor 7 is ahead"),
        ({"positions": {0: 6, 1: 4}}, "difference 1"),
        ({"effects": {}}, "events 10 != applied 0"),
        ({"counted": {}}, "acme/hook: 4 delivered by the running totals, 0 by counting"),
        (
            {"counted": {"acme/hook": {"delivered": 4, "waiting": 1, "dead": 1}}},
            "0 dead by the running totals, 1 by counting",
        ),
    ],
)
def test_each_kind_of_loss_is_named(changes, named):
    found = report(**changes)
    assert not found.balanced
    assert any(named in difference for difference in found.differences)


def test_a_hub_that_never_ran_balances():
    zero = counts(requests=0, items=0, events=0, rejected=0, refused_requests=0)
    empty = report(
        before=zero,
        after=zero,
        heads=dict.fromkeys(range(16), 0),
        positions={},
        effects={"applied": 0, "skipped": 0, "duplicate": 0},
        totals={},
        counted={},
    )
    assert empty.balanced
