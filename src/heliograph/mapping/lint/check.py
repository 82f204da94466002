"""What about this mapper will surprise its author? Findings, not errors: the mapper works.

Three looks: at the document alone; at what sample payloads become; and at what engagement platforms do
to the result (`vendor_rules.py`). Pure.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from heliograph.mapping.document.plan import Path, Plan, Source
from heliograph.mapping.document.problems import WARNINGS, document_path
from heliograph.mapping.lint.sample_lint import blocks_of, lint_samples
from heliograph.mapping.lint.vendor_lint import Names, lint_names
from heliograph.mapping.lint.vendor_rules import VENDORS
from heliograph.mapping.run.mapper import Mapper, compile_mapper
from heliograph.model.json import Json, JsonObject

Severity = Literal["warning", "note"]

FINDINGS: Final[dict[str, str]] = {
    **WARNINGS,
    "lint.name_long": "A name is longer than a platform keeps; it is cut, and two may become one.",
    "lint.name_reserved": "A name belongs to the platform; the attribute or event is left out there.",
    "lint.too_many_attributes": "More attributes than a platform keeps of one event.",
    "lint.too_many_of_a_type": "More attributes of one data type than a platform keeps of one event.",
    "lint.text_long": "A text in the samples is longer than a platform keeps.",
    "lint.list_long": "A list in the samples is longer than a platform keeps.",
    "lint.platform_unknown": "A platform does not know this value of `platform` and leaves it out.",
    "lint.beside_wildcard": "In a batch, a path without `[*]` gives every record the same value.",
    "lint.never_matches": "A path leads nowhere in any sample.",
    "lint.item_refused": "A sample, or an item of one, is refused.",
    "lint.standard_attribute": "A user attribute has a standard name that platforms know.",
    "lint.json_text": "A text in the samples holds JSON: `create_all` copies nothing of it, "
    "and an attribute takes it as mere text.",
    "lint.date_only": "The time has no time of day: all events of a day fall on its midnight.",
    "lint.overwritten": "An explicit attribute hides one of the same name that create_all copies.",
}
"""Every code of a `Finding`, with its meaning."""

_MAY_BE_MEANT: Final = frozenset(
    {"mapper.wildcard_as_list", "mapper.first_match", "mapper.unused_field"}
)

STANDARD: Final[dict[str, str]] = {
    "email": "u_em",
    "email_address": "u_em",
    "first_name": "u_fn",
    "firstname": "u_fn",
    "last_name": "u_ln",
    "lastname": "u_ln",
    "name": "u_n",
    "full_name": "u_n",
    "phone": "u_mb",
    "phone_number": "u_mb",
    "mobile": "u_mb",
    "gender": "u_gd",
    "birthday": "u_bd",
    "birth_date": "u_bd",
    "date_of_birth": "u_bd",
}
"""Usual spellings of what the platforms know as standard attributes (MoEngage, Data API, mid-2026)."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something worth a look."""

    code: str
    """A key of `FINDINGS`."""
    severity: Severity
    """`warning`: data is lost or wrong; `note`: it may be meant."""
    message: str
    where: str
    """JSON path in the mapper document."""
    vendor: str | None = None
    """Destination type the finding is about; None for all."""
    hint: str | None = None


def lint(
    document: JsonObject,
    samples: Sequence[Json] = (),
    *,
    timezone: str = "UTC",
    vendors: Iterable[str] = tuple(VENDORS),
) -> list[Finding]:
    """Return what is worth a look: warnings before notes, each in the order of the document.

    Args:
        document: the mapper document.
        samples: decoded payloads; without them only the document itself is looked at.
        timezone: of times without one.
        vendors: keys of `VENDORS`.

    Raises:
        ConfigError: `mapper.invalid`, when the document does not compile.
    """
    mapper = compile_mapper(document, timezone=timezone)
    findings = [
        Finding(
            code=each.code,
            severity="note" if each.code in _MAY_BE_MEANT else "warning",
            message=each.message,
            where=each.where,
        )
        for each in mapper.warnings
    ]
    findings += _lint_document(mapper)
    names = Names.of_plan(mapper.plan)
    if samples:
        found, names = lint_samples(mapper, samples, names)
        findings += [
            Finding(code=code, severity=severity, message=message, where=where, hint=hint)
            for code, severity, message, where, hint in found
        ]
    for vendor in vendors:
        findings += [
            Finding(code=code, severity=severity, message=message, where=where, vendor=vendor)
            for code, severity, message, where in lint_names(VENDORS[vendor], names)
        ]
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda each: each.severity == "note")


def _lint_document(mapper: Mapper) -> list[Finding]:
    return [finding for plan, at in blocks_of(mapper.plan) for finding in _lint_block(plan, at)]


def _lint_block(plan: Plan, at: str) -> list[Finding]:
    findings: list[Finding] = []
    named = {each.name for each in plan.traits.named}
    for attribute in plan.traits.named:
        standard = STANDARD.get(attribute.name.lower())
        if standard and standard not in named and isinstance(attribute.value, Path):
            findings.append(
                Finding(
                    code="lint.standard_attribute",
                    severity="note",
                    message=f"{attribute.name} is a custom attribute here; "
                    f"the platforms' own is {standard}.",
                    where=at + document_path("mappings", "user_attributes", attribute.name)[1:],
                    hint=f"Name it {standard}, or map both.",
                )
            )
    if plan.chain.arrays:
        for key, attributes in (("attr", plan.properties), ("user_attributes", plan.traits)):
            findings += [
                _beside(each.name, each.value, key, at)
                for each in attributes.named
                if isinstance(each.value, Path)
                and each.value.origin == "body"
                and each.value.level == 0
            ]
        if isinstance(plan.customer_id, Path) and plan.customer_id.level == 0:
            findings.append(_beside("customer_id", plan.customer_id, "", at))
    pattern = plan.reader.pattern
    if pattern is not None and "HH" not in pattern:
        findings.append(
            Finding(
                code="lint.date_only",
                severity="note",
                message=f"{pattern} has no time of day, so all events of a day fall on its midnight.",
                where=f"{at}.mappings.formats.user_time",
                hint="If the payload holds the time of day apart, use #MERGE.",
            )
        )
    return findings


def _beside(name: str, value: Source, key: str, at: str) -> Finding:
    assert isinstance(value, Path)
    where = at + document_path("mappings", *([key] if key else []), name)[1:]
    return Finding(
        code="lint.beside_wildcard",
        severity="note",
        message=f"{value.text} has no [*]: every record of a batch gets the same value.",
        where=where,
        hint="Add [*] if the value belongs to the record.",
    )
