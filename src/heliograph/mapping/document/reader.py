"""Is this JSON a mapper, and which one? Reads a mapper document into a `Plan`, naming every problem.

Source: Connected Sources, "Mapper Configuration" (copy of mid-2026); what it leaves open is decided in
docs/reference/mapper.md. Three keys beside `mappings` are ours: `timezone`, the IANA zone of times without
one, `time_window`, which times are plausible, and `charset`, of texts that declare none.

- A key nobody knows is a problem when it resembles a known one, and a warning otherwise.
- What the mapper's kind does not use is read and checked all the same.

`mapping.document.fields` reads the keys of `mappings`; `mapping.document.chains` decides what batching walks.
"""

import difflib
import re
from collections.abc import Callable
from datetime import UTC, tzinfo
from functools import partial
from typing import Final, TypeAlias

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.charsets import Charset, find_charset
from heliograph.mapping.document import chains
from heliograph.mapping.document.expressions.identifiers import with_blocked
from heliograph.mapping.document.fields import FieldReader
from heliograph.mapping.document.plan import (
    MERGE,
    Attributes,
    Chain,
    Constant,
    MapperKind,
    Plan,
    Variant,
    with_paths,
)
from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.document.time_window import read_window
from heliograph.mapping.document.variants import last_resort, placed_variant, read_variants
from heliograph.mapping.times.reader import TimeReader
from heliograph.mapping.times.window import TimeWindow
from heliograph.mapping.times.zones import read_zone
from heliograph.mapping.wording import a_kind_of, shown
from heliograph.model.json import Json, JsonObject
from heliograph.model.nobody import BUILT_IN, Blocklist

DEFAULT_APP_VERSION: Final = "1.0.0"

TOP_KEYS: Final = (
    "partner_name",
    "mapping_type",
    "mappings",
    "batching",
    "payload_validations",
    "timezone",
    "message_id",
    "variants",
    "time_window",
    "charset",
)
MAPPING_KEYS: Final = (
    "customer_id",
    "anon_id",
    "group_id",
    "event_name",
    "user_time",
    "platform",
    "app_version",
    "attr",
    "user_attributes",
    "update_existing_only",
    MERGE,
    "formats",
)
UNUSED: Final[dict[MapperKind, tuple[str, ...]]] = {
    "events": ("group_id",),
    "users": ("group_id", "event_name", "platform", "app_version", "attr"),
    "groups": ("event_name", "platform", "app_version", "attr"),
}
"""What each kind has no use for."""

ReadBlock: TypeAlias = Callable[[JsonObject, MapperKind, Findings], Plan | None]
"""Reads `mappings` and `payload_validations` of a document or variant."""

_PARTNER: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


def read_document(document: Json, *, timezone: str = "UTC", blocked: Blocklist = BUILT_IN) -> Plan:
    """Return the plan of a mapper document.

    Args:
        document: the decoded JSON.
        timezone: IANA zone of times that carry none, unless the document says its own.
        blocked: identifiers that stand for nobody in its workspace.

    Raises:
        ConfigError: `mapper.invalid`; the message lists every problem with its path in the document.
    """
    findings = Findings()
    plan = _read(document, timezone, findings)
    if plan is None or findings.problems:
        raise findings.refusal()
    variants = tuple(
        msgspec.structs.replace(each, plan=with_blocked(each.plan, blocked))
        for each in plan.variants
    )
    plan = with_blocked(plan, blocked)
    return msgspec.structs.replace(plan, variants=variants, warnings=tuple(findings.warnings))


def _read(document: Json, timezone: str, findings: Findings) -> Plan | None:
    if not isinstance(document, dict):
        findings.problem("$", "A mapper is a JSON object.", found=f"{a_kind_of(document)}")
        return None
    _check_keys(document, findings, known=TOP_KEYS, elsewhere=MAPPING_KEYS, at=())
    partner = _partner(document.get("partner_name"), findings)
    several = document.get("variants") is not None
    kind: MapperKind | None = None
    if document.get("mapping_type") is not None or not several:
        kind = _kind(document.get("mapping_type"), findings)
    batching = _flag(document.get("batching"), findings, "batching")
    zone = _zone(document.get("timezone"), timezone, findings)
    window = read_window(document.get("time_window"), findings)
    charset = _charset(document.get("charset"), findings)
    read = partial(
        _block, partner=partner, batching=batching, zone=zone, window=window, charset=charset
    )
    if several:
        plan = _with_variants(document, kind, findings, read)
    else:
        plan = read(document, kind or "events", findings)
    fields = FieldReader(document, findings, kind="events", batching=batching, zone=zone)
    message_id = fields.message_id()
    if plan is None or findings.problems:
        return plan
    plan = msgspec.structs.replace(plan, message_id=message_id)
    return _with_chain(plan, findings) if batching else plan


