"""The part about variants, with a document that is run."""

import json
from typing import Final

from heliograph.mapping.document.variants import MAX_ALSO, MAX_VARIANTS
from heliograph.mapping.run.mapper import compile_mapper
from heliograph.model.json import Json, JsonObject
from heliograph.reference.mapper_page.layout import dump, results, table

_EXAMPLE: Final[JsonObject] = {
    "partner_name": "tickets",
    "batching": True,
    "variants": [
        {
            "when": {"$[*].user.email": True},
            "also": True,
            "mapping_type": "users",
            "mappings": {
                "customer_id": "$[*].user.id",
                "user_attributes": {"u_em": "$[*].user.email"},
            },
        },
        {
            "when": {"$[*].user.company.id": True},
            "also": True,
            "mapping_type": "groups",
            "mappings": {
                "customer_id": "$[*].user.id",
                "group_id": "$[*].user.company.id",
                "user_attributes": {"create_all": "$[*].user.company"},
            },
        },
        {
            "when": {"$[*].type": ["ticket.opened", "ticket.closed"]},
            "mapping_type": "events",
            "mappings": {
                "customer_id": "$[*].user.id",
                "event_name": {"$title": "$[*].type"},
                "user_time": "$[*].at",
                "platform": "api",
                "attr": {"ticket": "$[*].id"},
            },
        },
    ],
}
_PAYLOADS: Final[tuple[JsonObject | list[Json], ...]] = (
    {
        "type": "ticket.opened",
        "id": 7,
        "at": 1704067200,
        "user": {"id": "c-1", "email": "a@ex.com"},
    },
    [
        {
            "type": "ticket.closed",
            "id": 7,
            "at": 1704067200,
            "user": {"id": "c-1", "company": {"id": "o-1"}},
        },
        {"type": "ticket.seen", "id": 7, "at": 1704067200, "user": {"id": "c-1"}},
    ],
)
_CONDITIONS: Final = (
    ('"$.type": "order"', "the value is `order`"),
    (
        '"$.type": ["order", "refund"]',
        "it is one of these; of a path that selects several, one is enough",
    ),
    ('"$.level": [1, 2]', 'compared as text: `1`, `1.0` and `"1"` are the same'),
    ('"$.email": true', "there is a value: not missing, null or a blank text"),
    ('"$.test": false', "there is none"),
    ('"$.test": [false, null]', "it is false, null or missing"),
    ('"$headers.x-topic": "orders/paid"', "a header or `$query` parameter, as everywhere"),
)


def render() -> str:
    """Return the part."""
    mapper = compile_mapper(_EXAMPLE)
    runs = [
        "\n".join([f"payload  {dump(each)}", *results(mapper.apply(each, received_at_ms=0))])
        for each in _PAYLOADS
    ]
    conditions = [(f"`{written}`", holds) for written, holds in _CONDITIONS]
    shown = "\n\n".join(runs)
    return f"""
## Variants

A platform that sends several kinds of payload to one URL needs several `mappings`. `variants` lists them,
each with its own `mapping_type`, `mappings` and `payload_validations`; the first one whose `when` holds
takes the record.

{table(("condition in `when`", "holds when"), conditions)}

- All conditions of a `when` must hold; one without conditions always does, so it stands last. `mappings`
  beside `variants` is the last one. A record that none takes is refused with `mapper.no_variant`, and the
  answer says which variants there are and what was found.
- One with `"also": true` adds its result, and the search goes on: an event, and an update of the profile,
  and membership of a group. The first result of a record has its number, further ones follow the last
  record.
- `mapping_type` is `events`, `users`, or `groups` (ours: `customer_id` belongs to `group_id`, and
  `user_attributes` describe the group). A `users` variant with `anon_id` says that two identifiers are one
  person, as an alias does.
- In a batch, `when` is judged for each record, and all variants walk the same arrays. Where the paths walk
  the body itself (`$[*]`), a body that is one object is one record.
- `partner_name`, `batching`, `message_id` and `timezone` stand beside `variants`, and so do validations for
  all of them; `update_existing_only` is the same in each. There may be {MAX_VARIANTS} variants, {MAX_ALSO}
  of them with `also`.
- A partner URL of such a mapper takes requests under `/events` and `/users` alike.

```json
{json.dumps(_EXAMPLE, indent=2)}
```

```text
{shown}
```
"""
