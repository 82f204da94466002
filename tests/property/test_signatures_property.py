"""No header makes verification raise, and nothing but the secret makes it succeed."""

from hypothesis import given
from hypothesis import strategies as st

from heliograph.gateway.signatures import SCHEMES, Failed, verify
from heliograph.model.secret import Secret

HEADERS = sorted(
    {
        name.lower()
        for scheme in SCHEMES.values()
        for name in (
            getattr(scheme, "header", None),
            getattr(scheme, "timestamp_header", None),
            getattr(scheme, "id_header", None),
        )
        if name
    }
)
TEXTS = st.text(max_size=40) | st.sampled_from(
    [
        "",
        "t=1700000000,v1=00",
        "v1,AAAA",
        "sha256=" + "0" * 64,
        "1700000000",
        "ts:1,hmac:00",
        "A" * 44,
    ]
)


@given(
    st.sampled_from(sorted(SCHEMES)),
    st.dictionaries(st.sampled_from([*HEADERS, "content-type"]), TEXTS, max_size=8),
    st.binary(max_size=40),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_garbage_is_refused_and_never_breaks(
    name: str, headers: dict[str, str], body: bytes, url: str, secret: str
) -> None:
    outcome = verify(
        SCHEMES[name],
        [Secret(secret)],
        method="POST",
        url=url,
        headers=headers,
        raw_body=body,
        now_ms=1_700_000_000_000,
    )
    assert isinstance(outcome, Failed)
    assert secret == "" or len(secret) < 8 or secret not in outcome.message