def _with_variants(
    document: JsonObject, kind: MapperKind | None, findings: Findings, read: ReadBlock
) -> Plan | None:
    """Return the plan of all variants, the `mappings` beside them as the last."""
    blocks = read_variants(document["variants"], findings)
    shared = document.get("payload_validations")
    found: list[Variant] = []
    for number, block in enumerate(blocks, 1):
        inner = findings.inside(block.at)
        own = _kind(block.document.get("mapping_type") or kind, inner, groups=True)
        plan = read(block.document, own, inner)
        if plan is not None:
            found.append(block.variant(number, plan))
    if document.get("mappings") is not None:
        if kind is None:
            _kind(None, findings)
        plan = read({**document, "payload_validations": None}, kind or "events", findings)
        if plan is not None:
            found.append(last_resort(plan))
    checks = FieldReader({}, findings, kind="events", batching=False, zone=UTC).validations(shared)
    if not found or findings.problems:
        return None
    flags = {variant.plan.update_existing_only for variant in found}
    if len(flags) > 1:
        findings.problem(
            "$.variants",
            "update_existing_only holds for a whole mapper.",
            found="variants with and without it",
            allowed="the same in each variant",
        )
    variants = [
        msgspec.structs.replace(
            each,
            plan=msgspec.structs.replace(each.plan, validations=(*checks, *each.plan.validations)),
        )
        for each in found
    ]
    return msgspec.structs.replace(
        found[-1].plan, validations=(), variants=tuple(variants), kind=kind or found[-1].plan.kind
    )


def _block(
    document: JsonObject,
    kind: MapperKind,
    findings: Findings,
    *,
    partner: str,
    batching: bool,
    zone: tzinfo,
    window: TimeWindow,
    charset: Charset | None,
) -> Plan | None:
    """Return what `mappings` and `payload_validations` of a document or variant say."""
    mappings = document.get("mappings")
    if not isinstance(mappings, dict):
        findings.problem(
            "$.mappings",
            "The mapper has no mappings." if mappings is None else "mappings is an object.",
            found=None if mappings is None else f"{a_kind_of(mappings)}",
            allowed="an object with customer_id, event_name, user_time, …",
        )
        return None
    _check_keys(mappings, findings, known=MAPPING_KEYS, elsewhere=TOP_KEYS, at=("mappings",))
    fields = FieldReader(mappings, findings, kind=kind, batching=batching, zone=zone)
    events = kind == "events"
    anonymous_id = fields.identity("anon_id", required=False)
    pattern = fields.pattern()
    plan = Plan(
        partner=partner,
        kind=kind,
        chain=Chain(),
        customer_id=fields.identity(
            "customer_id", required=not events or mappings.get("anon_id") is None
        ),
        anonymous_id=anonymous_id,
        event=fields.text("event_name", required=events),
        time=fields.time(pattern),
        reader=TimeReader(pattern=pattern, zone=zone),
        window=window,
        charset=charset,
        platform=fields.platform(),
        app_version=fields.text("app_version", required=False) or Constant(DEFAULT_APP_VERSION),
        properties=fields.attributes("attr"),
        traits=fields.attributes("user_attributes"),
        validations=fields.validations(document.get("payload_validations")),
        update_existing_only=_flag(
            mappings.get("update_existing_only"), findings, "mappings", "update_existing_only"
        ),
        blocked=BUILT_IN,
        group_id=fields.text("group_id", required=kind == "groups"),
        warnings=(),
    )
    _warn_unused(mappings, kind, findings)
    if events:
        return msgspec.structs.replace(plan, group_id=None)
    return msgspec.structs.replace(
        plan,
        event=None,
        platform=None,
        app_version=None,
        properties=Attributes(),
        group_id=plan.group_id if kind == "groups" else None,
    )


