"""The text of docs/reference/vendors.md: what is known of each vendor, rendered from what the hub uses."""

import msgspec

from heliograph.gateway.registration import RULES
from heliograph.gateway.signatures import SCHEMES, HmacScheme, PublicKeyScheme, Scheme, TokenScheme
from heliograph.mapping.presets import PresetFolder, list_presets


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one vendor."""

    name: str
    """Of its scheme, or of its preset where it has no scheme."""
    registration: str
    """What it asks when an address is registered: a name of `RULES`; empty when it asks nothing."""
    signature: str
    """The scheme its webhooks are verified by, `basic` without one."""
    retry_id: str
    """Where the id stands that is the same on every retry; empty when it sends none."""
    preset: PresetFolder | None
    """Its payloads as mappers with cases."""


def coverage() -> list[Coverage]:
    """Return every vendor of whom a scheme or a preset is known, by name."""
    presets = {each.name: each for each in list_presets()}
    found: list[Coverage] = []
    for name in sorted({*SCHEMES, *presets}):
        preset = presets.get(name)
        signature = preset.preset.signature if preset is not None else name
        scheme = SCHEMES.get(signature)
        challenge = scheme.challenge if scheme is not None else "none"
        found.append(
            Coverage(
                name=name,
                registration="" if challenge == "none" else challenge,
                signature=signature,
                retry_id=_retry_id(scheme, preset),
                preset=preset,
            )
        )
    return found


def _retry_id(scheme: Scheme | None, preset: PresetFolder | None) -> str:
    for mapper in preset.mappers if preset is not None else ():
        named = mapper.document().get("message_id")
        if named is not None:
            return named if isinstance(named, str) else msgspec.json.encode(named).decode()
    if isinstance(scheme, HmacScheme | PublicKeyScheme) and scheme.id_header:
        return f"$headers.{scheme.id_header.lower()}"
    if scheme is None or not scheme.message_id:
        return ""
    return scheme.message_id[0].replace("{", "").replace("}", "")


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    rows = coverage()
    signed = [each for each in rows if _kind(each) != "–"]
    lines = "\n".join(_row(each) for each in rows)
    asked = sum(bool(each.registration) for each in rows)
    with_id = sum(bool(each.retry_id) for each in rows)
    mapped = sum(each.preset is not None for each in rows)
    return f"""# Vendors

{notice}

What the hub knows of each vendor: what is answered when an address is registered, how a webhook proves who
sent it, which id tells a retry from a new message, and which payloads there are ready mappers for. Each is
held by a test: of {len(rows)} vendors {len(signed)} with a proof, {asked} with a question at registration,
{with_id} with an id on retries, {mapped} with payloads.

`HEAD` is answered for all. A vendor that is missing here can be described: [signature
schemes](signatures.md) has the fields, `heliograph mapper infer` proposes a mapper from samples.

| vendor | registration | proof | retry id | payload |
|---|---|---|---|---|
{lines}

The tests: every question of `registration/rules.py` is asked in `tests/unit/gateway/registration`; every
scheme signs, forges, ages and repeats in `tests/unit/gateway/doors/test_signed_vendors.py`, by signers that
share no code with the verification (`heliograph.testing.vendors`); every preset runs its cases in
`tests/unit/mapping/presets`.
"""


def _row(each: Coverage) -> str:
    rules = RULES[each.registration] if each.registration else ()
    methods = ", ".join(dict.fromkeys(f"`{rule.method}`" for rule in rules))
    registration = f"{methods} ([`{each.registration}`](signatures.md#what-vendors-ask-first))"
    payload = ""
    if each.preset is not None:
        cases = sum(len(mapper.cases) for mapper in each.preset.mappers)
        payload = f"[`{each.name}`](presets.md#{each.name}), {cases} cases"
    retry_id = f"`{each.retry_id}`" if each.retry_id else "–"
    cells = (registration if rules else "–", _kind(each), retry_id, payload or "–")
    return f"| {each.name} | {' | '.join(cells)} |"


def _kind(each: Coverage) -> str:
    scheme = SCHEMES.get(each.signature)
    match scheme:
        case HmacScheme():
            kind = "HMAC" if scheme.function == "hmac" else "hash"
            return f"`{each.signature}`, {kind} {scheme.algorithm.upper()}"
        case PublicKeyScheme():
            return f"`{each.signature}`, {scheme.algorithm}"
        case TokenScheme():
            return f"`{each.signature}`, shared token"
        case None:
            return "HTTP Basic" if each.preset is not None else "–"
        case _:
            return f"`{each.signature}`, HMAC SHA1"
