"""Draws docs/pictures/demo.svg: what `make demo` shows in a terminal, of a real run.

    .venv/bin/python scripts/picture.py

A hub, the twins and the traffic run as `heliograph demo` runs them; after some seconds the live view is drawn
once more, by the same code, into a picture. Run it when the view has changed; a test says when.
"""

import asyncio
import contextlib
import io
import re
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from rich.console import Console

from heliograph.app import wiring
from heliograph.app.demo.live import Picture, open_port, run_live
from heliograph.app.demo.stage import open_stage
from heliograph.cli.serve.demo_view import draw
from heliograph.operations.views import TraceView

TARGET: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.svg"
WIDTH: Final = 88
ANSWERS: Final = 8
PICTURES: Final = 50
"""Looks at the running demo before it is drawn: 25 s; then the next one that shows a refusal, too."""


class _Recorder:
    """A view that keeps the last picture and ends the demo after enough of them."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._seen = 0
        self.picture: Picture | None = None

    def first(self, life: TraceView | None, curl: str) -> None:
        """Leave out what is shown before the live view."""

    @contextlib.contextmanager
    def open(self) -> Generator[Callable[[Picture], None]]:
        """Give the function that takes the pictures."""

        def show(picture: Picture) -> None:
            self.picture, self._seen = picture, self._seen + 1
            refused = any(answer.status != 200 for answer in picture.recent[:ANSWERS])
            if self._seen >= PICTURES and refused and picture.audit.balanced:
                self._stop.set()

        yield show


async def run() -> tuple[Picture, str]:
    """Return the last picture of a demo, and the address of its hub."""
    stop = asyncio.Event()
    recorder = _Recorder(stop)
    with tempfile.TemporaryDirectory(prefix="heliograph-picture-") as folder:
        async with open_stage(Path(folder), port=open_port(8080), twin_ports=None) as stage:
            with wiring.reading(stage.settings) as data:
                await run_live(
                    stage,
                    data,
                    rate=20.0,
                    random=wiring.seeded_random(1),
                    clock=wiring.system_clock(),
                    view=recorder,
                    stop=stop,
                )
            assert recorder.picture is not None
            return recorder.picture, re.sub(r":\d+$", ":8080", stage.address)


def drawn(picture: Picture, address: str) -> str:
    """Return a picture as SVG that needs nothing from elsewhere."""
    screen = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    screen.print("$ make demo", style="bold")
    screen.print()
    screen.print(draw(picture, address, answers=ANSWERS))
    svg = screen.export_svg(title="heliograph demo")
    # The fonts would be fetched from another host; a reader's own monospaced one does.
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(drawn(*asyncio.run(run())), encoding="utf-8")
    print(f"wrote {TARGET}")
