"""The decisions about what Connected Sources leaves open, each with an example that can be run.

`reference.mapper_page` prints them into docs/reference/mapper.md with the results of the examples; the tests
in tests/unit/mapping/document/test_readings.py have one class per number.
"""

from typing import Final

import msgspec

from heliograph.model.json import Json, JsonObject


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A mapper, shortened to what matters, and a payload."""

    mappings: JsonObject
    payload: Json
    batching: bool = False
    kind: str = "events"
    validations: JsonObject = {}

    def document(self) -> JsonObject:
        """Return the whole mapper document: usual values for what the example does not say."""
        usual: JsonObject = {"customer_id": "$.id"}
        if self.kind == "events":
            usual |= {"event_name": "Seen", "user_time": "$receivedAt", "platform": "web"}
        document: JsonObject = {
            "partner_name": "example",
            "mapping_type": self.kind,
            "mappings": {**usual, **self.mappings},
            "batching": self.batching,
        }
        if self.validations:
            document["payload_validations"] = self.validations
        return document


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One decision: its number in our notes, the question, the answer."""

    number: int
    question: str
    answer: str
    example: Example


READINGS: Final = (
    Reading(
        number=1,
        question="Path or literal?",
        answer="A string that is `$` or starts with `$.` or `$[` is a path, and so are `$headers…`, "
        "`$query…` and `$receivedAt`; any other value (also numbers and booleans) is a literal. "
        "A text that can only be a path of another dialect (`$event.type`, `{{ $.a }}`, `${a.b}`) is refused "
        "with the standard spelling, one that may be (`.email`, `a.b`) gets a warning. "
        "`#MERGE` means something in `user_time` only. `customer_id`, `anon_id` and `user_time` take no "
        "literal.",
        example=Example(
            mappings={"attr": {"plan": "$.plan", "offer": "$5 off", "version": 2}},
            payload={"id": "c-1", "plan": "pro"},
        ),
    ),
    Reading(
        number=2,
        question="What does `[*]` do in a batch?",
        answer="The elements of the array are walked, and the rest of each path is followed within each "
        "element, so a field that is missing in one element is missing only there.",
        example=Example(
            batching=True,
            mappings={"customer_id": "$.orders[*].email", "attr": {"total": "$.orders[*].total"}},
            payload={"orders": [{"email": "a@ex.com"}, {"email": "b@ex.com", "total": 5}]},
        ),
    ),
    Reading(
        number=3,
        question="Two different arrays in one mapper?",
        answer="They are walked in step when they have the same length; otherwise the whole payload is "
        "refused. The mapper gets a warning.",
        example=Example(
            batching=True,
            mappings={"customer_id": "$.people[*].id", "attr": {"sku": "$.orders[*].sku"}},
            payload={"people": [{"id": "p-1"}, {"id": "p-2"}], "orders": [{"sku": "s"}]},
        ),
    ),
    Reading(
        number=4,
        question="Two wildcards in one path?",
        answer="One record per innermost element of the deepest path; what stands further out is repeated. "
        "Two deepest paths that part are an error of the document. For one event per order with its items "
        "as one attribute, leave the second wildcard out. An array that is missing, null or empty has no "
        "elements.",
        example=Example(
            batching=True,
            mappings={
                "customer_id": "$.orders[*].email",
                "attr": {"sku": "$.orders[*].items[*].sku"},
            },
            payload={"orders": [{"email": "a@ex.com", "items": [{"sku": "s-1"}, {"sku": "s-2"}]}]},
        ),
    ),
    Reading(
        number=5,
        question="Paths without a wildcard beside paths with one?",
        answer="Their value goes to every record, as literals do.",
        example=Example(
            batching=True,
            mappings={"customer_id": "$.orders[*].email", "attr": {"shop": "$.shop"}},
            payload={"shop": "north", "orders": [{"email": "a@ex.com"}, {"email": "b@ex.com"}]},
        ),
    ),
    Reading(
        number=6,
        question="`batching` and `[*]` that do not fit?",
        answer="`batching` true without any `[*]`: one record and a warning. A `[*]` with `batching` false "
        "gives one list in `attr` and `user_attributes`, and is an error in a field of one value. A filter "
        "or `..` walks nothing: in an attribute it gives the one match, or the list of several; elsewhere "
        "the first match.",
        example=Example(
            mappings={
                "attr": {"skus": "$.items[*].sku", "first_big": "$.items[?@.price > 10].sku"}
            },
            payload={"id": "c-1", "items": [{"sku": "a", "price": 5}, {"sku": "b", "price": 20}]},
        ),
    ),
    Reading(
        number=7,
        question="A body that is an array?",
        answer="`$[*].x` walks it. A body that is neither an object nor an array is refused.",
        example=Example(
            batching=True,
            mappings={"customer_id": "$[*].id"},
            payload=[{"id": "c-1"}, {"id": "c-2"}],
        ),
    ),
    Reading(
        number=8,
        question="Missing, null, empty?",
        answer="Missing and null are the same: an attribute is left out (never deleted), a required field "
        "refuses the record. An empty text is kept as an attribute and counts as missing in a required "
        "field. Null further inside an object or list that is copied as one value stays.",
        example=Example(
            mappings={"attr": {"a": "$.a", "b": "$.b", "c": "$.c"}},
            payload={"id": "c-1", "b": None, "c": ""},
        ),
    ),
    Reading(
        number=9,
        question="How much does `create_all` copy?",
        answer="All keys of the object whose value is not null (A8), one level deep, also those that other "
        "fields use; a nested object stays one value, with the nulls inside it; keys mapped by name win. "
        "What is missing or no object copies nothing. Names a destination refuses are dropped by that "
        "destination only.",
        example=Example(
            kind="users",
            mappings={"user_attributes": {"u_fn": "$.first_name", "create_all": "$.more"}},
            payload={
                "id": "c-1",
                "first_name": "Alex",
                "more": {"score": 85, "gone": None, "geo": {"lat": 59.9, "alt": None}},
            },
        ),
    ),
    Reading(
        number=10,
        question="Seconds or milliseconds?",
        answer="By size: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else "
        "nanoseconds; digits in a text likewise. But digits that form a date of 1900 to 2099 are that date "
        "in the mapper's zone, as a text and as a number, at every length they are written in: `2024`, "
        "`202410`, `20241025`, `20241025143000` and with fractions, see below. A number ignores "
        "`formats`, unless the pattern reads digits alone (`ddMMyyyy`).",
        example=Example(
            mappings={"user_time": "$.at", "formats": {"user_time": "yyyy-MM-dd"}},
            payload={"id": "c-1", "at": 1704067200},
        ),
    ),
    Reading(
        number=11,
        question="Which text is a time?",
        answer="With a pattern in `formats` only what matches it exactly; without one ISO 8601 and the "
        "other forms below. The letter `Z` of a pattern accepts `+0530`, `+05:30`, `+05` and `Z`, a quoted "
        "`'Z'` means UTC. Without a zone the time is in the mapper's `timezone`, else the workspace's, else "
        "UTC. A date alone is its midnight. What is not plausible as the time of an event is refused or kept "
        "with a warning, as `time_window` says.",
        example=Example(
            mappings={"user_time": "$.at", "formats": {"user_time": "dd/MM/yyyy"}},
            payload={"id": "c-1", "at": "2024-10-25"},
        ),
    ),
    Reading(
        number=13,
        question="How does `#MERGE` join date and time?",
        answer="With one space, or with `T` when the pattern holds `T`. Only `user_time` can be merged; "
        "other entries get a warning.",
        example=Example(
            mappings={
                "user_time": "#MERGE",
                "#MERGE": {"user_time": {"date": "$.day", "time": "$.hour"}},
                "formats": {"user_time": "yyyy-MM-dd HH:mm:ss"},
            },
            payload={"id": "c-1", "day": "2024-10-25", "hour": "14:30:00"},
        ),
    ),
    Reading(
        number=14,
        question="A `customer_id` that is no text?",
        answer="Integers stay exact in decimal, and so do whole floats below 2^53; texts are trimmed, "
        "also of what is invisible. Booleans, objects and arrays count as missing; what stands for nobody "
        "(`null`, `guest`, `0`, `{{user.id}}` …) is a blocked value, and so it is as `anon_id`.",
        example=Example(mappings={}, payload={"id": 9007199254740993}),
    ),
    Reading(
        number=15,
        question="What does `payload_validations` check?",
        answer="Each path must lead to a value of the type. A missing value names the path, another type "
        "makes the payload invalid. Required fields are judged first.",
        example=Example(
            mappings={}, validations={"$.total": "number"}, payload={"id": "c-1", "total": "5"}
        ),
    ),
    Reading(
        number=16,
        question="One bad record in a batch?",
        answer="The good ones are accepted; the bad one is kept with its reason, place and content. The "
        "request fails only when no record is good (a workspace may choose all or nothing).",
        example=Example(
            batching=True,
            mappings={"customer_id": "$.orders[*].email"},
            payload={"orders": [{"email": "a@ex.com"}, {"mail": "b@ex.com"}]},
        ),
    ),
    Reading(
        number=19,
        question="Events of unknown visitors?",
        answer="An events mapper may have `anon_id` beside or instead of `customer_id`; a record needs one "
        "of them. With both, the two are the same person from then on.",
        example=Example(
            mappings={"anon_id": "$.session"}, payload={"session": "anon_abc", "id": "guest"}
        ),
    ),
    Reading(
        number=20,
        question="What does `update_existing_only` do in an events mapper?",
        answer="Records of customers we do not know are skipped as a whole and logged, since their event "
        "would create the customer. The flag stands inside `mappings`.",
        example=Example(mappings={"update_existing_only": True}, payload={"id": "c-1"}),
    ),
    Reading(
        number=21,
        question="Which platforms are there?",
        answer="`web`, `android`, `ios` and `api`, in any case; kept as written and translated by each "
        "destination. Another value of a path makes the payload invalid.",
        example=Example(mappings={"platform": "$.os"}, payload={"id": "c-1", "os": "iOS"}),
    ),
    Reading(
        number=24,
        question="`user_time` in a users mapper?",
        answer="Read when it is there, and then it must be a time; it decides which of two values of an "
        "attribute is the newer one. `event_name`, `platform`, `app_version` and `attr` are not used.",
        example=Example(
            kind="users",
            mappings={"user_time": "$.at", "user_attributes": {"plan": "$.plan"}},
            payload={"id": "c-1", "plan": "pro", "at": "2024-10-25T14:30:00Z"},
        ),
    ),
)
