"""Which value names what happened, and does it name a change of a profile?"""

import re
from collections.abc import Sequence
from typing import Final

from heliograph.mapping.infer.people import BEFORE, PERSONS
from heliograph.mapping.infer.survey import Leaf, Sample, words

_SCORES: Final[dict[tuple[str, ...], float]] = {
    ("event", "name"): 0.97,
    ("eventname",): 0.97,
    ("event",): 0.95,
    ("event", "type"): 0.93,
    ("topic",): 0.9,
    ("subscription", "type"): 0.9,
    ("ev",): 0.75,
    ("evt",): 0.75,
    ("trigger",): 0.7,
    ("activity",): 0.7,
    ("type",): 0.7,
    ("action",): 0.6,
    ("kind",): 0.72,
    ("scope",): 0.5,
    ("record", "type"): 0.62,
    ("message", "type"): 0.5,
    ("object", "type"): 0.0,
    ("resource", "name"): 0.5,
    ("status",): 0.41,
}
_ENVELOPES: Final = frozenset(
    [
        *["event", "event_callback", "notification_event", "notification", "webhook", "track"],
        *["identify", "object", "message", "json"],
    ]
)
"""Values of `type` that name the envelope, not what happened."""
_ACTIONS: Final = frozenset(
    [
        *["subscribe", "unsubscribe", "subscribed", "unsubscribed", "signup", "login", "logout"],
        *["purchase", "order", "payment", "refund", "checkout", "click", "open", "bounce"],
        *[
            "delivery",
            "injection",
            "delivered",
            "opened",
            "clicked",
            "bounced",
            "cleaned",
            "submit",
            "submission",
            "view",
        ],
    ]
)
"""Values of `type` that say in one word what happened."""
_SPEAKS: Final = frozenset(
    ["event", "trigger", "triggered", "webhook", "hook", "notification", "activity"]
)
_HEADS: Final = frozenset(
    [
        (each,)
        for each in ("event", "type", "name", "key", "code", "kind", "topic", "action", "trigger")
    ]
)
"""Last words of names such as `triggerEvent`, `webhook_event`, `eventKey`, `notificationType`."""
_THINGS: Final = frozenset(
    [
        *[
            "text",
            "image",
            "email",
            "html",
            "web",
            "sms",
            "card",
            "user",
            "bot",
            "customer",
            "page",
        ],
        *["contact", "organization", "company", "link", "video", "file", "chat", "voice", "push"],
    ]
)
"""Values of `type` that name a kind of thing."""
_HAPPENED: Final = re.compile(
    r"(?i)(?:[._:/ -]|^)(?:[a-z]+ed|sent|paid|won|lost|new|create|update|delete|purchase|install|open|click)$"
)
"""Ends of names that tell of something that happened: `invoice.paid`, `ITEM_UPDATED`."""
_PAST: Final = re.compile(r"(?i)[a-z_]+ed|sent|paid|read|seen|bounce|complaint")
_ID_LIKE: Final = re.compile(r"[0-9a-fA-F-]{16,}|https?://.*|[^@\s]+@[^@\s]+|[0-9.]+")
_OF_HEADERS: Final = (("event", "key"), ("event", "type"), ("event", "name"), ("webhook", "event"))
_CHANGES: Final = frozenset(
    {"created", "updated", "create", "update", "creation", "identify", "identified", "changed"}
)
_RECORDS: Final = frozenset({"customer", "user", "contact", "profile", "person"})
"""What a store of people keeps one record each of."""
_HAPPENINGS: Final = frozenset(
    [
        *["conversation", "ticket", "order", "cart", "checkout", "form", "webinar", "meeting"],
        *["booking", "appointment", "campaign", "list", "subscription", "invoice", "payment"],
        *["message", "chat", "call", "course", "survey", "segment", "issue"],
    ]
)
"""What a person takes part in: `conversation.user.created` is no new record of a user."""
_PARTS: Final = frozenset(
    ["attribute", "attributes", "property", "properties", "details", "data", "info", "email"]
)
"""Parts of such a record, which can stand between it and the verb: `user.email.changed`."""


