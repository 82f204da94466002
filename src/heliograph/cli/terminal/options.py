"""Options that many commands share: where settings come from, and `--json`."""

import functools
import getpass
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from heliograph.app.settings import Settings
    from heliograph.app.settings_loading import Effective
    from heliograph.operations.caller import Caller
    from heliograph.operations.hub import Hub

F = TypeVar("F", bound=Callable[..., Any])


class Commands(click.Group):
    """A group whose help gives the whole first sentence of every command, on several lines if need be."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        # Those of `heliograph.cli`, also where a test runs the group without it.
        help_ = {"help_option_names": ["-h", "--help"]}
        super().__init__(*args, **{"context_settings": help_, **settings})

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands in the order in which they were added."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(limit=500))
                    for name, command in self.commands.items()
                    if not command.hidden
                ]
            )


def local() -> "Caller":
    """Return who runs this command: the operator of the machine, by the name of the account."""
    from heliograph.operations.caller import operator

    try:
        return operator(getpass.getuser())
    except (OSError, KeyError):  # an account without a name, as in some containers
        return operator(f"uid {os.getuid()}")


class SettingsSource:
    """What the command line says about settings; `effective()` reads them when they are needed."""

    def __init__(self, file: Path | None, data_dir: str | None, assignments: Sequence[str]) -> None:
        self.file = file
        self.flags: dict[str, str] = {}
        for assignment in assignments:
            key, equals, value = assignment.partition("=")
            if not equals or not key:
                raise click.UsageError(
                    f"--set takes section.key=value, e.g. gateway.port=9000; found {assignment!r}."
                )
            self.flags[key.strip()] = value
        if data_dir is not None:
            self.flags["data_dir"] = data_dir

    def effective(self) -> "Effective":
        """Return the settings in force with their origins.

        Raises:
            ConfigError: `settings.invalid`.
        """
        from heliograph.app.settings_loading import load_settings

        return load_settings(file=self.file, environ=os.environ, flags=self.flags)

    def settings(self) -> "Settings":
        """Return the settings in force; from now on this process logs warnings to standard error.

        Standard output belongs to what a command prints. Roles, which have a log, set it up anew.
        """
        from heliograph.telemetry.logs import configure_logging

        settings = self.effective().settings
        configure_logging(level="warning", format_=settings.log.format)
        return settings

    def looking(self) -> "AbstractContextManager[Hub]":
        """Open the hub of these settings to look at it, whether it runs or not."""
        from heliograph.app import wiring

        return wiring.looking(self.settings())

    def acting(self) -> "AbstractContextManager[Hub]":
        """Open the hub of these settings to change something; it may run meanwhile."""
        from heliograph.app import wiring

        return wiring.acting(self.settings())

    def mending(self) -> "AbstractContextManager[Hub]":
        """Open the hub of these settings to change something in its journal too; it may run meanwhile."""
        from heliograph.app import wiring

        return wiring.mending(self.settings())

    def place(self) -> str:
        """Return what a person types behind another command so that it means the same data folder."""
        file = f" --config {self.file}" if self.file else ""
        return file + (f" --data-dir {self.flags['data_dir']}" if "data_dir" in self.flags else "")

    def arguments(self) -> list[str]:
        """Return the same choice as arguments for another `heliograph` process."""
        arguments = ["--config", str(self.file.resolve())] if self.file else []
        for key, value in self.flags.items():
            arguments += ["--data-dir", value] if key == "data_dir" else ["--set", f"{key}={value}"]
        return arguments


def settings_options(function: F) -> F:
    """Add `--config`, `--data-dir` and `--set`; the function gets them as `source`."""

    @click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Settings file; default: heliograph.toml here, if there is one.",
    )
    @click.option("--data-dir", metavar="DIR", help="Folder of journal and store.")
    @click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set one setting, e.g. gateway.port=9000; may be repeated.",
    )
    @functools.wraps(function)
    def wrapper(
        *args: Any,
        config_file: Path | None,
        data_dir: str | None,
        assignments: tuple[str, ...],
        **kwargs: Any,
    ) -> Any:
        return function(*args, source=SettingsSource(config_file, data_dir, assignments), **kwargs)

    return wrapper  # type: ignore[return-value]


def workspace_option(function: F) -> F:
    """Add `--workspace`, for what is named and may be in several; the function gets it as `workspace`."""
    return click.option("--workspace", help="Which one, when several have this name.")(function)


def json_option(function: F) -> F:
    """Add `--json`; the function gets it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")(
        function
    )


def page_options(function: F) -> F:
    """Add `--limit`, `--after` and `--paged`; the function gets the first two as `page`.

    `--paged` is between the command line and `print_listed`, which asks the context for it.
    """

    @click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
    @click.option("--after", metavar="CURSOR", help="Go on behind the page that gave this cursor.")
    @click.option(
        "--paged", is_flag=True, help='With --json: print {"items", "next"}, not the items alone.'
    )
    @functools.wraps(function)
    def wrapper(*args: Any, limit: int, after: str | None, paged: bool, **kwargs: Any) -> Any:
        from heliograph.operations.page import Page

        del paged

        return function(*args, page=Page(after=after, limit=limit), **kwargs)

    return wrapper  # type: ignore[return-value]
