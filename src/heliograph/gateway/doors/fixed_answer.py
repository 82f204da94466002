"""The 200 of a vendor that wants its own words, or none, before it counts a webhook as delivered."""

from collections.abc import Sequence

import msgspec

from heliograph.gateway.answers import Answer
from heliograph.mapping.result import Uncopied
from heliograph.model.request import RejectedItem


class FixedAnswer:
    """The same text whatever became of the items; takes the place of `SuccessAnswer`."""

    __slots__ = ("_body", "_headers")

    def __init__(self, text: str) -> None:
        self._body = text.encode()
        self._headers = [(b"content-length", b"%d" % len(self._body))]
        if self._body:
            self._headers.append((b"content-type", _type_of(self._body)))

    def whole(self, request_id: str) -> Answer:
        """Return the answer to a request of which every item was accepted."""
        return Answer(200, [*self._headers, (b"x-request-id", request_id.encode())], self._body)

    def noted(self, request_id: str, notes: Sequence[Uncopied]) -> Answer:
        """Return the same to one that `create_all` found nothing to copy in."""
        return self.whole(request_id)

    def partial(
        self,
        request_id: str,
        accepted: int,
        rejected: Sequence[RejectedItem],
        notes: Sequence[Uncopied] = (),
    ) -> Answer:
        """Return the same to a batch of which some items were refused."""
        return self.whole(request_id)


def _type_of(body: bytes) -> bytes:
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return b"text/plain"
    return b"application/json"
