"""`backup` and `restore`: a copy of a running hub, and bringing one back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from heliograph.cli.terminal.options import SettingsSource, json_option, settings_options
from heliograph.cli.terminal.output import at, counted, print_json, print_table, say
from heliograph.cli.terminal.progress import Progress
from heliograph.cli.terminal.questions import ask

if TYPE_CHECKING:
    from heliograph.app.keeping.manifest import Manifest

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("folder", type=FOLDER)
@settings_options
@json_option
def backup(source: SettingsSource, folder: Path, as_json: bool) -> None:
    """Write a backup of journal, store and configuration into FOLDER; the hub may run meanwhile.

    The copies belong together: the journal holds everything that the store has read. They are checked, and
    manifest.json has their checksums. A backup that was interrupted goes on when the command is given again.
    """
    from heliograph.app import wiring
    from heliograph.app.keeping.backup import back_up

    with Progress(quiet=as_json) as progress:
        manifest = back_up(
            source.settings(), folder, clock=wiring.system_clock(), progress=progress
        )
    if as_json:
        print_json(manifest)
        return
    size = sum(file.bytes for file in manifest.files.values())
    say(
        f"Wrote {size / 1e6:,.1f} MB to {folder}: {counted(manifest.requests, 'request')}, "
        f"{counted(manifest.events, 'event')}, configuration revision {manifest.revision}."
    )


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--replace", is_flag=True, help="Move aside the data that is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_options
@json_option
def restore(source: SettingsSource, folder: Path, replace: bool, yes: bool, as_json: bool) -> None:
    """Bring the backup in FOLDER back; the hub must not run.

    Says first what will be sent again: deliveries that were open when the backup was taken may have been
    delivered since, and events that were not applied then make their deliveries once more. What a destination
    gets again bears the same idempotency key as the first time.
    """
    from heliograph.app import wiring
    from heliograph.app.keeping.restore import look
    from heliograph.app.keeping.restore import restore as run_restore

    settings, clock = source.settings(), wiring.system_clock()
    with Progress(quiet=as_json) as progress:
        manifest = look(settings, folder, replace=replace, clock=clock, progress=progress)
    if not as_json:
        _say_what_is_sent_again(manifest)
    if not yes:
        ask("Restore it?")
    with Progress(quiet=as_json) as progress:
        aside = run_restore(settings, folder, replace=replace, clock=clock, progress=progress)
    if as_json:
        print_json({"restored": manifest, "moved_aside": aside})
        return
    if aside is not None:
        say(f"What was there is in {aside}.")
    say(f"Restored into {settings.data_path}. Start the hub: heliograph up{source.place()}")


def _say_what_is_sent_again(manifest: "Manifest") -> None:
    say(
        f"Backup of {at(manifest.taken_at)}: {counted(manifest.requests, 'request')}, "
        f"{counted(manifest.events, 'event')}. Whatever came later is not in it."
    )
    if manifest.open:
        say("Open then, and sent (again, where that happened since) by the restored hub:")
        print_table(["DESTINATION", "DELIVERIES"], list(manifest.open.items()), empty="")
    if manifest.unread:
        say(
            f"{counted(manifest.unread, 'event')} had not been applied; the restored hub applies them and "
            "sends what follows, again where it was sent since."
        )
    if not manifest.open and not manifest.unread:
        say("Nothing was open then: nothing is sent again.")
