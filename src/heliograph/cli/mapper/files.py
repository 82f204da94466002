"""Files named on the command line: read, decoded and compiled, with an exit code for each way to fail.

A file that is not there is wrong usage (2), one that cannot be read or written is the environment (3),
one that does not hold what it should is refused with the error of its reader (1).
"""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from heliograph.cli.terminal.failures import ENVIRONMENT
from heliograph.cli.terminal.output import print_json, say
from heliograph.errors import ConfigError, InputError
from heliograph.mapping.cases.case_files import read_document_file
from heliograph.mapping.run.mapper import Mapper, compile_mapper
from heliograph.mapping.run.output import read_payload
from heliograph.mapping.times.zones import read_zone
from heliograph.model.json import Json


class _Zone(click.ParamType[str]):
    """The name of a time zone; one that is not known is a mistake in the option, not in a mapper."""

    name = "ZONE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as it is."""
        name = str(value)
        try:
            read_zone(name, where="--timezone")
        except ConfigError as error:
            self.fail(f"{error.message} Allowed: {error.allowed}.", param, ctx)
        return name


ZONE: Final = _Zone()


def read_bytes(name: str) -> bytes:
    """Return a file's bytes, or those of standard input for `-`; ends the command when it cannot."""
    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name)
    if not path.exists():
        raise click.UsageError(f"There is no file {name}.")
    try:
        return path.read_bytes()
    except OSError as error:
        refuse_environment(error)


def read_json(name: str, content_type: str | None = None) -> Json:
    """Return the payload in a file, read as the gateway reads it.

    Raises:
        InputError: `body.…`, with the file in `where`.
    """
    try:
        return read_payload(read_bytes(name), content_type)
    except InputError as error:
        error.where = name
        raise


def tell_passed_over(paths: Sequence[Path]) -> None:
    """Say on standard error which JSON files below a folder were not taken for mappers."""
    for path in paths:
        say(
            f"Passed over {path}: no mapper document, it has neither mapping_type nor variants.",
            err=True,
        )


def write_text(path: Path, text: str) -> None:
    """Write a file, with its folders; ends the command when it cannot."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        refuse_environment(error)


def refuse_environment(error: OSError) -> NoReturn:
    """End the command because of a file that cannot be read or written."""
    message = f"{error.filename or 'file'}: {error.strerror or error}"
    if click.get_current_context().params.get("as_json"):
        print_json({"error": {"code": "environment", "message": message}})
    else:
        say(message, err=True)
    raise click.exceptions.Exit(ENVIRONMENT) from error


def compile_file(name: str, *, timezone: str = "UTC", blocked: Collection[str] = ()) -> Mapper:
    """Return the mapper in a file.

    Raises:
        ConfigError: `mapper.invalid`, with the file in `where`.
    """
    document = read_document_file(read_bytes(name), where=name)
    try:
        return compile_mapper(document, timezone=timezone, blocked=blocked)
    except ConfigError as error:
        error.where = f"{name} {error.where or ''}".strip()
        raise
