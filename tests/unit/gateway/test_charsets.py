"""Text of bodies, headers and addresses in any charset: as it was written in the event, or a refusal."""

from typing import Any

import msgspec
import pytest

from heliograph.model.event import decode_event
from heliograph.remap.compare import map_again

FORM = "application/x-www-form-urlencoded"
URL = "/v1/partner/forms/events/?configName=v1"


def documents(gateway: Any, **more: Any) -> list[Any]:
    document = {
        "partner_name": "forms",
        "mapping_type": "events",
        "mappings": {
            "customer_id": "$.n",
            "event_name": "Sent",
            "user_time": "$receivedAt",
            "platform": "web",
            "attr": {"header": "$headers.x-name", "query": "$query.q", "tags": "$query.t"},
        },
        "batching": False,
        **more,
    }
    one = gateway.documents()[1]
    mapper = type(one)("mapper", "forms/v1", document)
    return [*gateway.documents(), mapper]


async def sent(gateway: Any, body: bytes, type_: str = FORM, *, url: str = URL) -> Any:
    return await gateway.post(url, body, headers=[("content-type", type_)])


def event_of(gateway: Any) -> Any:
    """Return the newest event, once a remap of its request has given the same."""
    request = gateway.journal.requests[-1]
    event = decode_event(gateway.journal.records[-1].value)
    mapper = (
        gateway.gateway.reception.directory.desks[request.workspace].inlets["forms", "v1"].mapper
    )
    (again,) = map_again(request, mapper).mapped
    assert (again.customer_id, again.properties) == (event.customer_id, event.properties)
    return event


@pytest.mark.parametrize(
    ("body", "type_"),
    [
        (b"n=J%FCrgen", f"{FORM}; charset=windows-1252"),
        (b"n=J\xfcrgen", f"{FORM}; charset=latin1"),
        (b"_charset_=iso-8859-1&n=J%FCrgen", FORM),
        (b"n=J%C3%BCrgen", FORM),
        (b'{"n":"J\xfcrgen"}', "application/json; charset=iso-8859-1"),
    ],
)
async def test_a_name_arrives_as_it_was_written(gateway: Any, body: bytes, type_: str):
    gateway.configure(*documents(gateway))
    assert (await sent(gateway, body, type_)).status == 200
    assert event_of(gateway).customer_id == "Jürgen"


async def test_a_name_in_no_declared_charset_is_refused_and_kept(gateway: Any):
    gateway.configure(*documents(gateway))
    reply = await sent(gateway, b"n=J%FCrgen")
    assert reply.status == 400
    (detail,) = reply.json["error"]["details"]
    assert "form field 'n'" in detail["reason"]
    assert "charset=windows-1252" in detail["reason"]
    (request,) = gateway.journal.requests
    assert (request.state, request.rejected[0].code) == ("refused", "body.charset")


async def test_an_unknown_charset_is_415(gateway: Any):
    gateway.configure(*documents(gateway))
    reply = await sent(gateway, b"n=a", f"{FORM}; charset=rot13")
    assert reply.status == 415


async def test_the_mappers_charset_reads_body_and_address(gateway: Any):
    gateway.configure(*documents(gateway, charset="windows-1252"))
    assert (await sent(gateway, b"n=J%FCrgen", url=URL + "&q=M%FCller")).status == 200
    event = event_of(gateway)
    assert (event.customer_id, event.properties["query"]) == ("Jürgen", "Müller")


async def test_an_address_in_another_charset_is_refused_by_its_parameter(gateway: Any):
    gateway.configure(*documents(gateway))
    reply = await sent(gateway, b"n=a1", url=URL + "&q=M%FCller")
    assert reply.status == 400
    assert "query parameter 'q'" in reply.json["error"]["details"][0]["reason"]


async def test_a_repeated_parameter_is_a_list(gateway: Any):
    gateway.configure(*documents(gateway))
    assert (await sent(gateway, b"n=a1", url=URL + "&t=a&t=b&q=M%C3%BCller")).status == 200
    assert event_of(gateway).properties == {"query": "Müller", "tags": ["a", "b"]}


@pytest.mark.parametrize("raw", ["Jürgen".encode(), "Jürgen".encode("latin-1")])
async def test_a_header_is_utf8_or_else_latin1(gateway: Any, raw: bytes):
    gateway.configure(*documents(gateway))
    reply = await gateway.post(
        URL, b"n=a1", headers=[("content-type", FORM), ("x-name", raw.decode("latin-1"))]
    )
    assert reply.status == 200
    assert event_of(gateway).properties == {"header": "Jürgen"}
    assert msgspec.json.decode(msgspec.json.encode(gateway.journal.requests[-1].headers))
