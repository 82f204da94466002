"""`heliograph mapper presets` and `init`: ready mappers, listed and copied into a configuration folder."""

import textwrap
from pathlib import Path

import click

from heliograph.cli.mapper.files import refuse_environment, write_text
from heliograph.cli.terminal.failures import REFUSED
from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import print_json, print_line, say, say_lines
from heliograph.mapping.presets import PresetFolder, list_presets, load_preset


@click.command()
@json_option
def presets(as_json: bool) -> int:
    """List ready mappers for known platforms."""
    if as_json:
        rows = [
            {
                "name": each.name,
                "title": each.preset.title,
                "description": each.preset.description,
                "signature": each.preset.signature,
                "mappers": [mapper.name for mapper in each.mappers],
                "documentation": list(each.preset.documentation),
                "documented": each.preset.documented,
                "setup": each.preset.setup,
            }
            for each in list_presets()
        ]
        print_json(rows)
        return 0
    for each in list_presets():
        configs = ", ".join(mapper.path.stem for mapper in each.mappers)
        print_line(
            f"{each.name:<18}{each.preset.title} ({configs}; signature: {each.preset.signature})"
        )
        print_line(each.preset.description, indent=18)
    say_lines("\nheliograph mapper init PRESET DIR writes one into a configuration folder.")
    return 0


@click.command()
@click.argument("name", metavar="PRESET")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--force", is_flag=True, help="Overwrite files that differ.")
@json_option
def init(name: str, folder: Path, force: bool, as_json: bool) -> int:
    """Write a preset's mappers, cases and signed source into a configuration folder.

    Files that are there already and differ stop it before anything is written, unless --force is given.
    """
    preset = load_preset(name)
    files = {folder / path: content for path, content in preset.files().items()}
    try:
        differing = [
            path
            for path, content in files.items()
            if path.exists() and path.read_bytes() != content
        ]
    except OSError as error:
        refuse_environment(error)
    if differing and not force:
        listed = [str(path) for path in differing]
        if as_json:
            print_json({"written": [], "differing": listed})
        else:
            say("These files are there already and differ:", err=True)
            for path in listed:
                say(f"  {path}", err=True)
            say("Nothing was written. --force overwrites them.", err=True)
        return REFUSED
    for path, content in files.items():
        write_text(path, content.decode())
    written = [str(path) for path in files]
    if as_json:
        urls = [
            {"mapper": each.config, "url": each.url, "source": each.source}
            for each in preset.addresses()
        ]
        print_json({"written": written, "differing": [], "urls": urls})
        return 0
    for path in written:
        say(path)
    say_lines(f"\n{preset.preset.setup}")
    _print_addresses(preset, folder)
    for link in preset.preset.documentation:
        say(f"  {link}")
    if not (folder / "workspace.toml").exists():
        say(
            f"{folder} has no workspace.toml yet: `heliograph check` and `apply` want one, with `id`."
        )
    say(f"Next: heliograph mapper test {folder}")
    return 0


def _print_addresses(preset: PresetFolder, folder: Path) -> None:
    """Print the URL of every mapper, and for those without a source of their own the source to add."""
    own, *others = preset.addresses()
    if own.secret_variable is None:
        for each in (own, *others):
            say(f"URL of {each.config}: {each.url}")
        return
    say(f"URL of {own.config}: {own.url}, verified by {preset.preset.signature!r}.")
    say(f"Put the secret into the environment as {own.secret_variable}.")
    for each in others:
        assert each.source is not None
        say_lines(
            f"\nA source has one mapper. What is for {each.config} needs a second address, with a secret in "
            f"{each.secret_variable};\nto have it, write this into {folder / each.source}:\n"
        )
        say_lines(textwrap.indent(each.source_text, "    ").removesuffix("\n"))
        say(f"URL of {each.config}: {each.url}")
