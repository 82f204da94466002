"""The examples of README and docs do what they show.

A comment on the line above a fenced block says what to do with it; the blocks of a page share a folder:

- `<!-- run -->` above ```` ```console ````: each `$ command` must exit 0 and print the lines below it, in
  which `…` stands for anything (no lines: any output). Options: `exit=1`, `in=repo` (work in the
  repository's root instead of the page's folder), `background wait=URL` (start the one command of the block,
  go on when the URL answers 200, end it after the page).
- `<!-- file: NAME -->` above any block: it becomes that file of the page's folder.
- `<!-- from: PATH -->`: is the same as that file of the repository.
- `<!-- fragment -->`: shown only. Every other JSON or TOML block must at least parse.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from heliograph.testing.running.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!--[ ]*(?P<marker>(?:run|file:|from:|fragment)[^\n]*?)[ ]*-->\n)?"
    r"^```(?P<language>[a-z]*)[^\n]*\n(?P<text>.*?)^```[ ]*$",
    re.MULTILINE | re.DOTALL,
)
PATIENCE_S = 120


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    marker: str
    line: int

    def option(self, name: str) -> str | None:
        match = re.search(rf"\b{name}=(\S+)", self.marker)
        return match[1] if match else None


def blocks(page: str) -> list[Block]:
    return [
        Block(m["language"], m["text"], m["marker"] or "", page.count("\n", 0, m.start()) + 1)
        for m in BLOCK.finditer(page)
    ]


def commands(text: str) -> list[tuple[str, str]]:
    """Return (command, expected output) pairs; a trailing backslash continues a command."""
    pairs: list[tuple[str, str]] = []
    continued = False
    for line in text.splitlines():
        if continued:
            command, _ = pairs[-1]
            pairs[-1] = (f"{command}\n{line}", "")
        elif line.startswith("$ "):
            pairs.append((line[2:], ""))
        else:
            assert pairs, f"output before any '$ command': {line!r}"
            command, output = pairs[-1]
            pairs[-1] = (command, f"{output}{line}\n")
        continued = line.endswith("\\") and (continued or line.startswith("$ "))
    return pairs


def matches(expected: str, printed: str) -> bool:
    """Tell whether the output is what the page shows, `…` standing for any text."""
    if not expected.strip():
        return True
    pattern = r"[\s\S]*?".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip()) is not None


def ports_of(page_blocks: list[Block]) -> dict[int, int]:
    """Return the loopback ports that the background blocks wait on, with the line of each block."""
    waits = [(urlsplit(block.option("wait") or ""), block.line) for block in page_blocks]
    return {url.port: line for url, line in waits if url.port is not None}


def refuse_taken(ports: dict[int, int]) -> None:
    """Fail for ports that another program listens on: its answers would be taken for the page's."""
    for port, line in ports.items():
        with socket.socket() as probe:
            probe.settimeout(5)
            taken = probe.connect_ex(("127.0.0.1", port)) == 0
        assert not taken, (
            f"port {port}, which the block in line {line} needs, is taken by another program on this "
            f"machine (a hub or a sandbox left running?); end it and run the test again"
        )


def check_parses(block: Block) -> None:
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "toml":
        tomllib.loads(block.text)


