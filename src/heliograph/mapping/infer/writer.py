"""Write mapper documents for drafts over the same samples, with a reason for every choice."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import msgspec

from heliograph.mapping.document.plan import PLATFORMS
from heliograph.mapping.infer import attributes, event_names, moments, people, standard
from heliograph.mapping.infer.moments import Moment
from heliograph.mapping.infer.ownership import Subject
from heliograph.mapping.infer.picked import LeftOut
from heliograph.mapping.infer.scope import Scope
from heliograph.mapping.infer.survey import Leaf, Sample, Steps, Survey, words
from heliograph.mapping.paths.jsonpath import ANY
from heliograph.mapping.wording import shown
from heliograph.model.json import Json, JsonObject

_SURE: Final = 0.85
_UNSURE: Final = 0.49
_NEAR: Final = 0.06
"""Ids of two people that are as close as this leave it open whom the event is about."""
_MANY: Final = 4
"""Places from which a payload is more than an id, and worth a proposal although it names nobody."""
_NOBODY: Final = 0.1
"""Confidence of an id that stands for no person."""
_HAPPENINGS: Final = frozenset(
    [
        *["order", "total", "amount", "price", "currency", "invoice", "product", "products"],
        *["cart", "message", "sms", "call", "click", "payment", "ticket", "form", "page"],
    ]
)
"""Words in names that tell of something that happened, not of a profile."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the proposal."""

    field: str
    """Key of the mapper document: `customer_id`, `attr.total`, `batching` …"""
    value: Json
    """None when it is left out, as it can be another person's."""
    confidence: float
    """0 to 1, two decimals."""
    evidence: str


class Draft(msgspec.Struct, kw_only=True):
    """Choices that are tried together."""

    identity: tuple[float, str, Leaf] | None
    moment: Moment | None
    validate: bool


