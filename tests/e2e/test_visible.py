"""An event is visible the moment it is acknowledged: no lag between the 200 and what others read."""

import json

import pytest

from heliograph.storage.events.requests import RequestQuery
from heliograph.testing.running.demo_hub import FORM_PATH, form, post
from heliograph.testing.running.processes import HubFolder

pytestmark = pytest.mark.integration


def test_what_was_acknowledged_is_found_at_once_by_every_way_of_looking(own_hub: HubFolder):
    """The gateway runs alone: what is seen was there when it answered, nobody else could have written it."""
    address = own_hub.start("gateway").wait_ready()
    assert address is not None
    with own_hub.reading() as data:
        for number in range(50):
            reply = post(address, FORM_PATH, form(f"person{number}@example.com"))
            assert reply.status == 200
            request_id = reply.body["request_id"]
            assert data.requests.get(request_id) is not None
            newest = data.requests.find(RequestQuery(limit=1))
            assert [each.request_id for each in newest] == [request_id]
            heads = [bounds.last for bounds in data.journal.heads()]
            assert sum(heads) == number + 1
            found = data.journal.entries(list(enumerate(heads)))
            assert f"evt_{request_id[4:]}-0" in {entry.record.id for entry in found.values()}
    reply = post(address, FORM_PATH, form("last@example.com"))
    request_id = reply.body["request_id"]
    for command in (["requests", "list"], ["events", "list"], ["trace", request_id]):
        assert request_id in json.dumps(own_hub.json(*command)), command
