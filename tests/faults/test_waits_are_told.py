"""What a running worker alone knows of a delivery reaches whoever asks for it, and a try now is a try now."""

import pytest

from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.processes import wait_until

pytestmark = pytest.mark.integration


def causes(shop: HubAtWork, customer: str) -> set[str]:
    """Return what the deliveries of a customer wait for, as `trace` says it."""
    found = shop.hub.json("trace", customer)
    return {
        one["cause"]
        for event in found["events"]
        for delivery in event["deliveries"]
        for one in delivery["waits"] or ()
    }


def test_a_request_in_flight_is_told_while_it_is(shop: HubAtWork):
    shop.sink.twin.fail(hang_s=300.0)
    shop.start("gateway", "worker")
    shop.send([1, 41])  # two orders of one customer
    shop.wait_applied()
    wait_until(
        lambda: causes(shop, "c1") == {"behind", "in_flight"},
        "trace tells of the request",
        said=shop.hub.output,
    )
    shop.roles["worker"].kill()
    assert causes(shop, "c1") == {"behind", "no_worker"}


def test_what_waits_for_a_later_try_is_tried_when_somebody_says_so(shop: HubAtWork):
    shop.sink.twin.fail(status=503, retry_after_s=600.0, times=1)
    shop.start("gateway", "worker")
    shop.send([1])
    shop.wait_applied()
    wait_until(lambda: "later" in causes(shop, "c1"), "the delivery waits", said=shop.hub.output)
    assert shop.received() == {}
    done = shop.hub.json("deliveries", "try", "--person", "c1")
    assert done["hurried"] == 1
    shop.settle()
    assert set(shop.received()) == {1}
    assert shop.hub.run("deliveries", "try", "--person", "c1").returncode == 1, "nothing waits"
