"""`bench`: runs the benchmarks of the source tree this Heliograph was installed from."""

import subprocess
import sys
from pathlib import Path

import click

from heliograph.cli.terminal.options import json_option


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--only", metavar="NAME", multiple=True, help="Only this one; may be repeated.")
@click.option("--smoke", is_flag=True, help="One short round of each, to see that it works.")
@click.option("--list", "list_", is_flag=True, help="Only say which there are.")
@json_option
def bench(only: tuple[str, ...], smoke: bool, list_: bool, as_json: bool) -> int:
    """Measure, and print ratios of one run on this machine.

    The benchmarks are a part of the source tree (`benchmarks/`), not of the installed package.
    """
    from importlib import resources

    from heliograph.errors import ConfigError

    tree = Path(str(resources.files("heliograph"))).parent.parent
    runner = tree / "benchmarks" / "run.py"
    if not runner.is_file():
        raise ConfigError(
            "process.failed",
            "the benchmarks are not here: this is no source tree",
            where=str(runner),
            hint="Get the sources and run: make bench.",
        )
    arguments = [part for name in only for part in ("--only", name)]
    arguments += ["--smoke"] * smoke + ["--list"] * list_ + ["--json"] * as_json
    return subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, str(runner), *arguments], cwd=tree, check=False
    ).returncode
