"""The supervisor with small scripts as roles: restart, hopeless starts, order of stopping, killing."""

import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from heliograph.app.supervisor import Child, Supervisor
from heliograph.model.clock import SystemClock
from heliograph.testing.running.processes import wait_until

PROLOGUE = """
import os, signal, sys
from pathlib import Path
folder = Path({folder!r})
role = {role!r}
lifeline, ready = int(sys.argv[-3]), int(sys.argv[-1])
def note(word):
    with (folder / "log").open("a") as log:
        log.write(f"{{role}} {{word}}\\n")
def stop(*_):
    note("stopped")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
note("started " + " ".join(sys.argv[1:-4]))
"""
READY = 'os.write(ready, b"http://here:1\\n")\nos.close(ready)\n'


class Roles:
    """Makes scripts that play roles, and reads what they noted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def child(self, role: str, body: str, *, stop_within_s: float = 20.0) -> Child:
        script = self.folder / f"{role}.py"
        prologue = PROLOGUE.format(folder=str(self.folder), role=role)
        script.write_text(prologue + textwrap.dedent(body))
        return Child(
            role=role,
            command=lambda address: [sys.executable, str(script), *([address] if address else [])],
            stop_within_s=stop_within_s,
        )

    def log(self) -> list[str]:
        path = self.folder / "log"
        return [line.strip() for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def roles(tmp_path: Path) -> Roles:
    return Roles(tmp_path)


def run(
    children: list[Child], on_ready: Callable[[Mapping[str, str | None]], object] = lambda _: None
) -> int:
    return Supervisor(children, clock=SystemClock(), on_ready=on_ready).run()


def stop_self(_: object = None) -> None:
    os.kill(os.getpid(), 15)


LIVES = READY + "while True: signal.pause()\n"


def test_a_clean_stop_ends_the_children_in_their_order_and_gives_zero(roles: Roles):
    told: list[Mapping[str, str | None]] = []

    def ready(addresses: Mapping[str, str | None]) -> None:
        told.append(addresses)
        stop_self()

    assert run([roles.child("a", LIVES), roles.child("b", LIVES)], ready) == 0
    assert told == [{"a": "http://here:1", "b": "http://here:1"}]
    assert roles.log()[-2:] == ["a stopped", "b stopped"]


def test_a_child_that_dies_is_started_again_with_its_old_address(roles: Roles):
    dies_once = f"""
    marker = folder / "died"
    {READY.strip().replace(chr(10), chr(10) + "    ")}
    if not marker.exists():
        marker.touch()
        os._exit(1)
    os.kill(os.getppid(), signal.SIGTERM)
    while True: signal.pause()
    """
    assert run([roles.child("a", dies_once)]) == 0
    assert roles.log() == ["a started", "a started http://here:1", "a stopped"]


def test_a_refusal_to_start_ends_the_hub_with_that_code(roles: Roles):
    assert run([roles.child("a", LIVES), roles.child("b", "os._exit(3)\n")]) == 3
    assert roles.log().count("b started") == 1
    assert "a stopped" in roles.log() or "a started" not in roles.log()


def test_five_starts_that_never_worked_are_enough(roles: Roles):
    assert run([roles.child("a", "os._exit(1)\n")]) == 3
    assert roles.log() == ["a started"] * 5


def test_a_child_that_ignores_the_signal_is_killed_when_its_time_is_over(roles: Roles):
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LIVES
    children = [roles.child("a", deaf, stop_within_s=0.2)]
    assert run(children, stop_self) == 0
    assert "a stopped" not in roles.log()


def test_a_second_signal_kills_at_once(roles: Roles):
    deaf = (
        "signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getppid(), signal.SIGINT))\n" + LIVES
    )
    children = [roles.child("a", deaf, stop_within_s=600)]
    assert run(children, stop_self) == 0


def test_a_role_that_was_not_well_when_it_was_stopped_gives_its_code(roles: Roles):
    stalls = "signal.signal(signal.SIGTERM, lambda *_: os._exit(1))\n" + LIVES
    children = [roles.child("a", LIVES), roles.child("b", stalls), roles.child("c", LIVES)]
    assert run(children, stop_self) == 1
    assert roles.log()[-1] == "c stopped", "those behind it are stopped all the same"


def test_the_lifeline_of_a_child_ends_with_the_supervisor(roles: Roles, tmp_path: Path):
    """The reading end sees the end of the pipe when the supervisor is killed, not before."""
    body = READY + "os.read(lifeline, 1)\nnote('alone')\n"
    child = roles.child("a", body)
    pid = os.fork()
    if pid == 0:
        try:
            Supervisor(
                [child],
                clock=SystemClock(),
                on_ready=lambda _: (tmp_path / "ready").touch(),
            ).run()
        finally:
            os._exit(0)
    wait_until((tmp_path / "ready").exists, "the child is ready")
    assert "a alone" not in roles.log()
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    wait_until(lambda: "a alone" in roles.log(), "the child noticed")
