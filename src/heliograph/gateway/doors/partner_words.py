"""The words of the partner URLs: Connected Sources when a payload is judged, the Data API before that.

- Success and payload errors: the Connected Sources shapes (seed "Connected Sources", API responses).
- Refusals of credentials and addresses: the Data API's types and messages where it publishes them
  (reference/moengage.md 2.8, mid-2026), in the envelope of `answers.refused`.

Extensions to the published shapes, all additive: `accepted` and `rejected` in the 200 of a batch that
was taken in part; `warnings` in a 200 when `create_all` of the mapper found no object to copy; `index`,
`path`, `reason`, `explanation` in the `details` of a 400. `reason` says in full what the `message`, whose
words are fixed by the interface, cannot; `explanation` is text, the very lines that
`heliograph mapper explain` prints for the fields that refuse the item, and is left out where there is none.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from heliograph.gateway.answers import JSON, Answer, encode, json_answer
from heliograph.gateway.intake.rejections import shortened
from heliograph.gateway.refusals import Refusal
from heliograph.mapping.result import Uncopied
from heliograph.model.documents.spelling import LONGEST, meant, oddity
from heliograph.model.request import RejectedItem
from heliograph.telemetry.safe_text import one_line

DETAILS_LIMIT: Final = 20
"""Rejected items listed in one answer; the stored request keeps more of them."""

INVALID_PAYLOAD: Final = "The provided payload is invalid"
_SUCCESS: Final = "Successfully submitted for processing"
_REALM: Final = (b"www-authenticate", b'Basic realm="heliograph", charset="UTF-8"')


class SuccessAnswer:
    """The 200 of one partner with everything that never changes laid out beforehand."""

    __slots__ = ("_lengths", "_prefix", "_suffix")

    def __init__(self, partner: str) -> None:
        self._prefix: Final = b'{"request_id":"'
        self._suffix: Final = b'","name":%s,"description":"%s"}' % (
            encode(partner),
            _SUCCESS.encode(),
        )
        self._lengths: dict[int, tuple[tuple[bytes, bytes], bytes]] = {}

    def whole(self, request_id: str) -> Answer:
        """Return the answer to a request of which every item was accepted."""
        id_ = request_id.encode()
        body = b"".join((self._prefix, id_, self._suffix))
        size = len(body)
        known = self._lengths.get(size)
        if known is None:
            length = (b"content-length", b"%d" % size)
            lines = b"%s: %s\r\n%s: %s\r\nx-request-id: " % (*JSON, *length)
            known = self._lengths[size] = (length, lines)
        length, lines = known
        headers = [JSON, length, (b"x-request-id", id_)]
        return Answer(200, headers, body, b"".join((lines, id_, b"\r\n")))

    def noted(self, request_id: str, notes: Sequence[Uncopied]) -> Answer:
        """Return the answer to a request that was accepted, although `create_all` found nothing to copy."""
        body = b"".join(
            (self._prefix, request_id.encode(), self._suffix[:-1], _warnings(notes), b"}")
        )
        return json_answer(200, body, request_id)

    def partial(
        self,
        request_id: str,
        accepted: int,
        rejected: Sequence[RejectedItem],
        notes: Sequence[Uncopied] = (),
    ) -> Answer:
        """Return the answer to a batch of which some items were refused.

        `rejected` lists at most `DETAILS_LIMIT` of them; `rejected_total` is their number.
        """
        listed: list[dict[str, str | int | None]] = []
        for item in map(shortened, rejected[:DETAILS_LIMIT]):
            entry: dict[str, str | int | None] = {
                "index": item.index,
                "code": item.code,
                "message": item.message,
                "path": item.path,
            }
            if item.explanation is not None:
                entry["explanation"] = item.explanation
            listed.append(entry)
        tail = b',"accepted":%d,"rejected_total":%d,"rejected":%s%s}' % (
            accepted,
            len(rejected),
            encode(listed),
            _warnings(notes),
        )
        body = b"".join((self._prefix, request_id.encode(), self._suffix[:-1], tail))
        return json_answer(200, body, request_id)


def _warnings(notes: Sequence[Uncopied]) -> bytes:
    """Return the part of a 200 that says what `create_all` left out; nothing where it left out nothing."""
    return b',"warnings":%s' % encode(notes[:DETAILS_LIMIT]) if notes else b""


def public_message(item: RejectedItem) -> str:
    """Return the message of a rejected item: of the two published ones that fits, or a blocked value's.

    A missing mandatory field keeps its own sentence, `Required field '…' is missing in the payload`;
    everything else is `The provided payload is invalid`. A blocked identifier is neither: `Field '…' holds
    the blocked value …`.
    """
    if item.message.startswith("Required field '") or item.code == "mapper.blocked_identity":
        return item.message
    return INVALID_PAYLOAD


def payload_refused(request_id: str, rejected: Sequence[RejectedItem]) -> Answer:
    """Return the 400 to a request of which no item could be used; the first item names the message."""
    message = public_message(rejected[0]) if rejected else INVALID_PAYLOAD
    details: list[dict[str, str | int | None]] = []
    for item in map(shortened, rejected[:DETAILS_LIMIT]):
        public = public_message(item)
        detail: dict[str, str | int | None] = {
            "code": "e_9004",
            "target": "payload_validation",
            "message": public,
            "index": item.index,
        }
        if item.path is not None:
            detail["path"] = item.path
        if item.message != public:
            detail["reason"] = item.message
        if item.explanation is not None:
            detail["explanation"] = item.explanation
        details.append(detail)
    error = {
        "code": "e_9004",
        "message": message,
        "target": "payload_validation",
        "details": details,
    }
    return json_answer(400, encode({"error": error}), request_id)


def no_basic_authentication() -> Refusal:
    """No `Authorization` header, another scheme, or Base64 that cannot be read."""
    return Refusal(
        401,
        "Authentication required",
        "Invalid authorization format. Expected Basic authentication",
        headers=[_REALM],
    )


def unknown_workspace() -> Refusal:
    """The user name of Basic auth is no workspace."""
    return Refusal(
        401,
        "Authentication required",
        "Invalid APP_ID used in Authentication Header",
        headers=[_REALM],
    )


def wrong_key() -> Refusal:
    """The workspace exists, the password is none of its Data API keys."""
    return Refusal(
        401,
        "Authentication required",
        "App Secret key mismatch. Please login to the dashboard to verify key",
        headers=[_REALM],
    )


def no_such_partner(partner: str, known: Iterable[str]) -> Refusal:
    """The workspace has no mapper of this partner; `known` are those it has."""
    return Refusal(
        404,
        "NotFound",
        f"The partner '{_shown(partner)}' is not known in this workspace. Check the URL's "
        "/v1/partner/<partner>/ part; mappers/<partner>/ in the configuration defines it"
        f"{oddity(partner, 'the partner') or meant(partner, known)}",
    )


def no_such_config(
    partner: str, config: str | None, known: Iterable[str], parameters: Iterable[str]
) -> Refusal:
    """The partner has no mapper of this name, or the URL names none.

    Args:
        partner: whose mappers are meant.
        config: the name, None when the URL has none.
        known: names of the partner's mappers.
        parameters: names of the URL's query parameters.
    """
    if config is None:
        message = f"The URL names no mapper. Add ?configName=<config> of the partner '{partner}'"
        alike = next((name for name in parameters if meant(name, ["configName"])), None)
        if alike == "configName":
            message += ". The configName of this URL is empty"
        elif alike is not None:
            message += f". It has '{_shown(alike)}': the parameter is spelled configName"
    else:
        message = (
            f"The partner '{partner}' has no mapper '{_shown(config)}'. Names are case-sensitive; "
            f"check configName, or add mappers/{partner}/{_shown(config)}.json"
            f"{oddity(config, 'configName') or meant(config, known)}"
        )
    return Refusal(404, "NotFound", message)


def _shown(name: str) -> str:
    """Return a name in which nothing is invisible."""
    return one_line(name[:LONGEST])
