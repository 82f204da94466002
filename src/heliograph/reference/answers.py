"""The text of docs/reference/webhook-answers.md: what a sender can be told, made by the gateway's code."""

import json
from typing import Final

from heliograph.errors import InputError
from heliograph.gateway import answers, refusals
from heliograph.gateway.answers import Answer
from heliograph.gateway.doors import partner_words
from heliograph.gateway.doors.partner_words import DETAILS_LIMIT
from heliograph.gateway.intake.rejections import MAX_BYTES, MAX_DETAILS
from heliograph.gateway.reception import MAX_EVENT_BYTES
from heliograph.gateway.refusals import Refusal
from heliograph.mapping import compile_mapper
from heliograph.mapping.explain.explanation import SHOWN_MATCHES
from heliograph.mapping.result import MappingResult
from heliograph.mapping.run.mapper import EXPLAINED_ITEMS
from heliograph.model.json import Json, JsonObject

_ID: Final = "req_01jb0z6k3v8qh2m4t7w9y1c5dx"
_MAPPER: Final[JsonObject] = {
    "partner_name": "shop",
    "mapping_type": "events",
    "batching": True,
    "mappings": {
        "customer_id": "$.orders[*].email",
        "event_name": "Order Placed",
        "user_time": "$.orders[*].at",
        "platform": "web",
    },
}
_COPYING: Final[JsonObject] = {
    "mapping_type": "users",
    "batching": False,
    "mappings": {"customer_id": "$.email", "user_attributes": {"create_all": "$.Message"}},
}
_TEXT: Final[JsonObject] = {"email": "ann@example.com", "Message": '{"plan": "pro"}'}
_GOOD: Final[JsonObject] = {"email": "ann@example.com", "at": "2024-10-25T14:30:00Z"}
_BAD: Final[JsonObject] = {"emial": "bob@example.com", "at": "yesterday"}


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    whole = partner_words.SuccessAnswer("shop").whole(_ID)
    partly = _map({"orders": [_GOOD, _BAD]})
    partial = partner_words.SuccessAnswer("shop").partial(_ID, len(partly.mapped), partly.rejected)
    noted = partner_words.SuccessAnswer("shop").noted(_ID, _map(_TEXT, **_COPYING).notes)
    refused = partner_words.payload_refused(_ID, _map({"orders": [_BAD]}).rejected)
    rows = "\n".join(
        f"| {each.status} | `{each.type}` | {when} | `{each.message.replace('|', ' or ')}` |"
        for when, each in _refusals()
    )
    example = answers.refused(_ID, partner_words.wrong_key())
    return f"""# Answers to webhooks

{notice}

To `POST /v1/partner/{{partner}}/{{events|users}}/?configName={{config}}` and `POST /v1/webhook/{{source}}`.
The 200 and the 400 are those of Connected Sources, everything else has the envelope of the Data API
(MoEngage's documentation, mid-2026); `accepted`, `rejected`, `rejected_total`, `warnings`, `index`, `path`,
`reason` and `explanation` are additions of ours. Every answer has its request id in the header
`x-request-id` as well.

## 200: on disk, and will be processed

{_json(whole)}

When some items of a batch are good and some are not, the good ones are taken. At most {DETAILS_LIMIT} of the
others are listed; `heliograph requests show` has up to {MAX_DETAILS}, as far as {MAX_BYTES:,} bytes hold
them, their number and their places. A text longer than a few thousand characters is cut with `…`.

{_json(partial)}

`warnings` stand in a 200 when `create_all` of the mapper leads to something that is no object, so that
nothing is copied. A text that holds JSON, as some platforms send, is read with
[`$json`](mapper.md#expressions).

{_json(noted)}

## 400: nothing of it can be used

{_json(refused)}

| key of `details` | meaning |
|---|---|
| `message` | one of the two sentences of Connected Sources |
| `index`, `path` | which item of the batch, and where in the payload |
| `reason` | the whole reason, when `message` does not say it |
| `explanation` | the lines of `heliograph mapper explain` for the fields that refuse the item, see below |

`explanation` is text: for each field that refuses the item a line `! field <- path`, and below it the places
the path leads to with their values, what was tried with them, what is wrong, and what may have been meant.
They are the very lines that `heliograph mapper explain` prints for these fields when it is given the same
payload; for the first item above:

```text
{_first_explanation(refused)}
```

Values are cut to 80 characters, at most {SHOWN_MATCHES} places are listed for a field, and the first
{EXPLAINED_ITEMS} refused items are explained. There is no `explanation` of later items, of one that would
take more than a few milliseconds to explain, and of a body that was refused as a whole: its `reason` says
why.

The request is kept with its body and the explanations: `heliograph requests show ID`, `heliograph trace ID`.

## Everything else

Nothing is stored, so the sender should keep the request; only one that is answered 415 is kept as refused.
After a 400 (but for too many parameters), 408 or 431 of this table the connection ends: nobody can tell
where the next request begins. Trailer fields are dropped.

{_json(example)}

| status | `error.type` | when | `error.message` |
|---|---|---|---|
{rows}
"""


def _first_explanation(answer: Answer) -> str:
    return json.loads(answer.body)["error"]["details"][0]["explanation"]


def _map(payload: Json, **document: Json) -> MappingResult:
    mapper = compile_mapper(_MAPPER | document)
    result = mapper.apply(payload, received_at_ms=0)
    return mapper.explain_refusals(result, payload, received_at_ms=0)


def _refusals() -> list[tuple[str, Refusal]]:
    """Return (when, refusal) in the order in which they are looked at."""
    unknown = InputError("body.encoding", "the Content-Encoding is not supported", status=415)
    return [
        ("all connections in use", refusals.too_many_connections(4096, 2)),
        ("no HTTP/1.1", refusals.not_http("Invalid method encountered")),
        ("head too large", refusals.head_too_large(32_768, 40_112)),
        ("too many header fields", refusals.too_many_fields(100, 153)),
        ("not exactly one Host, or no valid one", refusals.bad_host()),
        ("a field twice that decides", refusals.repeated_field("authorization")),
        ("too many parameters", refusals.too_many_parameters(100)),
        ("chunks of almost nothing", refusals.too_much_framing(32_768)),
        ("too slow", refusals.too_slow("body", 15)),
        ("no page", refusals.no_such_page("/v2/orders")),
        ("another method", refusals.method_not_allowed("PUT", "POST")),
        ("no Basic auth", partner_words.no_basic_authentication()),
        ("unknown workspace", partner_words.unknown_workspace()),
        ("wrong key", partner_words.wrong_key()),
        ("wrong signature", refusals.not_verified("what failed, and what to check")),
        ("too many requests", refusals.rate_limited(500, 1)),
        ("unknown partner", partner_words.no_such_partner("shop", [])),
        ("unknown mapper", partner_words.no_such_config("shop", "orders", [], [])),
        ("unknown source", refusals.no_such_source("shop")),
        ("source switched off", refusals.source_disabled("shop")),
        ("body too large", refusals.body_too_large(1_000_000)),
        ("events too large", refusals.events_too_large(MAX_EVENT_BYTES)),
        ("never readable", refusals.of_input_error(unknown)),
        ("cannot be written now", refusals.unavailable("the disk is full", 5)),
        ("our mistake", refusals.internal_error()),
    ]


def _json(answer: Answer) -> str:
    text = json.dumps(json.loads(answer.body), indent=2, ensure_ascii=False)
    return f"```json\n{text}\n```"