class Page:
    """Runs the blocks of one page in order, in one folder."""

    def __init__(self, folder: Path, cleanup: ExitStack) -> None:
        self.folder = folder
        self.cleanup = cleanup
        self.background: list[tuple[str, subprocess.Popen[bytes], Path]] = []
        self.environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
            "COLUMNS": "120",
        }

    def follow(self, block: Block) -> None:
        kind = re.split(r"[:\s]", block.marker, maxsplit=1)[0]
        if kind == "run":
            where = ROOT if block.option("in") == "repo" else self.folder
            if "background" in block.marker.split():
                self.start(block, where)
            else:
                self.run(block, where)
        elif kind == "file":
            check_parses(block)
            target = self.folder / block.marker.partition(":")[2].strip()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif kind == "from":
            source = ROOT / block.marker.partition(":")[2].strip()
            assert block.text == source.read_text(encoding="utf-8"), f"differs from {source}"
        elif kind != "fragment":
            check_parses(block)

    def run(self, block: Block, where: Path) -> None:
        for command, expected in commands(block.text):
            # Another program may have taken its port meanwhile and answers in its place.
            for started, process, log in self.background:
                code, said = process.poll(), log.read_text(encoding="utf-8", errors="replace")
                assert code is None, f"$ {started}\nended with {code}\n{said}"
            outcome = subprocess.run(
                ["bash", "-c", command],
                cwd=where,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE_S,
            )
            assert outcome.returncode == int(block.option("exit") or 0), (
                f"$ {command}\nexit {outcome.returncode}\n{outcome.stdout}"
            )
            assert matches(expected, outcome.stdout), (
                f"$ {command}\n--- the page shows\n{expected}--- it printed\n{outcome.stdout}"
            )

    def start(self, block: Block, where: Path) -> None:
        [(command, _)] = commands(block.text)
        refuse_taken(ports_of([block]))
        log = self.folder / f"background-{block.line}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=where,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.cleanup.enter_context(ended(process))
        self.background.append((command, process, log))
        url = block.option("wait")
        assert url, "a background block needs wait=URL"

        def said() -> str:
            return log.read_text(encoding="utf-8", errors="replace")

        def up() -> bool:
            code = process.poll()
            assert code is None, f"$ {command}\nended with {code}\n{said()}"
            return answers(url)

        wait_until(up, f"{url} answers after $ {command}", timeout_s=PATIENCE_S, said=said)


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_of_the_page(path: Path, tmp_path: Path):
    with ExitStack() as cleanup:
        page = Page(tmp_path, cleanup)
        found = blocks(path.read_text(encoding="utf-8"))
        try:
            refuse_taken(ports_of(found))
        except AssertionError as problem:
            pytest.fail(f"{path.relative_to(ROOT)}: {problem}", pytrace=False)
        for block in found:
            try:
                page.follow(block)
            except (AssertionError, ValueError, subprocess.TimeoutExpired) as problem:
                pytest.fail(f"{path.relative_to(ROOT)}:{block.line}: {problem}", pytrace=False)


SAMPLE = """
<!-- file: a/greeting.json -->
```json
{"hello": "world"}
```
Words between.
<!-- run -->
```console
$ cat \\
  a/greeting.json
{"hello": …}
$ echo one; echo two
one
…
```
"""


def test_a_page_is_read_as_blocks_with_their_markers():
    first, second = blocks(SAMPLE)
    assert (first.language, first.marker, first.line) == ("json", "file: a/greeting.json", 2)
    assert [command for command, _ in commands(second.text)] == [
        "cat \\\n  a/greeting.json",
        "echo one; echo two",
    ]


def test_blocks_share_a_folder_and_output_is_compared(tmp_path: Path):
    with ExitStack() as cleanup:
        page = Page(tmp_path, cleanup)
        for block in blocks(SAMPLE):
            page.follow(block)
        wrong = Block("console", "$ echo one\ntwo\n", "run", 1)
        with pytest.raises(AssertionError, match="the page shows"):
            page.follow(wrong)
        with pytest.raises(AssertionError, match="exit 3"):
            page.follow(Block("console", "$ exit 3\n", "run", 1))
        page.follow(Block("console", "$ exit 3\n", "run exit=3", 1))


def test_an_unmarked_json_block_must_parse(tmp_path: Path):
    with ExitStack() as cleanup:
        page = Page(tmp_path, cleanup)
        with pytest.raises(ValueError, match="Expecting"):
            page.follow(Block("json", "{…}", "", 1))
        page.follow(Block("json", "{…}", "fragment", 1))


def test_a_port_that_is_taken_is_named_before_anything_runs():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        block = Block(
            "console", "$ heliograph up\n", f"run background wait=http://127.0.0.1:{port}/readyz", 7
        )
        ports = ports_of([block, Block("console", "$ true\n", "run", 9)])
        assert ports == {port: 7}
        with pytest.raises(AssertionError, match=f"port {port}, which the block in line 7 needs"):
            refuse_taken(ports)
    refuse_taken(ports)
