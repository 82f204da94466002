"""Whose is a value: the person's that the identity names, or somebody else's?

A payload can hold many people: who ordered, who pays, whom the parcel goes to, who is assigned. One person's
data in another's profile is the worst mistake a mapper can make, so what is not plainly the person's own
counts as doubtful. Names and places alone decide: equal values in a few samples prove nothing, as whoever
opens an issue also wrote it, until somebody else closes it.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from heliograph.mapping.infer.people import PERSONS
from heliograph.mapping.infer.survey import Leaf, Steps, Survey, spread, words
from heliograph.mapping.paths.jsonpath import ANY

Kind: TypeAlias = Literal["own", "address", "near", "doubtful", "other"]
"""`own`: the person's. `address`: one of the person's addresses. `near`: around the person, nobody else is
named. `doubtful`: could be the person's. `other`: another person's or a company's."""

FREE: Final = frozenset(
    [
        *["attributes", "properties", "traits", "metadata", "hidden", "fields", "details", "data"],
        *["tracking", "params", "extra", "custom", "props", "variables"],
    ]
)
"""Words in names of objects of free keys."""
_ENVELOPES: Final = frozenset(
    [
        *["payload", "body", "object", "record", "context", "content", "event", "message", "info"],
        *["entity", "result", "resource", "request", "merges", "answers", "form", "response"],
    ]
)
_PEOPLE: Final = PERSONS | {
    *["owner", "assignee", "assigned", "submitter", "admin", "agent", "manager", "creator"],
    *["referrer", "referral", "referee", "host", "organizer", "organiser", "inviter", "payer"],
    *["payee", "seller", "driver", "staff", "operator", "reviewer", "pusher", "committer"],
    *["actor", "by", "speaker", "rep", "salesperson", "courier", "parent", "spouse", "partner"],
    *["beneficiary", "receiver", "reporter", "approver", "teacher", "doctor", "emergency"],
}
_NEUTRAL: Final = frozenset({"user", "customer", "profile", "contact", "person"})
"""Words that name the person a payload is about, whatever its id is called."""
_COMPANIES: Final = frozenset(
    [
        *["company", "organization", "organisation", "shop", "store", "merchant", "vendor"],
        *["brand", "team", "workspace", "hotel", "venue", "office", "project", "repository"],
        *["product", "item", "campaign", "supplier", "restaurant", "business"],
        *["carrier", "branch", "employer", "school", "account"],
    ]
)
_ELSEWHERE: Final = frozenset({"shipping", "delivery", "ship", "destination", "gift"})
_JOINED: Final = {"userid": "user", "customerid": "customer"}
_DOUBTFUL: Final = 0.3


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a place is."""

    kind: Kind
    share: float
    """How sure it is that the place is the person's, 0 to 1."""
    why: str


