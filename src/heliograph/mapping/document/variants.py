"""Which variants does a mapper document have, and when does each of them apply?

    "variants": [{"when": {"$.type": ["order", "refund"]}, "mapping_type": "events", "mappings": {…}}, …]

A record goes to the first variant whose `when` holds: every path has one of its values, compared as text;
`true` asks for a value, `false` for none. One with `"also": true` adds its result, and the search goes on.
`mappings` beside the variants is the last one, which always holds.
"""

import difflib
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.document import chains
from heliograph.mapping.document.plan import Chain, Condition, Plan, Variant
from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.document.selection import text_of
from heliograph.mapping.document.sources import is_path, read_path
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json, JsonObject

MAX_VARIANTS: Final = 50
MAX_ALSO: Final = 4
"""Variants with `also`: each may add a result for every item of a batch."""
VARIANT_KEYS: Final = ("when", "also", "mapping_type", "mappings", "payload_validations")

_NAMED: Final = 3
"""Values of a condition that a label names."""


class VariantBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One element of `variants`, of which only the conditions are read."""

    at: str
    document: JsonObject
    when: tuple[Condition, ...]
    also: bool

    def variant(self, number: int, plan: Plan) -> Variant:
        """Return the variant with its plan; `number` counts from 1."""
        conditions = " and ".join(map(condition_text, self.when)) or "always"
        label = f"variant {number} ({conditions})"
        return Variant(at=self.at, label=label, when=self.when, also=self.also, plan=plan)


def last_resort(plan: Plan) -> Variant:
    """Return the `mappings` beside the variants as the last variant."""
    return Variant(at="$", label="mappings, as no variant took it", when=(), also=False, plan=plan)


def condition_text(condition: Condition) -> str:
    """Return a condition in words: `$.type is order or refund`."""
    path = condition.path.text
    if condition.present is not None:
        return f"{path} is {'there' if condition.present else 'not there'}"
    names = sorted(condition.texts)
    more = len(names) - _NAMED
    listed = [name if name.isprintable() and len(name) < 40 else shown(name) for name in names]
    said = [*listed[:_NAMED], *([f"{more} more"] if more > 0 else [])]
    return f"{path} is {' or '.join([*said, *(['missing'] if condition.or_missing else [])])}"


def read_variants(value: Json, findings: Findings) -> list[VariantBlock]:
    """Return the elements of `variants`; problems go to `findings`."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_VARIANTS:
        size = f" of {len(value)}" if isinstance(value, list) else ""
        findings.problem(
            "$.variants",
            "variants is a list.",
            found=a_kind_of(value) + size,
            allowed=f"1 to {MAX_VARIANTS} objects with when, mapping_type and mappings",
        )
        return []
    blocks: list[VariantBlock] = []
    always: str | None = None
    for position, each in enumerate(value):
        at = f"$.variants[{position}]"
        if not isinstance(each, dict):
            findings.problem(at, "A variant is an object.", found=a_kind_of(each))
            continue
        inner = findings.inside(at)
        _check_keys(each, inner)
        also = each.get("also", False)
        if not isinstance(also, bool):
            inner.problem("$.also", "also is true or false.", found=shown(also))
        when = _conditions(each.get("when"), inner)
        if always is not None:
            inner.problem(
                "$",
                f"This variant is never reached: {always} always holds.",
                hint="Give that one a when, or let it stand last.",
            )
        elif not when and also is not True and each.get("when") in (None, {}):
            always = at
        blocks.append(VariantBlock(at=at, document=each, when=when, also=also is True))
    if sum(block.also for block in blocks) > MAX_ALSO:
        findings.problem(
            "$.variants",
            "Too many variants add their result to others.",
            found=f"{sum(block.also for block in blocks)} with also",
            allowed=f"at most {MAX_ALSO}",
        )
    return blocks


def placed_variant(variant: Variant, chain: Chain) -> Variant:
    """Return the variant with every path placed in the chain that all of them walk."""
    when = tuple(
        msgspec.structs.replace(each, path=chains.place(each.path, chain)) for each in variant.when
    )
    return msgspec.structs.replace(variant, when=when, plan=chains.placed(variant.plan, chain))


def _check_keys(document: JsonObject, findings: Findings) -> None:
    for key in document:
        if key in VARIANT_KEYS:
            continue
        close = difflib.get_close_matches(key, VARIANT_KEYS, n=1)
        findings.problem(
            document_path(key),
            f"{key} is not known in a variant.",
            allowed=", ".join(VARIANT_KEYS),
            hint=f"Did you mean {close[0]}?" if close else None,
        )


def _conditions(value: Json, findings: Findings) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for text, wanted in findings.object_of(value, "$.when", "when").items():
        where = document_path("when", text)
        if not is_path(text):
            findings.problem(
                where, "A condition is named by a path.", found=shown(text), allowed="$.path"
            )
            continue
        try:
            path = read_path(text)
        except ConfigError as error:
            findings.problem_of(error, where)
            continue
        condition = _condition(path.text, wanted, where, findings)
        if condition is not None:
            conditions.append(msgspec.structs.replace(condition, path=path))
    return tuple(conditions)


def _condition(text: str, wanted: Json, where: str, findings: Findings) -> Condition | None:
    path = read_path(text)
    if isinstance(wanted, bool):
        return Condition(path=path, present=wanted)
    values = wanted if isinstance(wanted, list) else [wanted]
    texts: set[str] = set()
    for each in values:
        text_ = _text(each)
        if text_ is None and each is not None:
            findings.problem(
                where,
                "A condition compares texts, numbers and booleans.",
                found=shown(each),
                allowed="a value, a list of values, true for any, false for none",
            )
            return None
        if text_ is not None:
            texts.add(text_)
    if not values:
        findings.problem(where, "This condition never holds.", found="no values")
        return None
    return Condition(path=path, texts=frozenset(texts), or_missing=None in values)


def _text(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return text_of(value)