def event_name_score(leaf: Leaf) -> tuple[float, str]:
    """Return how sure it is that a place names the event, 0 to 1, and why."""
    texts = [value for value in leaf.values if isinstance(value, str)]
    if len(texts) < len(leaf.values) or any(
        len(text) > 100 or _ID_LIKE.fullmatch(text) for text in texts
    ):
        return 0.0, ""
    name = words(leaf.name)
    depth = sum(isinstance(step, str) for step in leaf.steps) - 1
    score = _SCORES.get(name, 0.0)
    score = _by_values(score, leaf, texts, depth)
    around = {word for each in leaf.names[:-1] for word in words(each)}
    if around & BEFORE:
        score *= 0.4
    if around & {"hook", "webhook"} and depth:
        score *= 0.6
    return score * leaf.presence - 0.04 * depth, f"is named {leaf.name}"


def _by_values(score: float, leaf: Leaf, texts: Sequence[str], depth: int) -> float:
    """Return the score of a name corrected by what its values look like."""
    name = words(leaf.name)
    if name == ("type",):
        return _of_type(leaf, texts, depth)
    if name == ("name",) and words(leaf.parent) == ("event",):
        return 0.85
    happened = all(map(_HAPPENED.search, texts))
    if not score and name[-1:] in _HEADS and set(name) & _SPEAKS:
        return 0.86
    if name in (("name",), ("scope",)) and happened:
        return 0.8
    if name == ("status",) and not all(t.lower() in _ACTIONS or _HAPPENED.search(t) for t in texts):
        return 0.0
    if not score and name[-1:] == ("type",) and happened:
        return 0.6
    return score


def _of_type(leaf: Leaf, texts: Sequence[str], depth: int) -> float:
    """Return the score of a `type`, which can name the event, its envelope or the kind of a thing."""
    is_of_event = words(leaf.parent) == ("event",)
    lower = [text.lower() for text in texts]
    if not is_of_event and all(each in _ENVELOPES for each in lower):
        return 0.0
    if any(re.search(r"[._: ]", text) for text in texts):
        return _SCORES["type",]
    if any(map(_HAPPENED.search, texts)):
        return 0.7
    if all(each in _ACTIONS for each in lower):
        return 0.6
    if is_of_event:
        return 0.55
    is_thing = all(each in _THINGS for each in lower)
    return 0.45 if depth <= 1 and not is_thing else 0.3


def told_score(leaf: Leaf) -> float:
    """Return how sure it is that a state tells what happened (`delivered`), when nothing names the event."""
    if set(words(leaf.name)) & {"email", "name", "tag", "tags", "title", "reason", "error", "code"}:
        return 0.0
    if set(words(leaf.parent)) & PERSONS:
        return 0.0
    texts = [each for each in leaf.values if isinstance(each, str) and len(each) < 40]
    if not texts or len(texts) < len(leaf.values) or leaf.presence < 1:
        return 0.0
    if {word for each in leaf.names[:-1] for word in words(each)} & BEFORE:
        return 0.0
    is_told = all(_PAST.fullmatch(each) or each.lower() in _ACTIONS for each in texts)
    return 0.45 if is_told else 0.0


def header_names(samples: Sequence[Sample]) -> list[Leaf]:
    """Return headers that name the event in every sample, as leaves."""
    shared = {name.lower() for name in samples[0].headers}
    for each in samples[1:]:
        shared &= {name.lower() for name in each.headers}
    found: list[Leaf] = []
    for name in sorted(shared):
        parts = words(name)
        if parts[-1:] in (("topic",), ("event",)) or parts[-2:] in _OF_HEADERS:
            values = [
                next(value for key, value in each.headers.items() if key.lower() == name)
                for each in samples
            ]
            found.append(
                Leaf(
                    steps=(name,),
                    values=list(values),
                    holders=len(values),
                    text=f"$headers.{name}",
                )
            )
    return found


def is_profile_change(leaf: Leaf) -> bool:
    """Tell whether all names say that a person's record was created or changed: `customer.updated`.

    What changes is the word before the verb. `invitee.created` is a booking and `lead.created` a form sent
    in; `customer.subscription.updated` changes a subscription. These are events.
    """
    return bool(leaf.values) and all(_changes_a_record(words(str(each))) for each in leaf.values)


def _changes_a_record(name: tuple[str, ...]) -> bool:
    if name in (("identify",), ("identified",)):
        return True
    if name[-1:] == () or name[-1] not in _CHANGES:
        return False
    rest = name[:-1]
    while rest and rest[-1] in _PARTS:
        rest = rest[:-1]
    if not rest or rest[-1].removesuffix("s") not in _RECORDS:
        return False
    return not {each.removesuffix("s") for each in rest[:-1]} & _HAPPENINGS
