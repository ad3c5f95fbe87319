"""`aep fleet up` and its sisters, with a stand-in for the CLI: order, isolation, limits, leases, interruption."""

import itertools
import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from sleeping import Estate, events_of

pytestmark = pytest.mark.slow


def waited_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether a condition becomes true in time."""
    end_s = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.05)
    return True


def has_begun(estate: Estate, stack: str) -> Callable[[], bool]:
    return lambda: any(row[:3] == ("began", "up", stack) for row in estate.log())


def overlap(estate: Estate, *stacks: str) -> bool:
    """Whether any two engines of these stacks ran at the same time."""
    found = estate.intervals()
    rows = sorted(interval for stack in stacks for interval in found.get(stack, ()))
    return any(later[0] < earlier[1] for earlier, later in itertools.pairwise(rows))


def status(output: str) -> dict[str, str]:
    """How each stack ended, by `--json`."""
    return {event["stack"].rpartition("/")[2]: event["status"] for event in events_of(output) if event["event"] == "finished"}


def test_stacks_start_after_those_they_read_and_not_in_waves(estate: Estate) -> None:
    estate.stack("shared", "one", seconds=0.3)
    estate.stack("reader", "two", reads=["shared"], seconds=0.2)
    estate.stack("slow", "three")
    estate.hold("slow")
    run = estate.start("up", "--yes", "--at-once", "3")
    assert waited_for(lambda: "reader" in estate.intervals()), "the reader waits for a stack that it does not read"
    estate.let_go("slow")
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 0, output
    ran = estate.intervals()
    assert ran["shared"][0][1] <= ran["reader"][0][0]
    assert ran["reader"][0][1] < ran["slow"][0][1]


def test_a_failed_stack_stops_those_that_depend_on_it_alone_and_an_unchanged_one_is_not_updated(estate: Estate) -> None:
    estate.stack("broken", "one", error="no such table")
    estate.stack("reader", "one", reads=["broken"])
    estate.stack("readers-reader", "two", reads=["reader"])
    estate.stack("neighbour", "one")
    estate.stack("same", "three", change="same")
    output = estate.fleet("up", "--yes", "--json", code=1)
    blocked = {"reader": "blocked", "readers-reader": "blocked"}
    assert status(output) == {"broken": "failed", **blocked, "neighbour": "changed", "same": "unchanged"}
    sentences = {event["stack"]: event["sentence"] for event in events_of(output) if event["event"] == "finished"}
    assert sentences["organization/estate/broken"] == "no such table"
    assert sentences["organization/estate/reader"] == "not started: it depends on organization/estate/broken"
    assert set(estate.intervals()) == {"broken", "neighbour"}


def test_a_sandbox_has_one_writer_at_a_time(estate: Estate) -> None:
    for number in range(6):
        estate.stack(f"s{number}", f"sandbox{number % 2}", seconds=0.3)
    estate.fleet("up", "--yes", "--at-once", "6")
    assert not overlap(estate, "s0", "s2", "s4")
    assert not overlap(estate, "s1", "s3", "s5")
    assert overlap(estate, *(f"s{number}" for number in range(6))), "different sandboxes are written to at the same time"


def test_previews_need_no_lease_and_no_order(estate: Estate) -> None:
    estate.stack("a", "dev")
    estate.stack("b", "dev", reads=["a"], change="same")
    output = estate.fleet("preview", "--json", code=2)
    assert status(output) == {"a": "changed", "b": "unchanged"}
    assert not (estate.folder / "state" / ".aep" / "leases").exists()


def test_at_once_limits_the_stacks(estate: Estate) -> None:
    for number in range(4):
        estate.stack(f"s{number}", f"sandbox{number}", seconds=0.2)
    estate.fleet("up", "--yes", "--at-once", "1")
    assert not overlap(estate, *(f"s{number}" for number in range(4)))


def test_the_limit_of_requests_is_shared_by_the_stacks_that_run_at_once(estate: Estate) -> None:
    for number in range(3):
        estate.stack(f"s{number}", f"sandbox{number}", seconds=0.3)
    estate.fleet("up", "--yes", "--requests", "7", "--at-once", "2")
    commands = (estate.behaviour / "commands").read_text().splitlines()
    updates = [line for line in commands if line.startswith(("up", "preview"))]
    assert len(updates) == 6
    assert all("--parallel 3" in line for line in updates), updates


def test_with_fewer_requests_than_stacks_fewer_run_at_once(estate: Estate) -> None:
    for number in range(3):
        estate.stack(f"s{number}", f"sandbox{number}", seconds=0.2)
    estate.fleet("up", "--yes", "--requests", "1", "--at-once", "3")
    assert not overlap(estate, "s0", "s1", "s2")


def test_another_run_waits_for_the_sandbox(estate: Estate) -> None:
    estate.stack("a", "dev")
    estate.stack("b", "dev", seconds=0.1)
    estate.hold("a")
    first = estate.start("up", "a", "--yes")
    assert waited_for(has_begun(estate, "a"))
    second = estate.start("up", "b", "--yes")
    assert second.stdout
    output = ""
    while "waiting: " not in output:
        line = second.stdout.readline()
        assert line, output
        output += line
    estate.let_go("a")
    output += second.communicate(timeout=30)[0]
    assert second.returncode == 0, output
    of_first = first.communicate(timeout=30)[0]
    assert first.returncode == 0, of_first
    waiting = r"b: waiting: sandbox/LOCAL@AdobeOrg/dev\S* is written to by organization/estate/a \(process \d+ on "
    assert re.search(waiting, output), output
    assert not overlap(estate, "a", "b")


def test_a_run_that_does_not_wait_names_the_holder(estate: Estate) -> None:
    estate.stack("a", "dev")
    estate.stack("b", "dev")
    estate.hold("a")
    first = estate.start("up", "a", "--yes")
    assert waited_for(has_begun(estate, "a"))
    output = estate.fleet("up", "b", "--yes", "--json", "--wait", "0", code=1)
    assert "is written to by organization/estate/a" in output
    assert "wait until it ends, and run this again" in output
    estate.let_go("a")
    first.communicate(timeout=30)
    assert "b" not in estate.intervals()


def test_ctrl_c_lets_running_engines_finish_and_starts_no_other(estate: Estate) -> None:
    estate.stack("running", "one", seconds=20)
    estate.stack("reader", "two", reads=["running"])
    estate.stack("later", "one", seconds=1)
    run = estate.start("up", "--yes", "--at-once", "1")
    assert waited_for(lambda: has_begun(estate, "running")() or has_begun(estate, "later")())
    assert waited_for(has_begun(estate, "running"))
    run.send_signal(signal.SIGINT)
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 130, output
    assert "interrupted: running engines finish their current writes" in output
    assert "interrupted; its engine finished the writes that it had begun" in output
    assert "Stack" in output, "the table is shown"
    assert "running" in estate.intervals(), "the engine finished its writes"
    assert "reader" not in estate.intervals()


def test_an_object_that_failed_before_ctrl_c_is_reported(estate: Estate) -> None:
    estate.stack("a", "one", seconds=20, error="Platform returned 403")
    run = estate.start("up", "--yes", "--json")
    assert waited_for(has_begun(estate, "a"))
    run.send_signal(signal.SIGINT)
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 130, output
    (ended,) = (event for event in events_of(output) if event["event"] == "finished")
    assert (ended["status"], ended["sentence"]) == ("failed", "Platform returned 403")


def engine_of(estate: Estate, stack: str) -> psutil.Process:
    return psutil.Process(next(row[3] for row in estate.log() if row[:3] == ("began", "up", stack)))


def started(estate: Estate) -> tuple[subprocess.Popen[str], psutil.Process, psutil.Process]:
    """A command that deploys the stack `a`, the engine, and its guard."""
    estate.stack("a", "dev", seconds=30)
    run = estate.start("up", "--yes")
    assert waited_for(has_begun(estate, "a"))
    engine = engine_of(estate, "a")
    guard = engine.parent()
    assert guard is not None
    return run, engine, guard


def test_ctrl_c_twice_kills_engines_that_do_not_end(estate: Estate) -> None:
    estate.stack("stuck", "one", seconds=1, ignore_interrupt="yes")
    run = estate.start("up", "--yes")
    assert waited_for(has_begun(estate, "stuck"))
    engine = engine_of(estate, "stuck")
    run.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(1)
    run.send_signal(signal.SIGINT)
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 130, output
    assert not engine.is_running()
    assert "its engine was killed before it had finished its writes: run `aep fleet recover`" in output
    assert "finished the writes that it had begun" not in output
    assert ("cancelled", "cancel", "stuck") in [row[:3] for row in estate.log()], "the guard removes the killed engine's lock"


def test_a_killed_command_takes_its_engines_along(estate: Estate) -> None:
    run, engine, guard = started(estate)
    run.kill()
    run.communicate()
    assert waited_for(lambda: not engine.is_running() and not guard.is_running()), "the guard interrupts the engine, and ends"
    estate.behave("a", seconds=0.1)
    estate.fleet("up", "--yes", "--wait", "5")


def test_a_killed_guard_takes_its_engine_along(estate: Estate) -> None:
    run, engine, guard = started(estate)
    guard.kill()
    output = run.communicate(timeout=30)[0]
    assert run.returncode == 1
    assert "its guard was killed: run the command again, which recovers what was interrupted" in output
    assert waited_for(lambda: not engine.is_running())


def test_a_destructive_stack_is_left_as_it_is_without_consent(estate: Estate, tmp_path: Path) -> None:
    estate.stack("fine", "one")
    estate.stack("deletes", "two", change="delete")
    markdown, page = tmp_path / "review.md", tmp_path / "review.html"
    output = estate.fleet("up", "--yes", "--markdown", str(markdown), "--html", str(page), code=3)
    assert "1 destructive, 1 changed" in output
    assert set(estate.intervals()) == {"fine"}
    for text in (markdown.read_text(), page.read_text()):
        assert "2 stacks: 1 destructive, 1 changed" in text
        assert "not updated: it is destructive" in text
    assert estate.fleet("preview", code=3)
    estate.fleet("up", "--yes", "--allow-destructive", "deletes")
    assert set(estate.intervals()) == {"fine", "deletes"}


def test_a_run_without_stacks_ends_as_any_other_for_machines(estate: Estate, tmp_path: Path) -> None:
    estate.stack("a", "dev")
    git = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-C", str(estate.project))
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "first")):
        subprocess.run([*git, *words], check=True)
    markdown, page = tmp_path / "review.md", tmp_path / "review.html"
    files = ("--markdown", str(markdown), "--html", str(page))
    output = estate.fleet("up", "--yes", "--since", "HEAD", "--json", *files)
    (ended,) = (json.loads(line) for line in output.splitlines())
    assert (ended["event"], ended["verb"], ended["exit_code"], ended["stacks"]) == ("ended", "up", 0, [])
    assert "0 stacks: nothing to do." in markdown.read_text()
    assert "0 stacks: nothing to do." in page.read_text()
    assert estate.fleet("up", "--since", "HEAD") == "No stack has changed.\n"
    assert estate.log() == []


def test_destroy_begins_with_those_that_read_others(estate: Estate) -> None:
    estate.stack("shared", "one", seconds=0.1, change="delete")
    estate.stack("reader", "two", reads=["shared"], seconds=0.3, change="delete")
    estate.fleet("destroy", "--yes")
    ran = estate.intervals("destroy")
    assert ran["reader"][0][1] <= ran["shared"][0][0]


def test_without_a_terminal_and_without_yes_nothing_is_done(estate: Estate) -> None:
    estate.stack("a", "dev")
    output = estate.rejected("up")
    assert output == "aep: aep fleet up requires confirmation, and there is no terminal to prompt on: add --yes\n"
    assert estate.log() == []


def test_interrupted_writes_are_recovered_before_the_update(estate: Estate) -> None:
    pending = '{"deployment": {"pending_operations": [{"type": "creating"}], "resources": []}}'
    estate.stack("a", "dev", exported=pending)
    output = estate.fleet("up", "--yes", "--json", code=1)
    # The stand-in's pending operation names no resource: `aep recover` rejects it, and the engine was never started.
    assert status(output) == {"a": "failed"}
    assert any(event.get("stage") == "recover" for event in events_of(output))
    assert estate.intervals() == {}
