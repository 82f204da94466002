"""`heliograph destination plan | list-types | describe`: what would be sent, and what can be configured."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heliograph.cli.terminal.options import Commands, json_option
from heliograph.cli.terminal.output import print_json, print_table, say
from heliograph.model.json import Json, JsonObject

if TYPE_CHECKING:
    from heliograph.destinations.base import Plan, RequestPlan
    from heliograph.destinations.blueprint.rules import Blueprint
    from heliograph.destinations.registry import AnyDestination

STDIN = "-"


@click.group(cls=Commands)
def destination() -> None:
    """Destinations: try out what would be sent, list types and their settings."""


@destination.command()
@click.option("--type", "type_", required=True, metavar="TYPE", help="webengage, moengage, heap …")
@click.option(
    "--settings",
    required=True,
    metavar="S.toml",
    help="Settings, or a destination's document, in TOML or JSON; `-` = JSON of standard input.",
)
@click.option("--event", required=True, metavar="E.json", help="An event; `-` = standard input.")
@click.option("--profile", metavar="P.json", help="The person: customer_id, anonymous_ids, traits.")
@click.option(
    "--blueprint",
    default="default",
    show_default=True,
    metavar="B.json",
    help="A blueprint document in JSON or TOML, the name of a preset, or `none`.",
)
@click.option("--reveal", is_flag=True, help="Show secrets instead of masking them.")
@json_option
def plan(
    type_: str,
    settings: str,
    event: str,
    profile: str | None,
    blueprint: str,
    reveal: bool,
    as_json: bool,
) -> None:
    """Print the HTTP requests that would be sent for an event, without sending anything.

    Standard output has `[{"method","url","headers","body"}]`, the body parsed when it is JSON. What would
    be cut or left out, and why nothing is sent, goes to standard error. Exit code 1: the event can
    never be sent as it is.
    """
    from heliograph.destinations import registry
    from heliograph.destinations.base import PlanContext
    from heliograph.destinations.preflight import plan_event
    from heliograph.destinations.sample import read_event, read_person
    from heliograph.destinations.settings import decode_settings
    from heliograph.model.clock import SystemClock
    from heliograph.model.documents.catalog import resolve_secrets
    from heliograph.model.ids import delivery_id_of

    if [settings, event, profile, blueprint].count(STDIN) > 1:
        raise click.UsageError("only one of the documents can be `-`")
    target = registry.get(type_)
    document = _settings_of(_read(settings, "--settings"), type_)
    typed = decode_settings(target, _object(resolve_secrets(document, os.environ), "--settings"))
    chosen = _blueprint_of(target, blueprint)
    sent = read_event(_read(event, "--event"), now_ms=SystemClock().now_ms())
    person = read_person(_read(profile, "--profile") if profile else None, sent)
    context = PlanContext(delivery_id=delivery_id_of(sent.event_id, "plan", type_), person=person)
    planned = plan_event(target, typed, chosen, sent, context)
    print_json([_shown(request, reveal) for request in planned.requests])
    _remarks(planned, as_json)


@destination.command("list-types")
@json_option
def list_types(as_json: bool) -> None:
    """List the types of destinations of this installation."""
    from heliograph.destinations import registry
    from heliograph.destinations.describe import describe as described

    types = registry.all()
    if as_json:
        print_json([described(target) for target in types])
        return
    print_table(
        ["type", "title", "presets"],
        [[t.name, t.title, ", ".join(p.name for p in t.blueprints)] for t in types],
        empty="No destinations are installed.",
    )


@destination.command()
@click.argument("type_", metavar="TYPE")
@click.option("--blueprint", metavar="NAME", help="Print this preset as a blueprint document.")
@json_option
def describe(type_: str, blueprint: str | None, as_json: bool) -> None:
    """Describe the settings and presets of a type, or print a preset to start from."""
    from heliograph.destinations import registry
    from heliograph.destinations.describe import describe as described
    from heliograph.destinations.preflight import find_blueprint

    target = registry.get(type_)
    if blueprint is not None:
        preset = find_blueprint(target, blueprint, {})
        assert preset is not None
        print_json(preset.as_json())
        return
    description = described(target)
    if as_json:
        print_json(description)
        return
    fields: list[Any] = list(_rows(description["settings"]))
    print_table(
        ["setting", "default", "meaning"],
        [
            [f["name"] + (" (secret)" if f["secret"] else ""), _default(f), f["description"]]
            for f in fields
        ],
        empty="It has no settings.",
    )
    print_table(
        ["preset", "what it does"],
        [[p["name"], p["description"]] for p in _rows(description["blueprints"])],
        empty="It has no presets.",
    )


def _rows(value: Json) -> list[Any]:
    return list(value) if isinstance(value, list) else []


def _default(field: dict[str, Any]) -> str:
    return "required" if field["required"] else json.dumps(field["default"])


def _read(place: str, option: str) -> Json:
    """Return the JSON (or, by suffix, TOML) at a path or on standard input."""
    from heliograph.model.documents.user_files import Unreadable, read_document

    try:
        data = sys.stdin.buffer.read() if place == STDIN else Path(place).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{option}: {place} cannot be read: {error.strerror}") from None
    try:
        return read_document(data, toml=place.endswith(".toml"), where=place)[0]
    except Unreadable as error:
        raise click.UsageError(f"{option}: {error}") from None


def _object(value: Json, option: str) -> JsonObject:
    if not isinstance(value, dict):
        raise click.UsageError(f"{option} takes a JSON object")
    return value


def _settings_of(document: Json, type_: str) -> JsonObject:
    """Return the settings: the document itself, or `settings` of a whole destination document."""
    fields = _object(document, "--settings")
    inner = fields.get("settings")
    if not isinstance(inner, dict):
        return fields
    if fields.get("type", type_) != type_:
        raise click.UsageError(f"--settings is a document of type {fields['type']}, not {type_}")
    return inner


def _blueprint_of(target: "AnyDestination", text: str) -> "Blueprint | None":
    from heliograph.destinations.blueprint.rules import compile_blueprint
    from heliograph.destinations.preflight import find_blueprint

    if text == "none":
        return None
    if text == STDIN or text.endswith((".json", ".toml")) or os.sep in text:
        document = _object(_read(text, "--blueprint"), "--blueprint")
        name = document.get("name")
        return compile_blueprint(document, name=name if isinstance(name, str) else Path(text).stem)
    return find_blueprint(target, text, {})


def _shown(request: "RequestPlan", reveal: bool) -> JsonObject:
    from heliograph.destinations.masks import masked

    safe = masked(request)
    body = request.body.decode("utf-8", "replace") if reveal else safe.body
    headers: JsonObject = dict(request.headers if reveal else safe.headers)
    for name, value in safe.headers.items():
        headers.setdefault(name, value)
    return {
        "method": request.method,
        "url": request.url if reveal else safe.url,
        "headers": headers,
        "body": _body(body),
    }


def _body(text: str) -> Json:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _remarks(planned: "Plan", as_json: bool) -> None:
    if as_json:
        remarks = {
            "hold": planned.hold.reason if planned.hold else None,
            "warnings": [
                {"code": w.code, "message": w.message, "where": w.where} for w in planned.warnings
            ],
        }
        if any(remarks.values()):
            print_json(remarks, err=True)
        return
    if planned.hold is not None:
        say(f"held: {planned.hold.reason}", err=True)
    for warning in planned.warnings:
        say(f"warning: {warning.where}: {warning.message} [{warning.code}]", err=True)
