"""How the live demo looks on a small and on a large terminal."""

import io
import re

import msgspec
import pytest
from rich.console import Console

from heliograph.app.demo.live import Picture
from heliograph.app.demo.stage import Answer
from heliograph.app.demo.traffic import Shot
from heliograph.cli.serve.demo_view import draw, lines_besides
from heliograph.operations.look.condition.audit import audit
from heliograph.operations.look.condition.status import DestinationLine, Status
from heliograph.testing.journal.fixtures import data_of
from heliograph.testing.memory.journal import MemoryJournal
from heliograph.testing.memory.store import MemoryStore

REFUSED = (
    400,
    '{"error": {"message": "Required field \'Request.data.customer_id\' is missing in the payload"}}',
)
TAKEN = (200, '{"request_id": "req_01m817k09t0000006yrgyk7vqw", "name": "shop"}')
ODD = (502, "<html>\nbad gateway</html>")


def picture() -> Picture:
    answers = (REFUSED, TAKEN, ODD) * 7
    names = ("heap", "moengage", "warehouse", "webengage")
    return Picture(
        status=Status(
            data_dir="d", bytes=1, roles={}, revision=1, requests=12_345_678, refused_requests=9,
            events=23_456_789, rejected=1_000_000, lag=0,
                trimmed_requests=0, trimmed_events=0, profiles=345_678, problems=(),
            destinations=tuple(
                DestinationLine(
                    name=f"demo/{name}", type=name, state="misconfigured", reason="HTTP 401",
                    deliveries={"delivered": 12_345_678, "waiting": 1_234_567, "dead": 9},
                )
                for name in names
            ),
        ),
        audit=audit(data_of(MemoryJournal(), MemoryStore())),
        sent=12_345_678,
        refused=1_234_567,
        per_second=20.0,
        recent=tuple(
            Answer(shot=Shot(label="Form without email", path="/", body=b""), status=s, body=b)
            for s, b in answers
        ),
    )  # fmt: skip


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 40)])
def test_a_picture_fits_and_cuts_no_column_but_the_last(width: int, height: int):
    console = Console(width=width, height=height, file=io.StringIO())
    shown = picture()
    rows = height - lines_besides(shown)
    with console.capture() as capture:
        console.print(draw(shown, "http://127.0.0.1:8080", answers=rows))
    lines = capture.get().splitlines()
    assert len(lines) < height
    text = "\n".join(lines)
    assert "demo/warehouse" in text
    assert "12,345,678" in text
    assert "1,234,567" in text
    assert "misconfigured" in text
    assert "Form without email   400" in text
    assert "Required field 'Request.data.customer_id'" in text
    assert "req_01m817k09t0000006yrgyk7vqw" in text
    assert "<html> bad gateway</html>" in text
    assert "Audit: balanced" in lines[-1]


HOSTILE = (
    "[red]a[/red] [/] [link=http://evil.example]x[/link]\x1b[2J\x1b]0;title\x07\x9b1m\u202eb\\"
)


@pytest.mark.parametrize("body", ["{text}", '{{"error": {{"message": {json}}}}}'])
def test_what_a_sender_wrote_is_shown_as_text_and_steers_no_terminal(body: str):
    text = msgspec.json.encode(HOSTILE).decode()
    shown = msgspec.structs.replace(
        picture(),
        status=msgspec.structs.replace(
            picture().status,
            destinations=(
                DestinationLine(
                    name=f"demo/{HOSTILE}", type="heap", state="active", reason="", deliveries={}
                ),
            ),
        ),
        recent=(
            Answer(
                shot=Shot(label=HOSTILE, path="/", body=b""),
                status=400,
                body=body.format(text=HOSTILE, json=text),
            ),
        ),
    )
    # With colours, as on a terminal: only the view's own may be there.
    console = Console(width=400, height=40, file=io.StringIO(), force_terminal=True)
    with console.capture() as capture:
        console.print(draw(shown, "http://127.0.0.1:8080", answers=1))
    plain_text = re.sub("\x1b\\[[0-9;]*m", "", capture.get())
    assert plain_text.count("[red]a[/red] [/] [link=http://evil.example]x[/link]") == 3
    assert not set(plain_text) & set("\x1b\x07\x9b\u202e")
