"""The part of the suite that asks what a destination makes of answers; see `suite`."""

import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.destinations.base import Destination, Response
from heliograph.model.delivery import Delivered, Hold, Outcome, Pause, Reject, Retry, Throttle
from heliograph.model.json import Json
from heliograph.testing.odd_events import json_values, odd_input

DATE = "Tue, 09 Jun 2026 10:13:20 GMT"


def _dumped(value: Json) -> bytes:
    return json.dumps(value).encode()


def _envelope(error: Json, status: Json) -> bytes:
    return _dumped({"response": error, "error": error, "status": status})


class AnswersConformance:
    """`classify` over every status, with and without what vendors add; and over garbage."""

    destination: ClassVar[Destination[Any]]
    rejected_4xx: ClassVar[tuple[int, ...]] = (400, 413, 415, 422)
    """Statuses that become dead letters."""
    paused: ClassVar[tuple[int, ...]] = (401, 403)
    """Statuses that stop the destination."""
    error_body: ClassVar[Json] = None
    """What the vendor says in a 200 that is none; None when it does not."""

    @pytest.mark.parametrize("body", [b"", b"{}", b"not json", b"\xff\xfe", b"[[[", b"null"])
    @pytest.mark.parametrize("status", [200, 201, 202, 204])
    def test_success_is_delivered(self, status: int, body: bytes) -> None:
        """A 2xx whose body does not say otherwise is a delivery."""
        assert self.destination.classify(Response(status=status, body=body)) == Delivered()

    def test_a_success_that_is_none_is_rejected(self) -> None:
        """A 200 with the vendor's error in its body is a dead letter with the vendor's words."""
        if self.error_body is None:
            return
        response = Response(status=200, body=json.dumps(self.error_body).encode())
        assert isinstance(self.destination.classify(response), Reject)

    @pytest.mark.parametrize(
        "status",
        [400, 401, 402, 403, 404, 405, 408, 409, 410, 412, 413, 415, 418, 422, 425, 429, 451, 499],
    )
    def test_client_errors(self, status: int) -> None:
        """Credentials pause, refusals are dead letters, 408 and 425 are tried again, 429 waits."""
        outcome = self.destination.classify(Response(status=status, body=b"{}"))
        if status in self.paused:
            assert isinstance(outcome, Pause)
        elif status == 429:
            assert isinstance(outcome, Throttle)
        elif status in (408, 425):
            assert isinstance(outcome, Retry)
        elif status in self.rejected_4xx:
            assert isinstance(outcome, Reject)
        else:
            assert isinstance(outcome, Reject | Pause)

    @pytest.mark.parametrize("status", [500, 503, 599])
    @pytest.mark.parametrize(
        ("headers", "after_s"),
        [
            ({}, None),
            ({"retry-after": "7"}, 7.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT", "date": DATE}, 30.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT"}, None),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-5"}, 0.0),
            ({"retry-after": "1e12"}, 86_400.0),
            ({"retry-after": "nan"}, None),
        ],
    )
    def test_server_errors_are_tried_again(
        self, status: int, headers: dict[str, str], after_s: float | None
    ) -> None:
        """A 5xx is tried again, after what it asks for if it asks."""
        outcome = self.destination.classify(Response(status=status, headers=headers))
        assert isinstance(outcome, Retry)
        assert outcome.after_s == after_s

    @pytest.mark.parametrize(
        ("headers", "after_s"),
        [
            ({"retry-after": "7"}, 7.0),
            ({"retry-after": "Tue, 09 Jun 2026 10:13:50 GMT", "date": DATE}, 30.0),
            ({"x-ratelimit-reset": "42"}, 42.0),
            ({"x-ratelimit-reset": "1781000042", "date": DATE}, 42.0),
            ({"retry-after": "3", "x-ratelimit-reset": "42"}, 3.0),
        ],
    )
    def test_too_fast_waits_as_long_as_asked(self, headers: dict[str, str], after_s: float) -> None:
        """A 429 throttles for what `Retry-After`, else `x-ratelimit-reset`, says."""
        outcome = self.destination.classify(Response(status=429, headers=headers))
        assert isinstance(outcome, Throttle)
        assert outcome.after_s == after_s

    @odd_input
    @given(
        st.integers(-5, 1000),
        st.dictionaries(
            st.sampled_from(["retry-after", "x-ratelimit-reset", "date", "content-type"]),
            st.text(max_size=40) | st.integers().map(str) | st.just(DATE),
        ),
        st.binary(max_size=200)
        | st.builds(_dumped, json_values)
        | st.just(b"[" * 5000)
        | st.builds(_envelope, json_values, json_values),
    )
    def test_classify_never_raises(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Any answer whatsoever gives an outcome with a reason of sane length and a sane wait."""
        outcome: Outcome = self.destination.classify(
            Response(status=status, headers=headers, body=body)
        )
        assert not isinstance(outcome, Hold)
        if not isinstance(outcome, Delivered):
            assert 0 < len(outcome.reason) < 500
        if isinstance(outcome, Retry | Throttle) and outcome.after_s is not None:
            assert 0 <= outcome.after_s <= 86_400
        if not 200 <= status < 300:
            assert not isinstance(outcome, Delivered)

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_a_moved_address_pauses(self, status: int) -> None:
        """Redirects are not followed: the configuration has to be mended, and where to is said."""
        assert isinstance(self.destination.classify(Response(status=status)), Pause)
        place = "https://elsewhere.test/" + "x" * 1000
        outcome = self.destination.classify(Response(status=status, headers={"location": place}))
        assert isinstance(outcome, Pause)
        assert place[:200] in outcome.reason
        assert str(status) in outcome.reason
        assert len(outcome.reason) < 500