class Writer:
    """Writes documents for drafts over the same samples."""

    def __init__(
        self,
        samples: Sequence[Sample],
        found: Survey,
        place: Scope,
        partner: str,
        *,
        nobody: bool = False,
    ) -> None:
        self._samples = samples
        self._survey = found
        self._scope = place
        self._partner = partner
        self._record = _record_leaves(place)
        self._event = _event_name(place, samples)
        self._anonymous = _anonymous(place.leaves)
        is_event = self._event is not None or len(self._record) >= _MANY
        if nobody and is_event and self._anonymous is None:
            self._anonymous = _any_id(self._record)
        self._moments = moments.candidates(place.leaves, found)
        self._topics = self._find_topics()
        self._kind, score, why = self._find_kind()
        if self._kind == "events":
            names = self._event[2].values if self._event is not None else []
            self._moments = moments.of_event(self._moments, names)
        self._kind_choice = _choice("mapping_type", self._kind, score, why)

    def drafts(self) -> Iterator[Draft]:
        """Yield drafts, the likeliest first."""
        identities = [*self._scope.identities[:4], None]
        times = [*[each for each in self._moments if each.score >= 0.4][:4], None]
        for validate in (True, False):
            for moment in times:
                for identity in identities:
                    if identity is not None or self._anonymous is not None:
                        yield Draft(identity=identity, moment=moment, validate=validate)

    def write(self, draft: Draft) -> tuple[JsonObject, tuple[Choice, ...]]:
        """Return the document of a draft, with the reasons."""
        choices = [self._kind_choice]
        mappings = self._mappings(draft, choices)
        is_batch = self._scope.array is not None
        choices.append(_choice("batching", is_batch, 0.9, self._scope.why))
        validations = self._validations(draft) if draft.validate else {}
        choices += [
            _choice(
                f"payload_validations.{path}", kind, 0.9, "in every sample, always of this type"
            )
            for path, kind in validations.items()
        ]
        document: JsonObject = {
            "partner_name": self._partner,
            "mapping_type": self._kind,
            "mappings": mappings,
            "batching": is_batch,
            "payload_validations": {**validations},
        }
        return document, tuple(choices)

    def _rival(self, score: float, leaf: Leaf) -> Leaf | None:
        """Return another id that is nearly as likely and stands for somebody else, if there is one."""
        mine = {str(each) for each in leaf.values}
        for other, _, each in self._scope.identities:
            is_id = not any(map(people.is_email, each.values))
            if each is not leaf and is_id and other > score - _NEAR and other > _UNSURE:
                theirs = {str(value) for value in each.values}
                if not theirs & mine:
                    return each
        return None

    def _find_topics(self) -> list[Leaf]:
        """Return the places in every sample that name what the payload is about."""
        return [
            leaf
            for leaf in self._scope.leaves
            if words(leaf.name) in (("type",), ("topic",), ("event", "type"), ("event",))
            and len(leaf.samples) == len(self._samples)
        ]

    def _find_kind(self) -> tuple[Literal["events", "users"], float, str]:
        """Return what the mapper makes, with how sure that is and why."""
        named = [] if self._event is None else [self._event[2]]
        for leaf in [*self._topics, *named]:
            if event_names.is_profile_change(leaf):
                why = f"{leaf.path} names a change of a person's record: {_examples(leaf)}"
                return "users", 0.9, why
        if self._event is not None:
            score, _, leaf = self._event
            why = f"{leaf.path} names what happened: {_examples(leaf)}"
            return "events", max(0.7, score), why
        told = next((each for each in self._moments if each.told >= _SURE), None)
        if told is not None:
            return "events", 0.75, f"something happened then: {told.path} {told.why}"
        names = {word for leaf in self._record for word in words(leaf.name)} & _HAPPENINGS
        if names:
            why = f"names tell of something that happened: {', '.join(sorted(names)[:3])}"
            return "events", 0.6, why
        return "users", 0.6, "no field names an event or says when one happened"

    def _mappings(self, draft: Draft, choices: list[Choice]) -> JsonObject:
        mappings: JsonObject = {}
        taken: set[Steps] = set()
        if draft.identity is not None:
            score, why, leaf = draft.identity
            mappings["customer_id"] = leaf.path
            rival = self._rival(score, leaf)
            if rival is not None:
                score = min(score, _UNSURE)
                why += f"; {rival.path} may be the person too"
            choices.append(_choice("customer_id", leaf.path, score, f"{why}; {_share(leaf)}"))
        anonymous = self._anonymous
        if (
            anonymous is not None
            and self._kind == "events"
            and (
                draft.identity is None
                or draft.identity[2].presence < 1
                or anonymous[0] >= people.ANONYMOUS_BESIDE
            )
        ):
            mappings["anon_id"] = anonymous[1].path
            taken.add(anonymous[1].steps)
            why = f"is named {anonymous[1].name}"
            if anonymous[0] <= _NOBODY:
                why += "; nobody is named in the samples, so this only tells the events apart"
            choices.append(_choice("anon_id", anonymous[1].path, anonymous[0], why))
        if self._kind == "events":
            mappings["event_name"] = self._name(choices, taken)
        self._time(draft.moment, mappings, choices, taken)
        if self._kind == "events":
            mappings["platform"] = self._constant("platform", "web", choices, taken)
            mappings["app_version"] = self._constant("app_version", "1.0.0", choices, taken)
        self._attributes(draft, mappings, choices, taken)
        return mappings

    def _name(self, choices: list[Choice], taken: set[Steps]) -> str:
        if self._event is not None:
            score, why, leaf = self._event
            why = f"{why}; e.g. {_examples(leaf)}"
            choices.append(_choice("event_name", leaf.path, score, why))
            taken.add(leaf.steps)
            return leaf.path
        literal = self._literal_name()
        choices.append(
            _choice("event_name", literal, 0.3, "no field names the event; change it to yours")
        )
        return literal

    def _literal_name(self) -> str:
        if any("form" in words(leaf.name) for leaf in self._record):
            return "Form Submitted"
        if self._scope.array:
            name = str(self._scope.array[-1])
            return f"{' '.join(words(name)).title().removesuffix('s')} Received"
        return f"{' '.join(words(self._partner)).title()} Event"

    def _time(
        self,
        moment: Moment | None,
        mappings: JsonObject,
        choices: list[Choice],
        taken: set[Steps],
    ) -> None:
        if moment is None:
            if self._kind == "events":
                mappings["user_time"] = "$receivedAt"
                why = "no field says when it happened, so the time of receipt counts"
                choices.append(_choice("user_time", "$receivedAt", 0.4, why))
            return
        mappings["user_time"] = moment.path
        taken.update(leaf.steps for leaf in moment.leaves)
        choices.append(_choice("user_time", moment.path, moment.score, moment.why))
        if moment.merge is not None:
            date, time = moment.merge
            mappings["#MERGE"] = {"user_time": {"date": date, "time": time}}
        if moment.pattern is not None:
            mappings["formats"] = {"user_time": moment.pattern}
            choices.append(
                _choice("formats.user_time", moment.pattern, 0.9, "every value has this form")
            )

    def _constant(self, key: str, default: str, choices: list[Choice], taken: set[Steps]) -> str:
        for leaf in self._record:
            if words(leaf.name) != tuple(key.split("_")) or leaf.presence < 1:
                continue
            fits = all(isinstance(value, str) for value in leaf.values)
            if key == "platform":
                fits = all(str(value).lower() in PLATFORMS for value in leaf.values)
            if fits:
                taken.add(leaf.steps)
                choices.append(_choice(key, leaf.path, 0.9, f"is named {leaf.name}"))
                return leaf.path
        choices.append(_choice(key, default, 0.5, "no field says it; this is the usual value"))
        return default

    def _attributes(
        self,
        draft: Draft,
        mappings: JsonObject,
        choices: list[Choice],
        taken: set[Steps],
    ) -> None:
        subject = Subject(
            draft.identity[2] if draft.identity is not None else None,
            () if self._scope.array is None else (*self._scope.array, ANY),
            self._survey,
        )
        usual = list(standard.standard_attributes(self._record, subject))
        free = attributes.free_objects(self._survey, self._scope, subject)
        if self._kind == "users":
            free = [msgspec.structs.replace(each, group="user_attributes") for each in free][:1]
            taken.update(leaf.steps for leaf in self._topics)
        taken.update(each.steps for each in usual if not isinstance(each, LeftOut))
        if draft.identity is not None:
            taken.add(draft.identity[2].steps)
        others = attributes.other_attributes(
            self._scope.leaves,
            self._survey,
            self._scope,
            subject=subject,
            taken=frozenset(taken),
            copied=[each.steps for each in free],
            only_users=self._kind == "users",
        )
        groups: dict[str, dict[str, Json]] = {"attr": {}, "user_attributes": {}}
        for each in [*usual, *others, *free]:
            if isinstance(each, LeftOut):
                choices.append(_choice(each.field, None, each.score, each.why))
                continue
            groups[each.group][each.name] = each.path
            choices.append(_choice(f"{each.group}.{each.name}", each.path, each.score, each.why))
        for group, values in groups.items():
            if values:
                mappings[group] = {**values}

    def _validations(self, draft: Draft) -> dict[str, Json]:
        leaves = [draft.identity[2]] if draft.identity is not None else []
        if self._event is not None and not self._event[2].text and self._kind == "events":
            leaves.append(self._event[2])
        return {
            leaf.path: "string"
            for leaf in leaves
            if not leaf.text
            and leaf.presence == 1
            and all(isinstance(value, str) for value in leaf.values)
        }


