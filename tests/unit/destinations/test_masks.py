"""What of a request and its answer may be shown."""

import pytest

from heliograph.destinations.base import RequestPlan, Signing
from heliograph.destinations.masks import AT_SENDING, Masks, masked
from heliograph.model.secret import MASK, Secret

TOKEN = "s3cret/token+of them"
SIGNING = "whsec_aGVsaW9ncmFwaA=="
SPELLINGS = [TOKEN, f"Bearer {TOKEN}", "s3cret%2Ftoken%2Bof%20them", "s3cret/token%2Bof%20them"]


def plan(**fields: object) -> RequestPlan:
    wanted: dict[str, object] = {
        "method": "POST",
        "url": "https://shop.example/in",
        "headers": {"X-Env": "live", "AUTHORIZATION": f"Bearer {TOKEN}", "Idempotency-Key": "d1"},
        "body": b'{"a":1}',
        "secret_values": (TOKEN,),
        **fields,
    }
    return RequestPlan(**wanted)  # type: ignore[arg-type]


def test_secret_headers_are_masked_in_their_place_whatever_their_case():
    shown = masked(plan())
    assert list(shown.headers.items()) == [
        ("X-Env", "live"),
        ("AUTHORIZATION", f"Bearer {MASK}"),
        ("Idempotency-Key", "d1"),
    ]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_value_is_masked_wherever_it_stands_in_the_request(spelling: str):
    shown = masked(
        plan(
            url=f"https://shop.example/{spelling}",
            headers={"X-Env": spelling},
            body=f'{{"a":"{spelling}"}}'.encode(),
        )
    )
    assert "s3cret" not in f"{shown.url}{shown.headers}{shown.body}"
    assert shown.body.startswith('{"a":"')


@pytest.mark.parametrize("spelling", [*SPELLINGS, SIGNING, "whsec_aGVsaW9ncmFwaA%3D%3D"])
@pytest.mark.parametrize("place", ["header", "body"])
def test_an_answer_that_repeats_a_secret_is_masked(spelling: str, place: str):
    masks = Masks(plan(secret_values=(), signing=Signing(secret=Secret(SIGNING))))
    said = f"you sent {spelling}, thanks"
    headers, body = masks.answer(
        {"x-echo": said if place == "header" else "", "x-other": "fine"},
        said if place == "body" else "",
    )
    shown = headers["x-echo"] if place == "header" else body
    assert shown == f"you sent {MASK}, thanks"
    assert headers["x-other"] == "fine"
    assert masks.text(said) == f"you sent {MASK}, thanks"


def test_two_destinations_with_the_same_headers_keep_their_own_secrets():
    """What is remembered of one set of secrets is not taken for another's."""
    for token in ("first-token", "other-token"):
        masks = Masks(plan(headers={"Authorization": f"Bearer {token}"}, secret_values=()))
        assert masks.text(f"no {token}") == f"no {MASK}"
        assert masks.request().headers == {"Authorization": f"Bearer {MASK}"}


def test_without_secrets_nothing_is_changed_and_a_signature_is_announced():
    bare = Masks(plan(headers={"X-Env": "live"}, secret_values=()))
    assert bare.request().headers == {"X-Env": "live"}
    assert bare.answer({"x-a": "b"}, "text") == ({"x-a": "b"}, "text")
    signed = masked(plan(headers={}, secret_values=(), signing=Signing(secret=Secret(SIGNING))))
    assert signed.headers == {"webhook-timestamp": AT_SENDING, "webhook-signature": AT_SENDING}
