"""A request as bytes: heads are made once for requests of one form, and values never leak into it."""

import pytest

from heliograph.delivery.send.wire import request_bytes
from heliograph.destinations.base import RequestPlan


def sent(**fields) -> bytes:
    fields = {"method": "POST", "url": "https://a.example/x", "body": b"{}", **fields}
    return request_bytes(RequestPlan(**fields), host="a.example", target="/x?q=%20")


def test_two_requests_of_one_form_each_have_their_own_values():
    first = sent(headers={"X-Id": "100%s", "Content-Type": "a/b"}, body=b"1")
    second = sent(headers={"X-Id": "é", "Content-Type": "c/d"}, body=b"four")
    assert first == (
        b"POST /x?q=%20 HTTP/1.1\r\nHost: a.example\r\nX-Id: 100%s\r\nContent-Type: a/b\r\n"
        b"User-Agent: heliograph\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n"
        b"Content-Length: 1\r\n\r\n1"
    )
    assert second.endswith(b"Content-Length: 4\r\n\r\nfour")
    assert "X-Id: é\r\n".encode() in second


def test_what_frames_the_request_is_ours_whatever_a_destination_sets():
    data = sent(headers={"Host": "evil", "content-length": "9", "Connection": "close", "A%b": "1"})
    assert b"evil" not in data
    assert data.count(b"ontent-") == 2  # our length, and a type because none was set
    assert b"A%b: 1\r\n" in data


@pytest.mark.parametrize(("method", "has_length"), [("GET", False), ("POST", True)])
def test_a_request_without_a_body_says_so_where_one_is_expected(method, has_length):
    assert (b"Content-Length: 0" in sent(method=method, body=b"")) is has_length


@pytest.mark.parametrize("value", ["a\r\nB: c", "\x00", "a\nb"])
def test_a_value_that_would_begin_another_header_is_refused_without_repeating_it(value):
    with pytest.raises(ValueError, match="the header Second has a value") as refused:
        sent(headers={"First": "fine\tindeed", "Second": value})
    assert value not in str(refused.value)


@pytest.mark.parametrize("fields", [{"method": "PO ST"}, {"headers": {"a b": "c"}}])
def test_a_method_or_name_that_is_none_is_refused(fields):
    with pytest.raises(ValueError, match="malformed"):
        sent(**fields)
