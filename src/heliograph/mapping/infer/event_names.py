"""Which value names what happened, and does it name a change of a profile?"""

import re
from collections.abc import Sequence
from typing import Final

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
        *["delivered", "opened", "clicked", "bounced", "cleaned", "submit", "submission", "view"],
    ]
)
"""Values of `type` that say in one word what happened."""
_ID_LIKE: Final = re.compile(r"[0-9a-fA-F-]{16,}|https?://.*|[^@\s]+@[^@\s]+|[0-9.]+")
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
    score = _SCORES.get(name, 0.0)
    if name == ("name",) and words(leaf.parent) == ("event",):
        score = 0.85
    if name == ("type",):
        if all(text.lower() in _ENVELOPES for text in texts):
            return 0.0, ""
        if not any(re.search(r"[._: ]", text) for text in texts):
            is_action = all(text.lower() in _ACTIONS for text in texts)
            score = 0.6 if is_action else 0.55 if words(leaf.parent) == ("event",) else 0.3
    depth = sum(isinstance(step, str) for step in leaf.steps) - 1
    return score * leaf.presence - 0.04 * depth, f"is named {leaf.name}"


def header_names(samples: Sequence[Sample]) -> list[Leaf]:
    """Return headers that name the event in every sample, as leaves."""
    shared = {name.lower() for name in samples[0].headers}
    for each in samples[1:]:
        shared &= {name.lower() for name in each.headers}
    found: list[Leaf] = []
    for name in sorted(shared):
        if words(name)[-1:] in (("topic",), ("event",)):
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
