"""Is this JSON a mapper, and which one? Reads a mapper document into a `Plan`, naming every problem.

Source: Connected Sources, "Mapper Configuration" (copy of mid-2026); what it leaves open is decided in
docs/reference/mapper.md. One key is ours: `timezone` beside `mappings`, the IANA zone of times without one.

- A key nobody knows is a problem when it resembles a known one, and a warning otherwise.
- What the mapper's kind does not use is read and checked all the same.

`mapping.document.fields` reads the keys of `mappings`; `mapping.document.chains` decides what batching walks.
"""

import difflib
import re
from datetime import UTC, tzinfo
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.document import chains
from heliograph.mapping.document.fields import FieldReader
from heliograph.mapping.document.plan import MERGE, Attributes, Chain, Constant, MapperKind, Plan
from heliograph.mapping.document.problems import Findings, document_path
from heliograph.mapping.times.reader import TimeReader, read_zone
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
)
MAPPING_KEYS: Final = (
    "customer_id",
    "anon_id",
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
UNUSED_BY_USERS: Final = ("event_name", "platform", "app_version", "attr")

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
    return msgspec.structs.replace(plan, blocked=blocked, warnings=tuple(findings.warnings))


def _read(document: Json, timezone: str, findings: Findings) -> Plan | None:
    if not isinstance(document, dict):
        findings.problem("$", "A mapper is a JSON object.", found=f"{a_kind_of(document)}")
        return None
    _check_keys(document, findings, known=TOP_KEYS, elsewhere=MAPPING_KEYS, at=())
    partner = _partner(document.get("partner_name"), findings)
    kind = _kind(document.get("mapping_type"), findings)
    batching = _flag(document.get("batching"), findings, "batching")
    zone = _zone(document.get("timezone"), timezone, findings)
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
        platform=fields.platform(),
        app_version=fields.text("app_version", required=False) or Constant(DEFAULT_APP_VERSION),
        properties=fields.attributes("attr"),
        traits=fields.attributes("user_attributes"),
        validations=fields.validations(document.get("payload_validations")),
        update_existing_only=_flag(
            mappings.get("update_existing_only"), findings, "mappings", "update_existing_only"
        ),
        blocked=BUILT_IN,
        warnings=(),
    )
    if not events:
        _warn_unused(mappings, findings)
        plan = msgspec.structs.replace(
            plan, event=None, platform=None, app_version=None, properties=Attributes()
        )
    return _with_chain(plan, findings) if batching and not findings.problems else plan


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


def _kind(value: Json, findings: Findings) -> MapperKind:
    if value == "events" or value == "users":
        return "events" if value == "events" else "users"
    findings.problem(
        "$.mapping_type",
        "The mapper has no mapping_type." if value is None else "This mapping_type is not known.",
        found=None if value is None else shown(value),
        allowed='"events" or "users"',
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
    try:
        chain = chains.find_chain(path for _, path in chains.paths_of(plan))
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
    return chains.placed(plan, chain)


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


def _warn_unused(mappings: JsonObject, findings: Findings) -> None:
    for key in UNUSED_BY_USERS:
        if mappings.get(key):
            findings.warn(
                "mapper.unused_field",
                f"A users mapper does not use {key}.",
                document_path("mappings", key),
            )
