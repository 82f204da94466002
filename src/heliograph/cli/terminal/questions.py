"""Questions before something that cannot be taken back."""

import sys

import click

from heliograph.cli.terminal.output import say


def refuse_without_terminal() -> None:
    """Refuse where nobody can be asked.

    Raises:
        click.UsageError: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("Standard input is no terminal to ask on; say --yes.")


def ask(question: str) -> None:
    """Ask on standard error, and return when the answer is yes; it may come through a pipe.

    Raises:
        click.Abort: the answer is no, or there is none; it was said that nothing was done.
    """
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        say(err=True)  # ends the line of the question
        say("There was no answer, and nothing was done. With --yes nothing is asked.", err=True)
        raise
    if not agreed:
        say("Nothing was done.", err=True)
        raise click.Abort
