"""`python -m heliograph.testing.running.struck`: a command whose process a signal strikes at a known point.

A test that waits for a sign of life and then kills races with the command's end: on a quick machine, or a
slow one, the kill comes too late and proves nothing. Here the process strikes itself, right after the Nth
return of one of its own functions, so that it is certainly there, and certainly not done:

```
python -m heliograph.testing.running.struck SIGKILL heliograph.engine.rebuild:_Work.apply 3 rebuild --yes …
```
"""

import functools
import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from heliograph.testing.running.processes import HubFolder


def struck(
    hub: HubFolder, number: signal.Signals, where: str, times: int, *command: str
) -> list[str]:
    """Return the command line of `heliograph <command>` on a folder, struck as the module says.

    Args:
        hub: the data folder.
        number: the signal.
        where: `module:function` or `module:Class.method`.
        times: after which return of it, counted from 1.
        command: of the command line, without settings.
    """
    place = [number.name, where, str(times)]
    return [
        sys.executable,
        "-m",
        "heliograph.testing.running.struck",
        *place,
        *command,
        *hub.arguments,
    ]


def main(arguments: Sequence[str]) -> None:
    """Run the command line with the function replaced."""
    name, where, times, *command = arguments
    # Who runs the tests in the background has made it deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    module, _, path = where.partition(":")
    *outer, last = path.split(".")
    owner: Any = functools.reduce(getattr, outer, importlib.import_module(module))
    setattr(owner, last, _striking(getattr(owner, last), signal.Signals[name], int(times)))
    from heliograph.cli import main as heliograph

    sys.argv = ["heliograph", *command]
    sys.exit(heliograph())


def _striking(
    function: Callable[..., Any], number: signal.Signals, times: int
) -> Callable[..., Any]:
    calls = itertools.count(1)

    @functools.wraps(function)
    def wrapper(*args: Any, **keywords: Any) -> Any:
        result = function(*args, **keywords)
        if next(calls) == times:
            os.kill(os.getpid(), number)
        return result

    return wrapper


if __name__ == "__main__":
    main(sys.argv[1:])
