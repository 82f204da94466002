"""How a conformance suite comes to what it tests: opened, opened again, new, or in a process it kills."""

import subprocess
import sys
from collections.abc import Callable, Generator
from itertools import count
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

import pytest

from heliograph.testing.samples import opener_named


class Closable(Protocol):
    """What a suite closes behind itself."""

    def close(self) -> None:
        """Let go of the place; safe to call twice."""
        ...


Opened = TypeVar("Opened", bound=Closable)


class OpeningFixtures(Generic[Opened]):
    """Fixtures `open` (the same place again) and `fresh` (a new place each time)."""

    opener: ClassVar[str]
    """`module:function`; the function takes a path and returns what is in that place, made when new."""
    durable: ClassVar[bool] = True
    shared: ClassVar[bool] = True

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Where what is tested has its data."""
        return tmp_path / "data.db"

    @pytest.fixture
    def open(self, place: Path) -> Generator[Callable[[], Opened]]:
        """A function that opens the same place again; what it opened is closed after the test."""
        opened: list[Opened] = []

        def again() -> Opened:
            opened.append(opener_named(self.opener)(place))
            return opened[-1]

        yield again
        for one in opened:
            one.close()

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Callable[[], Opened]:
        """A function that makes a new, empty one each time; who calls it closes it."""
        numbers = count()
        return lambda: opener_named(self.opener)(tmp_path / f"fresh-{next(numbers)}.db")

    def needs(self, capability: str) -> None:
        """Skip the test when what is tested does not have a capability by design."""
        if not getattr(self, capability):
            pytest.skip(f"capability: {type(self).__name__} is not {capability}")

    def acknowledged_before_kill(
        self, module: str, place: Path, *, life: int, lines: int
    ) -> list[str]:
        """Run `python -m MODULE OPENER PLACE LIFE` and kill it when it has said so many lines.

        Returns:
            Every line it said whole, those between the last counted one and its end too.
        """
        with subprocess.Popen(
            [sys.executable, "-m", module, self.opener, place, str(life)],
            stdout=subprocess.PIPE,
            text=True,
        ) as child:
            assert child.stdout is not None
            said: list[str] = []
            for _ in range(lines):
                line = child.stdout.readline()
                assert line, f"{module} ended by itself"
                said.append(line)
            child.kill()
            # What was said before the kill counts as acknowledged; a torn last line does not.
            said += [line for line in child.stdout if line.endswith("\n")]
        return [line.strip() for line in said]
