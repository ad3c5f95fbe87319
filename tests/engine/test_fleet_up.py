"""`aep fleet up` with the real engine, a scheduler and two workers as processes of their own."""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

from dask_processes import Processes, processes
from deploying import Deployed, deployed_in, status, turns

STACKS = {"shared": "dev", "a": "dev", "b": "stage", "c": "stage"}
SANDBOXES = ("dev", "stage")


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    """Four stacks in two sandboxes; all read the shared one."""
    with deployed_in(tmp_path) as estate:
        for name, sandbox in STACKS.items():
            settings = {} if name == "shared" else {"shared": "organization/estate/shared"}
            estate.stack(name, sandbox, **settings, **({"account": "true"} if name == "c" else {}))
        yield estate


@pytest.fixture
def dask(tmp_path: Path, deployed: Deployed) -> Iterator[Processes]:
    """A scheduler and two workers."""
    with processes(tmp_path / "dask", deployed.keeper.environment) as running:
        running.start_scheduler()
        for _ in range(2):
            running.start_worker()
        yield running


def check_states(deployed: Deployed) -> None:
    """Every object is in exactly one state, and every object of a state exists."""
    for sandbox in SANDBOXES:
        names = [name for name, its in STACKS.items() if its == sandbox]
        deployed.check_objects(sandbox, names, accounts="c" in names)


def test_a_fleet_is_deployed_changed_in_part_and_destroyed(deployed: Deployed, dask: Processes, tmp_path: Path) -> None:
    code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert code == 0, output
    assert status(events) == dict.fromkeys(STACKS, "changed")
    assert {event["worker"] for event in events if event["event"] == "finished"} == {"worker0", "worker1"}
    check_states(deployed)
    writers = deployed.writers()
    assert {sandbox: sorted(set(turns(each))) for sandbox, each in writers.items()} == {
        "dev": ["a", "shared"],
        "stage": ["b", "c"],
    }
    assert all(len(turns(each)) == len(set(turns(each))) for each in writers.values()), "two writers in one sandbox"
    assert turns(writers["dev"]) == ["shared", "a"]

    check_partial_update(deployed, tmp_path)

    for words in (("preview",), ("refresh", "--yes")):
        code, events, output = deployed.fleet(*words, "a", "--scheduler", dask.address)
        assert code == 0, output
        assert status(events) == {"a": "unchanged"}
    code, _events, output = deployed.fleet("destroy", "--yes", "--scheduler", dask.address)
    assert code == 0, output
    assert [deployed.objects(sandbox) for sandbox in SANDBOXES] == [[], []]


def check_partial_update(deployed: Deployed, folder: Path) -> None:
    """One stack fails, one is destructive and not updated without consent, and the others are deployed; without a scheduler."""
    for name, old, new in (
        ("b", "config:", "config:\n  estate:fails: 'true'"),
        ("a", "config:", "config:\n  estate:datasets: '2'"),
    ):
        settings = deployed.project / f"Pulumi.{name}.yaml"
        settings.write_text(settings.read_text().replace(old, new))
    settings = deployed.project / "Pulumi.c.yaml"
    settings.write_text(re.sub(r"  estate:account: .*\n", "", settings.read_text()))
    markdown, page = folder / "review.md", folder / "review.html"
    files = ("--markdown", str(markdown), "--html", str(page))
    code, events, output = deployed.fleet("up", "--yes", "--local", *files)
    assert code == 1, output
    assert status(events) == {"shared": "unchanged", "a": "changed", "b": "failed", "c": "destructive"}, output
    assert len(deployed.objects("stage")) == 5, "nothing was deleted"
    assert len(deployed.objects("dev")) == 5
    for text in (markdown.read_text(), page.read_text()):
        assert "4 stacks: 1 failed, 1 destructive, 1 changed, 1 unchanged" in text
        assert "the table of this stack is not known" in text
    others = ("--exclude", "b", "--exclude", "[!bc]*")
    assert deployed.fleet("up", "--yes", "--local", *others)[0] == 3
    assert deployed.fleet("up", "c", "--yes", "--local", "--allow-destructive")[0] == 0
    assert len(deployed.objects("stage")) == 4


def test_after_the_death_of_a_worker_nothing_is_lost_or_doubled(deployed: Deployed, dask: Processes) -> None:
    run = deployed.start("up", "--yes", "--json", "--scheduler", dask.address)
    deployed.wait_for_create(run)
    time.sleep(0.3)
    dask.kill_busy_worker()
    deployed.completed(run, dask.address)
    check_states(deployed)
    _code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert set(status(events).values()) == {"unchanged"}, output