def _record_leaves(place: Scope) -> list[Leaf]:
    """Return the places inside a record; for a batch without those around it."""
    if place.array is None:
        return place.leaves
    return [leaf for leaf in place.leaves if ANY in leaf.steps]


def _anonymous(leaves: Sequence[Leaf]) -> tuple[float, Leaf] | None:
    scored = [(people.anonymous_score(leaf), leaf) for leaf in leaves]
    best = max(scored, key=lambda each: each[0], default=None)
    return best if best is not None and best[0] >= 0.3 else None


def _any_id(record: Sequence[Leaf]) -> tuple[float, Leaf] | None:
    """Return the id nearest to the root, for payloads in which nobody is named."""
    ids = [
        leaf
        for leaf in record
        if words(leaf.name)[-1:] in (("id",), ("uuid",), ("token",)) and leaf.presence == 1
    ]
    best = min(ids, key=lambda each: len(each.steps), default=None)
    return None if best is None else (_NOBODY, best)


def _event_name(place: Scope, samples: Sequence[Sample]) -> tuple[float, str, Leaf] | None:
    scored = [(*event_names.event_name_score(leaf), leaf) for leaf in place.leaves]
    scored += [
        (0.9, f"the header {leaf.name} names the event", leaf)
        for leaf in event_names.header_names(samples)
    ]
    best = max(scored, key=lambda each: each[0], default=None)
    if best is None or best[0] < 0.4:
        told = [
            (event_names.told_score(leaf), f"{leaf.name} tells what happened", leaf)
            for leaf in place.leaves
        ]
        best = max(told, key=lambda each: each[0], default=None)
    return best if best is not None and best[0] >= 0.4 else None


def _choice(field: str, value: Json, score: float, evidence: str) -> Choice:
    return Choice(
        field=field, value=value, confidence=round(max(0.0, min(score, 1.0)), 2), evidence=evidence
    )


def _examples(leaf: Leaf) -> str:
    return ", ".join(shown(value) for value in list(dict.fromkeys(map(str, leaf.values)))[:3])


def _share(leaf: Leaf) -> str:
    distinct = len({str(value) for value in leaf.values})
    return (
        f"{len(leaf.values)} of {max(leaf.holders, len(leaf.values))} have it, {distinct} different"
    )
