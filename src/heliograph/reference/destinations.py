"""The reference page of destinations, made from their settings, capabilities and presets."""

import json
from typing import Any, Final

from heliograph.destinations import registry
from heliograph.destinations.base import Destination, Limit
from heliograph.destinations.planning.findings import CODES
from heliograph.destinations.settings import SettingField, decode_settings, setting_fields
from heliograph.model.json import JsonObject
from heliograph.model.secret import MASK

_EXAMPLES: Final[dict[str, JsonObject]] = {
    "webengage": {"api_host": "api.webengage.com", "license_code": "l", "rest_api_key": "k"},
    "moengage": {"workspace_id": "w", "data_api_key": "k", "data_center": "01"},
    "heap": {"app_id": "1"},
    "webhook": {"url": "https://hooks.example.com/events"},
}
"""Smallest settings under which the capabilities are shown."""


def render(notice: str) -> str:
    """Return the page in Markdown.

    Args:
        notice: the line that says where the page comes from.
    """
    parts = [f"# Destinations\n\n{notice}\n\n{_INTRODUCTION}"]
    parts += [_destination(destination) for destination in registry.BUILT_IN]
    return "\n".join(parts) + "\n" + _BLUEPRINTS + _findings()


def _findings() -> str:
    rows = "\n".join(f"| `{code}` | {meaning} |" for code, meaning in CODES.items())
    return f"{_FINDINGS}\n| Code | Meaning |\n|---|---|\n{rows}\n"


_FINDINGS: Final = """
## Findings

Whatever of an event is cut, left out or written otherwise in its requests is a finding: a code, a place
in the event as the blueprint leaves it (`$.properties.total`, flattened names as they are sent), and a
sentence. `destination plan` prints them, and so do `trace`, `deliveries show` and, for the samples of a
mapper, `mapper lint`. No finding is what says the same in the vendor's own notation: a time to the
precision that the vendor documents, a phone number without blanks, a list that the vendor's API joins, a
boolean as text where there are no booleans. With `over_limit = "fail"` breaking a limit makes a dead
letter instead.
"""


def _destination(destination: Destination[Any]) -> str:
    rows = "\n".join(_setting(field) for field in setting_fields(destination.settings))
    presets = "\n".join(
        f"| `{p.document.name}` | {p.document.description} |" for p in destination.blueprints
    )
    return (
        f'\n## {destination.title}\n\n`type = "{destination.name}"`. How events become requests, what '
        f"answers mean, and where the facts come from: "
        f"[README](../../src/heliograph/destinations/{destination.name}/README.md).\n\n"
        f"| Setting | Default | Meaning | Examples |\n|---|---|---|---|\n{rows}\n\n"
        f"{_capabilities(destination)}\n"
        f"| Preset | What it does |\n|---|---|\n{presets}\n"
    )


def _setting(field: SettingField) -> str:
    default = "required" if field.required else f"`{json.dumps(field.default)}`"
    if field.secret and not field.required and field.default:
        default = MASK
    marks = " Secret." if field.secret else ""
    examples = ", ".join(f"`{_text(example)}`" for example in field.examples)
    return f"| `{field.name}` | {default} | {field.description}{marks} | {examples} |"


def _text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("|", "\\|")


def _capabilities(destination: Destination[Any]) -> str:
    settings = decode_settings(destination, _EXAMPLES[destination.name])
    known = destination.capabilities(settings)
    lines = [_limit(limit, "in all") for limit in known.limits]
    lines += [_limit(limit, "per person") for limit in known.key_limits]
    if known.idempotent:
        hours = known.idempotent_for_s
        lines.append(
            "- A repeat is recognised"
            + (f" for {hours / 3600:g} hours; later it may count twice." if hours else ".")
        )
    else:
        lines.append("- A repeat is not recognised by the API itself: it may count twice.")
    lines.append(
        "- Anonymous events are sent."
        if known.accepts_anonymous
        else "- Anonymous events are held until the person is identified."
    )
    if known.max_body_bytes:
        lines.append(f"- A request body has at most {known.max_body_bytes:,} bytes.")
    lines.append(f"- {known.in_flight} requests at a time, timeout {known.timeout_s:g} s.")
    return "\n".join(lines) + "\n"


def _limit(limit: Limit, scope: str) -> str:
    return f"- `{limit.bucket}`: {limit.amount:,g} per {limit.per_s:g} s {scope} ({limit.source})."


_INTRODUCTION: Final = """\
A destination is a file `destinations/<name>.toml` with a `type` and `[settings]`. Setting names are
compared without regard to case, `_` and `-`; secrets are written as `${NAME}` and looked up in the
environment. Try out what would be sent, without sending it:

```console
heliograph destination plan --type webengage --settings settings.json --event event.json
```
"""

_BLUEPRINTS: Final = """
## Blueprints

A blueprint is a file `blueprints/<name>.json`, or one of the presets above; a pipeline names one per
destination. `heliograph destination describe TYPE --blueprint NAME` prints a preset to start from.

| Member | Meaning |
|---|---|
| `name`, `title`, `description` | What it is called and for; the file's name is the default of `name`. |
| `destination` | Type of destination it is meant for; empty or absent = any. |
| `events.rename` | Outgoing name ← canonical name or list of names. |
| `events.drop` | Names of events that are not sent; `identify` stands for profile updates. |
| `events.unlisted` | `pass` (default) or `drop` what `rename` does not list. |
| `events.page_names` | `fixed` (default), or `viewed`: `Viewed <category> <name> page`. |
| `properties`, `traits` | Rules of the event's properties and of the person's traits, as follows. |
| `….rename` | Target ← one source or several in order; the first that has a value is used. |
| `….values` | Target → table of values, compared as text in any case; `*` = default, null = drop. |
| `….items` | Target → the same rules for each object of that list. |
| `….drop` | Keys that are not sent, by their name before or after renaming. |
| `….unlisted` | `pass` (default) or `drop` keys that are no target of `rename`. |
| `….flatten_with` | Separator under which nested objects are lifted to the top; absent = they stay nested. |

A source of `rename` is a key, a dotted path into nested objects (`address.city`), or a path into the event
(`$.context.page.url`). Events of type page, screen, group and alias have the name of their type in `events`;
without a rule for it a page is called `Page Viewed` and a screen `Screen Viewed`.
"""
