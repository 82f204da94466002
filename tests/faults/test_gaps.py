"""Events that were gone before the worker had read them: a problem until a person has looked at it."""

import json
from pathlib import Path

from heliograph.backends.sqlite import open_journal
from heliograph.testing.running.hub_at_work import HubAtWork
from heliograph.testing.running.processes import wait_until


def lose(shop: HubAtWork, numbers: range) -> int:
    """Let the gateway take orders, and trim them while no worker runs; return how many events went."""
    shop.start("gateway")
    with shop.hub.reading() as data:
        before = [bounds.last for bounds in data.journal.heads()]
    shop.send(numbers)
    shop.stop()
    journal = open_journal(shop.data / "journal.db")
    heads = journal.heads()
    for partition, bounds in enumerate(heads):
        journal.trim(partition, bounds.last + 1)
    journal.close()
    return sum(bounds.last - old for bounds, old in zip(heads, before, strict=True))


def wait_missed(shop: HubAtWork, number: int) -> None:
    """Wait until the worker went on behind so many events in all."""
    with shop.hub.reading() as data:

        def missed() -> int:
            with data.store.read() as reader:
                return sum(gap.events for gap in reader.readers.gaps("engine"))

        wait_until(lambda: missed() == number, "the gap is noted", said=shop.hub.output)


def looked_at(shop: HubAtWork) -> tuple[int, list[str]]:
    """Return the exit code of `status` and what it says of events that were gone."""
    status = shop.hub.run("status", "--json")
    problems = json.loads(status.stdout)["problems"]
    return status.returncode, [one for one in problems if "gone from the journal" in one]


def acknowledge(shop: HubAtWork, problem: str, reason: str) -> None:
    """Do what a problem asks for."""
    command = problem.rpartition("`heliograph ")[2].partition("`")[0].replace("TEXT", "").split()
    done = shop.hub.run(*command, reason)
    assert done.returncode == 0, done.stderr
    assert reason in " ".join(done.stdout.split())


def test_a_gap_is_a_problem_until_it_is_acknowledged_and_a_new_one_is_one_again(
    shop: HubAtWork, tmp_path: Path
) -> None:
    shop.start("gateway", "worker")
    shop.send(range(20))
    shop.settle()
    shop.stop()
    lost = lose(shop, range(100, 160))
    assert lost == 60
    shop.start("gateway", "worker")
    wait_missed(shop, lost)
    code, [problem] = looked_at(shop)
    assert (code, problem.startswith("60 events were gone")) == (1, True)
    [warned] = [one for one in shop.readyz()["checks"] if one["name"] == "readers"]
    assert "60 events were gone" in warned["message"]

    acknowledge(shop, problem, "the disk was swapped")
    code, [told] = looked_at(shop)
    assert code == 0
    assert "acknowledged by" in told
    assert told.endswith(": the disk was swapped")
    # The page keeps what it found for a moment.
    wait_until(
        lambda: all(one["name"] != "readers" for one in shop.readyz()["checks"]),
        "/readyz warns no more",
        said=shop.hub.output,
    )
    audit = shop.hub.run("audit")
    assert audit.returncode == 0, audit.stdout
    assert "missed 60" in audit.stdout
    assert "60 of them acknowledged" in audit.stdout
    again = shop.hub.run("readers", "acknowledge", "engine", "--reason", "x", "--json")
    assert again.returncode == 1
    assert "reader.no_gap" in again.stderr + again.stdout

    kept, backup = tmp_path / "kept", tmp_path / "backup"
    shop.hub.json("backup", str(backup))
    shop.stop()
    shop.keep("journal.db", kept)
    shop.start("gateway", "worker")
    shop.send(range(20, 40))
    shop.settle()
    assert looked_at(shop) == (0, [told]), "after a restart"
    shop.stop()
    shop.put_back("journal.db", kept)
    shop.start("gateway", "worker")
    shop.must_stall("journal.behind")
    shop.hub.json("repair")
    shop.settle()
    assert looked_at(shop) == (0, [told]), "after a repair"
    shop.must_be_whole()
    shop.stop()
    shop.hub.json("restore", str(backup), "--yes", "--replace")
    shop.start("gateway", "worker")
    assert looked_at(shop) == (0, [told]), "after a restore"
    shop.stop()

    more = lose(shop, range(200, 230))
    shop.start("gateway", "worker")
    wait_missed(shop, lost + more)
    code, said = looked_at(shop)
    assert code == 1
    assert said[0].startswith(f"{more} events were gone"), "the old ones are not told as open"
    assert said[1:] == [told]
    refused = shop.hub.run(
        "readers", "acknowledge", "engine", "--events", str(more + 1), "--reason", "a guess"
    )
    assert refused.returncode == 1
    assert f"{more}" in refused.stderr
    assert looked_at(shop)[0] == 1
    acknowledge(shop, said[0], "and again")
    assert looked_at(shop)[0] == 0
    gaps = shop.hub.json("readers", "gaps")
    assert {one["reason"] for one in gaps} == {"the disk was swapped", "and again"}
    assert sum(one["events"] for one in gaps) == lost + more
    shop.must_be_whole()
