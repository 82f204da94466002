"""How request targets are read."""

import pytest

from heliograph.gateway.refusals import Refusal
from heliograph.gateway.routes import MAX_PARAMETERS, RouteTable, parse_route


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (b"/", "hello"),
        (b"/healthz", "healthz"),
        (b"/readyz", "readyz"),
        (b"/metrics", "metrics"),
        (b"/v1/partner/p/events", "partner"),
        (b"/v1/partner/p/events/", "partner"),
        (b"/v1/partner/p/events//", "none"),
        (b"//v1/partner/p/events", "none"),
        (b"/V1/partner/p/events", "none"),
        (b"/v1/partner/p", "none"),
        (b"/healthz/x", "none"),
    ],
)
def test_page(path: bytes, page: str):
    assert parse_route(path, b"").page == page


def test_names_are_decoded_after_the_path_was_split():
    route = parse_route(b"/v1/partner/a%2Fb/event", b"configName=c%20d+e&x=1")
    assert route.inlet == ("a/b", "c d e")
    assert route.mapping_type == "events"
    assert route.query == {"configName": "c d e", "x": "1"}


def test_credentials_in_the_query_are_masked():
    route = parse_route(b"/v1/partner/p/events", b"configName=v1&api_key=s3cret&key=s3cret")
    assert "s3cret" not in route.target
    assert "s3cret" not in str(route.query)
    assert route.config == "v1"


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        (b"/v1/partner/p/events", b"configName=a&configName=b", "configName"),
        (b"/v1/partner/p/events", b"configName=a&configName=a", "configName"),
        (b"/v1/partner/p/events", b"configName=a&x=1&config%4Eame=", "configName"),
        (b"/v1/webhook/shop", b"workspace=a&workspace=b", "workspace"),
    ],
)
def test_a_repeated_parameter_that_says_where_it_goes_is_refused(
    path: bytes, query: bytes, name: str
):
    with pytest.raises(Refusal) as caught:
        parse_route(path, query)
    assert caught.value.status == 400
    assert name in caught.value.message


def test_a_repeated_parameter_keeps_all_its_values():
    route = parse_route(b"/v1/partner/p/events", b"configName=v1&tag=a&tag=b&x[]=1&token=s&token=t")
    assert route.config == "v1"
    assert route.query == {
        "configName": "v1",
        "tag": ["a", "b"],
        "x[]": ["1"],
        "token": ["REDACTED", "REDACTED"],
    }
    assert route.target == (
        "/v1/partner/p/events?configName=v1&tag=a&tag=b&x%5B%5D=1&token=REDACTED&token=REDACTED"
    )


def test_a_query_that_is_not_utf8_keeps_its_bytes():
    route = parse_route(b"/v1/partner/p/events", b"configName=v1&n=J%FCrgen")
    assert (route.config, route.query) == ("v1", {})
    assert route.undecoded == b"configName=v1&n=J%FCrgen"
    assert route.target.endswith("?configName=v1&n=J%FCrgen")


def test_raw_bytes_in_an_address_are_utf8():
    route = parse_route("/v1/webhook/bücher".encode(), "n=Jürgen".encode())
    assert (route.source, route.query) == ("bücher", {"n": "Jürgen"})


def test_table_returns_the_same_route_and_stays_bounded():
    table = RouteTable()
    first = table.resolve(b"/v1/partner/p/events", b"configName=v1")
    assert table.get((b"/v1/partner/p/events", b"configName=v1")) is first
    for number in range(10_000):
        table.resolve(b"/x", b"n=%d" % number)
    assert len(table._routes) <= 4096


def test_a_long_target_is_read_and_not_remembered():
    """What strangers choose must not fill the memory."""
    table = RouteTable()
    short, long = b"configName=v1", b"configName=v1&note=" + b"n" * 600
    for query in (short, long):
        assert table.resolve(b"/v1/partner/shop/events", query).config == "v1"
    assert table.get((b"/v1/partner/shop/events", short)) is not None
    assert table.get((b"/v1/partner/shop/events", long)) is None


def test_more_parameters_than_any_sender_needs_are_refused():
    assert (
        len(parse_route(b"/x", b"&".join(b"p%d=" % n for n in range(MAX_PARAMETERS))).query) == 100
    )
    with pytest.raises(Refusal) as refused:
        parse_route(b"/x", b"&".join([b"p="] * (MAX_PARAMETERS + 1)))
    assert refused.value.status == 400
