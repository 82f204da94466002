import base64
import hashlib
import hmac

import pytest

from heliograph.destinations.base import RequestPlan, Signing
from heliograph.destinations.masks import AT_SENDING, mask_text, masked
from heliograph.destinations.planning.http import (
    base_url,
    basic,
    bearer,
    check_url,
    idempotency_hex,
    json_body,
    path_segment,
    signed,
)
from heliograph.model.secret import MASK, Secret

KEY = base64.b64encode(b"0123456789abcdef01234567").decode()


def request(**fields: object) -> RequestPlan:
    return RequestPlan(**{"method": "POST", "url": "https://h/x", **fields})  # type: ignore[arg-type]


def test_bodies_are_compact_utf8_in_order():
    assert json_body({"b": 1, "a": "ü"}) == '{"b":1,"a":"ü"}'.encode()
    assert json_body({"\ud800": ["a\ud800b", "😀"]}) == '{"�":["a�b","😀"]}'.encode()
    assert json_body([float("nan"), 2**70]) == b"[null,1180591620717411303424]"


def test_authorization_headers():
    assert bearer(Secret("k")) == "Bearer k"
    assert basic("moengage_app_id", Secret("data_api_key")) == (
        "Basic bW9lbmdhZ2VfYXBwX2lkOmRhdGFfYXBpX2tleQ=="
    )


def test_addresses():
    assert base_url("api.webengage.com") == "https://api.webengage.com"
    assert base_url("http://127.0.0.1:9/") == "http://127.0.0.1:9"
    assert path_segment("in~5a/ä?") == "in~5a%2F%C3%A4%3F"


@pytest.mark.parametrize(
    "url",
    [
        *["", "h", "ftp://h", "http://", "http://a b", "http://h:0", "http://h:x", "http://ü"],
        *["http://user:password@h", "http://h/\r\nx", "http://[::1"],
    ],
)
def test_unusable_addresses_are_refused_without_being_repeated(url: str):
    with pytest.raises(ValueError, match="address") as caught:
        check_url(url)
    assert "password" not in str(caught.value)


def test_masks_cover_headers_url_and_body_in_every_spelling():
    secret = 's3cr"t/é'
    outgoing = request(
        url="https://h/s3cr%22t%2F%C3%A9",
        headers={"Authorization": "Bearer tok", "X-Key": "abc", "X-Other": 'abc s3cr"t/é'},
        body=json_body({"key": secret}),
        secret_headers=frozenset({"authorization", "x-key"}),
        secret_values=(secret,),
    )
    shown = masked(outgoing)
    assert shown.url == f"https://h/{MASK}"
    assert shown.headers == {
        "Authorization": f"Bearer {MASK}",
        "X-Key": MASK,
        "X-Other": f"abc {MASK}",
    }
    assert shown.body == f'{{"key":"{MASK}"}}'
    echoed = mask_text(outgoing, 'you sent tok and abc and "s3cr\\"t/é"')
    assert echoed == f'you sent {MASK} and {MASK} and "{MASK}"'
    assert "tok" not in repr(outgoing)


def test_signatures_are_made_at_sending_as_standard_webhooks_describe():
    unsigned = request(
        headers={"webhook-id": "dlv_1"},
        body=b'{"a":1}',
        signing=Signing(secret=Secret(f"whsec_{KEY}")),
    )
    assert masked(unsigned).headers["webhook-signature"] == AT_SENDING
    ready = signed(unsigned, 1_780_770_540_999)
    assert ready.signing is None
    assert ready.headers["webhook-timestamp"] == "1780770540"
    key = base64.b64decode(KEY)
    digest = hmac.new(key, b'dlv_1.1780770540.{"a":1}', hashlib.sha256).digest()
    assert ready.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert signed(ready, 0) is ready


def test_the_signature_of_the_specifications_own_library():
    """Vector of the Standard Webhooks reference libraries (standardwebhooks, Python tests)."""
    unsigned = request(
        headers={"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek"},
        body=b'{"test": 2432232314}',
        signing=Signing(secret=Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
    )
    ready = signed(unsigned, 1_614_265_330_000)
    assert ready.headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_idempotency_keys_depend_on_delivery_and_step():
    keys = {idempotency_hex(d, s) for d in ("a", "b") for s in ("user", "event")}
    assert len(keys) == 4
    assert idempotency_hex("a", "user") == idempotency_hex("a", "user")