def _partner(value: Json, findings: Findings) -> str:
    if isinstance(value, str) and _PARTNER.fullmatch(value):
        return value
    findings.problem(
        "$.partner_name",
        "The mapper has no partner_name."
        if value is None
        else "partner_name is a lower-case identifier.",
        found=None if value is None else shown(value),
        allowed="lower-case letters, digits, - and _, e.g. contact-form",
    )
    return ""


def _kind(value: Json, findings: Findings, *, groups: bool = False) -> MapperKind:
    if value == "events" or value == "users":
        return "events" if value == "events" else "users"
    if value == "groups" and groups:
        return "groups"
    findings.problem(
        "$.mapping_type",
        "The mapper has no mapping_type." if value is None else "This mapping_type is not known.",
        found=None if value is None else shown(value),
        allowed='"events" or "users"'
        + (', in a variant also "groups"' if groups or value == "groups" else ""),
    )
    return "events"


def _flag(value: Json, findings: Findings, *at: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    findings.problem(
        document_path(*at),
        f"{at[-1]} is true or false.",
        found=shown(value),
        allowed="true or false, without quotes",
    )
    return False


def _charset(value: Json, findings: Findings) -> Charset | None:
    if value is None:
        return None
    found = find_charset(value) if isinstance(value, str) else None
    if found is None:
        findings.problem(
            "$.charset",
            "This charset is not known.",
            found=shown(value),
            allowed="a label of the WHATWG Encoding Standard, e.g. windows-1252, shift_jis",
        )
    return found


def _zone(value: Json, default: str, findings: Findings) -> tzinfo:
    if value is not None and not isinstance(value, str):
        findings.problem("$.timezone", "timezone is a name.", found=shown(value))
        return UTC
    where = "$.timezone" if value else "the workspace's timezone"
    try:
        return read_zone(value or default, where=where)
    except ConfigError as error:
        findings.problem_of(error, where)
        return UTC


def _with_chain(plan: Plan, findings: Findings) -> Plan:
    """Return the plan with what it walks; all variants walk the same arrays."""
    paths = [path for block in plan.blocks() for _, path in chains.paths_of(block)]
    paths += [each.path for variant in plan.variants for each in variant.when]
    try:
        chain = chains.find_chain(paths)
    except ConfigError as error:
        findings.problem_of(error, "$.mappings")
        return plan
    if not chain.arrays:
        findings.warn(
            "mapper.batching_without_wildcard",
            "batching is true, but no path has [*], so a payload is one record.",
            "$.batching",
        )
        return plan
    if chain.beside:
        findings.warn(
            "mapper.arrays_side_by_side",
            "The paths walk several arrays in step; "
            "a payload where their lengths differ is refused.",
            "$.mappings",
        )
    if plan.message_id is not None:
        placed_id = with_paths(plan.message_id, lambda path: chains.place(path, chain))
        plan = msgspec.structs.replace(plan, message_id=placed_id)
    if not plan.variants:
        return chains.placed(plan, chain)
    variants = tuple(placed_variant(variant, chain) for variant in plan.variants)
    return msgspec.structs.replace(plan, chain=chain, variants=variants)


def _check_keys(
    document: JsonObject,
    findings: Findings,
    *,
    known: tuple[str, ...],
    elsewhere: tuple[str, ...],
    at: tuple[str, ...],
) -> None:
    for key in document:
        if key in known:
            continue
        where = document_path(*at, key)
        if key in elsewhere:
            place = "beside mappings" if at else "inside mappings"
            findings.problem(where, f"{key} stands in the wrong place.", hint=f"Move it {place}.")
            continue
        close = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
        if close:
            findings.problem(where, f"{key} is not known.", hint=f"Did you mean {close[0]}?")
        else:
            findings.warn("mapper.unknown_key", f"{key} is ignored.", where)


def _warn_unused(mappings: JsonObject, kind: MapperKind, findings: Findings) -> None:
    for key in UNUSED[kind]:
        if mappings.get(key):
            findings.warn(
                "mapper.unused_field",
                f"{'An' if kind == 'events' else 'A'} {kind} mapper does not use {key}.",
                document_path("mappings", key),
            )
