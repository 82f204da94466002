"""`config show` and `config check`: the process settings in force and what is wrong with them."""

import json
import os

import click

from heliograph.cli.terminal.options import Commands, SettingsSource, json_option, settings_options
from heliograph.cli.terminal.output import encoded, print_document, print_json, say


@click.group(cls=Commands, short_help="Show and check process settings.")
def config() -> None:
    """Process settings: heliograph.toml, the environment, flags. See docs/reference/settings.md."""


@config.command()
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@settings_options
@json_option
def show(source: SettingsSource, origin: bool, as_json: bool) -> None:
    """Print the settings in force; with --origin also where each value comes from."""
    from heliograph.app.settings_loading import known_keys, value_of

    effective = source.effective()
    rows = {key: value_of(effective.settings, key) for key in known_keys()}
    if as_json:
        document = {
            key: {"value": value, "origin": effective.origins[key]} if origin else value
            for key, value in rows.items()
        }
        print_document(encoded(document, indent=2))
        return
    width = max(map(len, rows))
    for key, value in rows.items():
        text = json.dumps(value, ensure_ascii=False)
        place = f"  # {effective.origins[key]}" if origin else ""
        say(f"{key:<{width}} = {text}{place}")


@config.command()
@settings_options
@json_option
def check(source: SettingsSource, as_json: bool) -> int:
    """Check file, environment and flags; print every problem. Exit 1 when there is one."""
    from heliograph.app.settings_loading import read_settings
    from heliograph.cli.terminal.failures import as_dict, show

    _, problems = read_settings(file=source.file, environ=os.environ, flags=source.flags)
    if as_json:
        found = [as_dict(problem) for problem in problems]
        print_json({"ok": not problems, "problems": found})
    elif problems:
        for problem in problems:
            show(problem, as_json=False)
    else:
        say("The settings are fine.")
    return 1 if problems else 0
