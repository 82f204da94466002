"""What `mapper run` prints, cases expect and the console shows: one shape for the result of a mapping.

    {"events": [{"customer_id", "anonymous_id", "event", "timestamp", "platform", "app_version",
                 "properties", "traits"}],
     "rejected": [{"index", "code", "message", "path"}]}

`timestamp` is UTC epoch milliseconds; for a users mapper `event` is null. What makes somebody a member of a
group has a `group_id` beside. Both lists are in the order of the payload.
"""

from collections.abc import Mapping

from heliograph.errors import InputError
from heliograph.mapping.body.decode import decode_body, decode_encoding
from heliograph.mapping.charsets import Charset
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.mapper import Mapper
from heliograph.model.json import Json, JsonObject
from heliograph.model.request import RejectedItem


def as_output(result: MappingResult) -> JsonObject:
    """Return the result of a mapping in the shape above."""
    return {
        "events": [
            {
                "customer_id": item.customer_id,
                "anonymous_id": item.anonymous_id,
                "event": item.event,
                "timestamp": item.timestamp,
                "platform": item.platform,
                "app_version": item.app_version,
                "properties": item.properties,
                "traits": item.traits,
                **({} if item.group_id is None else {"group_id": item.group_id}),
            }
            for item in result.mapped
        ],
        "rejected": [
            {"index": item.index, "code": item.code, "message": item.message, "path": item.path}
            for item in result.rejected
        ],
    }


def refused(error: InputError) -> MappingResult:
    """Return the result for a body that is refused as a whole: one item."""
    item = RejectedItem(index=0, code=error.code, message=error.message, path=error.where)
    return MappingResult(mapped=[], rejected=[item])


def read_payload(
    body: bytes,
    content_type: str | None,
    *,
    limit: int = 64_000_000,
    charset: Charset | None = None,
) -> Json:
    """Return the payload of a body as the gateway reads it, gzip included; `charset` is the mapper's.

    Raises:
        InputError: as `decode_encoding` and `decode_body`.
    """
    plain = decode_encoding(body, None, limit=limit)
    return decode_body(plain, content_type, limit=limit, charset=charset)


def map_body(
    mapper: Mapper,
    body: bytes,
    *,
    content_type: str | None,
    received_at_ms: int,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, Json] | None = None,
) -> MappingResult:
    """Return what the gateway would make of a body, one that it refuses as a whole included."""
    try:
        payload = read_payload(body, content_type, charset=mapper.plan.charset)
        return mapper.apply(payload, received_at_ms=received_at_ms, headers=headers, query=query)
    except InputError as error:
        return refused(error)
