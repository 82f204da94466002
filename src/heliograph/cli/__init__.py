"""The `heliograph` command: one table of commands, each imported only when it is used.

Exit codes: 0 done, 1 refused by its subject (a payload, a document, an id that is not there), 2 wrong
usage, 3 the environment does not allow it (settings, locks, disk, ports). Errors are one paragraph on
standard error, or with `--json` one object `{"error": {…}}` on standard output; a traceback means that
Heliograph itself is wrong.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

SECTIONS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Run": {
        "up": ("serve.up:up", "Run the hub: gateway and worker, restarted when they die."),
        "gateway": ("serve.up:gateway", "Run only the gateway: takes and keeps requests."),
        "worker": ("serve.up:worker", "Run only the worker: profiles and deliveries."),
        "demo": ("serve.demo:demo", "Run hub and twins with traffic, shown live."),
        "sandbox": ("serve.sandbox:sandbox", "Run local twins of the vendors' APIs."),
    },
    "Configure": {
        "check": ("configure.files:check", "Check a folder of documents."),
        "apply": ("configure.files:apply", "Bring a folder of documents into force."),
        "export": ("configure.files:export", "Write the documents in force as files."),
        "config": ("configure.settings:config", "Show and check process settings."),
        "mapper": ("configure.catalog:mapper", "Run, test, explain and list mappers."),
        "source": ("configure.catalog:source", "List sources."),
        "destination": (
            "configure.catalog:destination",
            "List, plan, test, pause and resume destinations.",
        ),
        "pipeline": ("configure.catalog:pipeline", "List pipelines."),
    },
    "Look and mend": {
        "status": ("upkeep.status:status", "Show what runs and how far it is."),
        "audit": ("upkeep.status:audit", "Check that nothing was lost."),
        "backup": ("upkeep.keeping:backup", "Write a backup; the hub may run meanwhile."),
        "restore": ("upkeep.keeping:restore", "Bring a backup back."),
        "rebuild": ("upkeep.rebuild:rebuild", "Make profiles anew from the journal."),
        "repair": ("upkeep.repair:repair", "Go on with a journal that is not the one read so far."),
        "clock": ("upkeep.clock:clock", "Show whether the clock was set; say it is right."),
        "trace": ("records.trace:trace", "Show the whole life of a request, event or person."),
        "requests": ("records.requests:requests", "List and show received requests."),
        "events": ("records.events:events", "List and show events."),
        "profiles": ("records.profiles:profiles", "List, show, merge and un-merge people."),
        "remap": ("upkeep.remap:remap", "Map stored requests again and correct history."),
        "readers": ("upkeep.readers:readers", "List who reads the journal and missed what."),
        "deliveries": ("records.deliveries:deliveries", "List, show, try and replay deliveries."),
        "deadletters": (
            "records.deliveries:deadletters",
            "List, show and replay what was given up.",
        ),
    },
    "Measure": {
        "bench": ("measure.bench:bench", "Run the benchmarks of the source tree."),
        "drill": ("measure.drill:drill", "Kill processes under load and check the audit."),
    },
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that `--help` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or None when there is none of this name."""
        for commands in SECTIONS.values():
            if cmd_name in commands:
                module, _, attribute = commands[cmd_name][0].partition(":")
                return getattr(importlib.import_module(f"{__name__}.{module}"), attribute)
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the nearest names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=2)
            if not near or "Did you mean" in error.message:
                raise
            hint = f"{error.message} Did you mean {' or '.join(near)}?"
            raise click.UsageError(hint, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section without importing any of them."""
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, help_) for name, (_, help_) in commands.items()])


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"heliograph {version('heliograph')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """A self-hosted hub for behavioural events that never loses one and can prove it."""


def run(args: Sequence[str]) -> int:
    """Run a command line without the program's name and return its exit code; errors are printed."""
    from heliograph.errors import HeliographError

    try:
        for number, arg in enumerate(args, 1):
            if "\0" in arg:
                raise click.UsageError(
                    f"Argument {number} holds a NUL byte; no path and no id has one. Found: {arg!r}."
                )
        result = cli.main(args=list(args), prog_name="heliograph", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        from heliograph.cli.terminal.failures import show_usage

        show_usage(error, as_json="--json" in args)
        return 2
    except HeliographError as error:
        from heliograph.cli.terminal.failures import exit_code, show

        show(error, as_json="--json" in args)
        return exit_code(error)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except PermissionError as error:
        from heliograph.cli.terminal.failures import ENVIRONMENT, no_right_to, show

        if error.filename is None:
            raise
        show(no_right_to(error), as_json="--json" in args)
        return ENVIRONMENT
    except BrokenPipeError:
        # The reader of a pipe went away (`heliograph events list | head`): nothing is wrong.
        # Standard output is pointed elsewhere so that the interpreter's last flush does not fail too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))