class Subject:
    """The person that a draft's identity names."""

    def __init__(self, identity: Leaf | None, inside: Steps, survey: Survey) -> None:
        """Take the place of the identity.

        Args:
            identity: its place; None when only an anonymous id is known.
            inside: steps to a record.
            survey: of the samples.
        """
        self._identity = identity
        self._survey = survey
        self._home = _home(identity, inside)
        name = str(self._home[-1]) if self._home else ""
        at_home = set(words(name)) & _PEOPLE
        self._stands_apart = bool(at_home)
        """Whether the object that holds the identity is a person by its name."""
        self._called = frozenset(at_home or _people_in(identity.name if identity else ""))

    def owner(self, leaf: Leaf) -> Owner:
        """Return whose the value at a place is."""
        if self._identity is not None and leaf.steps == self._identity.steps:
            return Owner(kind="own", share=0.95, why="identifies the person")
        found = self.owner_of_object(spread(leaf.steps)[:-1])
        named = _people_in(leaf.name, last=False)
        if not named or named & self._called or found.kind in ("doubtful", "other"):
            return found
        if named <= _NEUTRAL and found.kind != "near":
            share = 0.6 if self._called else 0.8
            why = f"is named {leaf.name}, who can be somebody else"
            return Owner(kind="near", share=min(share, found.share), why=why)
        return _other(f"{leaf.name} can be somebody else's")

    def owner_of_object(self, place: Steps) -> Owner:
        """Return whose the values right in an object are, by its steps."""
        shared = 0
        for mine, other in zip(self._home, place, strict=False):
            if mine != other:
                break
            shared += 1
        is_inside = shared == len(self._home)
        between = [str(step) for step in place[shared:] if step is not ANY]
        if not between and is_inside:
            return Owner(kind="own", share=0.95, why="stands beside what identifies the person")
        if not between:
            return Owner(kind="near", share=0.7, why="stands around what identifies the person")
        owners = [
            self._through(name, is_inside=is_inside, first=place[: shared + 1] if not at else None)
            for at, name in enumerate(between)
        ]
        worst = min(owners, key=lambda each: each.share)
        if not is_inside and worst.kind == "own":
            return Owner(kind="near", share=0.7, why=worst.why)
        return worst

    def _through(self, name: str, *, is_inside: bool, first: Steps | None) -> Owner:
        """Return whose the members of an object are by its name.

        Args:
            name: of the object.
            is_inside: the object that holds the identity holds this one too.
            first: steps to the object, when it stands beside or around the identity.
        """
        parts = set(words(name))
        people = parts & _PEOPLE
        if parts & _ELSEWHERE:
            return _other(f"{name} can be another person's")
        if "billing" in parts or "address" in parts:
            if not is_inside or people - self._called:
                return _other(f"{name} can be another person's")
            kind = "doubtful" if "billing" in parts else "address"
            return Owner(kind=kind, share=0.55, why=f"stands in {name}, perhaps of another person")
        if parts & FREE and people <= _NEUTRAL | self._called:
            return Owner(kind="own", share=0.9, why=f"stands in {name}")
        if people:
            if is_inside and self._stands_apart and people <= {"profile", "person"}:
                return Owner(kind="own", share=0.9, why=f"stands in {name}")
            return self._through_person(name, people, first)
        if parts & _COMPANIES:
            return _other(f"{name} is not the person")
        if parts & _ENVELOPES:
            return Owner(kind="own", share=0.9, why=f"stands in {name}")
        if is_inside:
            return Owner(kind="doubtful", share=0.6, why=f"stands in {name}, perhaps of another")
        return Owner(kind="doubtful", share=_DOUBTFUL, why=f"{name} does not say whose it is")

    def _through_person(self, name: str, people: set[str], first: Steps | None) -> Owner:
        if first is not None and not self._stands_apart and not self._has_other_id(first):
            if people & self._called:
                return Owner(kind="own", share=0.9, why=f"stands in {name}, as the id is called")
            if people <= {"profile", "person"}:
                return Owner(kind="near", share=0.7, why=f"stands in {name}")
            if not self._called and people <= _NEUTRAL:
                why = f"stands in {name}, the id does not say whose it is"
                return Owner(kind="doubtful", share=0.6, why=why)
        return _other(f"{name} can be another person")

    def _has_other_id(self, place: Steps) -> bool:
        """Tell whether an object has an id of its own that is not the identity."""
        beside = self._survey.leaves.get((*place, "id"))
        if beside is None or self._identity is None:
            return False
        return not set(map(str, beside.values)) & set(map(str, self._identity.values))


def _home(identity: Leaf | None, inside: Steps) -> Steps:
    """Return the steps to the object that holds the identity; to the one around a filtered array."""
    if identity is None:
        return spread(inside)
    home = spread(identity.steps)[:-1]
    start = len(spread(inside))
    if ANY in home[start:]:
        return home[: max(start, home.index(ANY, start) - 1)]
    return home


def _people_in(name: str, *, last: bool = True) -> set[str]:
    """Return the words of a name that mean people; without its last one `customer_email` has `customer`."""
    parts = words(name)
    parts = parts if last else parts[:-1]
    return {_JOINED.get(part, part) for part in parts} & _PEOPLE


def _other(why: str) -> Owner:
    return Owner(kind="other", share=0.1, why=why)
