"""`aep platform clock`, `snapshot`, `restore` and `--ids`: what they print."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from in_process import run_here
from rows_on_platform import Rows, rows_on_platform

from aep_pulumi.client import local

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[2] / "docs" / "local-platform.md"
CLOCK = re.compile(r"The local Platform's clock shows \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC(.*)\.\n")


@pytest.fixture(scope="module")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    with rows_on_platform(tmp_path_factory.mktemp("rows")) as rows:
        yield rows


@pytest.fixture
def platform(running_platform: Rows) -> Rows:
    """The local Platform, reset: it is empty, and its clock shows this machine's time."""
    running_platform.platform.control("POST", "/reset")
    return running_platform


def shown(platform: Rows, *args: str) -> str:
    code, output, errors = platform.aep("platform", *args)
    assert (code, errors) == (0, "")
    return output


def clock(platform: Rows, *args: str) -> str:
    """What is said about the clock after its time."""
    match = CLOCK.fullmatch(shown(platform, "clock", *args))
    assert match
    return match[1]


def test_the_clock_is_shown_frozen_and_resumed(platform: Rows) -> None:
    assert clock(platform) == ""
    assert clock(platform, "freeze").endswith(", and stands still until `aep platform clock resume`")
    frozen = json.loads(shown(platform, "clock", "--json"))
    assert frozen["frozen"] is True
    shown(platform, "clock", "advance", "+1d")
    assert json.loads(shown(platform, "clock", "--json"))["now"][:10] > frozen["now"][:10]
    resumed = clock(platform, "resume")
    assert re.fullmatch(r", (1 d|23 h 59 min) ahead of this machine's", resumed)


def test_a_day_of_runs_is_counted(platform: Rows) -> None:
    platform.flow(platform.dataset("People"), minutes=60)
    shown(platform, "clock", "freeze")
    advanced = shown(platform, "clock", "advance", "24h15m")
    assert re.fullmatch(
        r"The clock was moved ahead by 1 d, to [0-9-]+ [0-9:]+ UTC: 25 runs ended; (\d+) rows read, \1 written, 0 failed\.\n",
        advanced,
    )
    assert "0 runs ended." in shown(platform, "clock", "advance", "1s")
    document = json.loads(shown(platform, "clock", "advance", "+2h", "--json"))
    assert document["runs"]["success"] == 2
    assert set(document["runs"]) == {"success", "failed", "in_progress", "rows_read", "rows_written", "rows_failed"}


def test_the_first_run_is_said_in_one_sentence(platform: Rows) -> None:
    platform.flow(platform.dataset("People"))
    first = shown(platform, "clock", "first-run")
    sentence = r"The local Platform's clock was moved ahead by 1 min \d+ s, to [0-9-]+ [0-9:]+ UTC, the end of the first run of "
    assert re.fullmatch(sentence + r'"Flow of Contact": \d{4,} rows written\.\n', first)
    assert shown(platform, "clock", "first-run") == "No dataflow is due for its first run: the clock was not moved.\n"
    assert json.loads(shown(platform, "clock", "first-run", "--json"))["first_runs"] == []


def test_a_first_run_that_is_far_away_is_not_waited_for(platform: Rows) -> None:
    platform.flow(platform.dataset("People"), start_in_s=900_000)
    output = shown(platform, "clock", "first-run")
    assert output.splitlines()[0] == "No dataflow is due for its first run: the clock was not moved."
    assert re.search(r'The first run of "Flow of Contact" is due at .* UTC: the clock was not moved for it\.', output)


@pytest.mark.parametrize("duration", ["soon", "1", "+1y", "d"])
def test_an_invalid_duration_is_rejected(platform: Rows, duration: str) -> None:
    code, output, errors = platform.aep("platform", "clock", "advance", duration)
    assert (code, output) == (1, "")
    assert f"{duration!r} is not a valid duration: use +15m, +1d or +1h30m" in errors


def test_a_snapshot_is_taken_restored_and_deleted(platform: Rows) -> None:
    assert shown(platform, "snapshot") == "There are no snapshots.\n"
    kept = platform.dataset("Kept")
    assert shown(platform, "snapshot", "before") == "The snapshot before has been taken: `aep platform restore before`.\n"
    platform.dataset("Lost")
    restored = shown(platform, "restore", "before")
    assert re.fullmatch(r"The local Platform is as it was at [0-9-]+ [0-9:]+ UTC on its clock\.\n", restored)
    assert platform.platform.object_ids("dataSets") == [kept]
    assert shown(platform, "snapshot").splitlines()[1].startswith("before ")

    code, output, errors = platform.aep("platform", "snapshot", "before")
    assert (code, output) == (1, "")
    assert "There is a snapshot before already: choose another name, or replace it" in errors
    assert "before has been taken" in shown(platform, "snapshot", "before", "--replace")
    assert shown(platform, "snapshot", "before", "--delete") == "The snapshot before has been deleted.\n"
    for name in ("before", "../secret"):
        code, output, errors = platform.aep("platform", "restore", name)
        assert (code, output, len(errors.splitlines())) == (1, "", 1)
    assert platform.aep("platform", "snapshot", "--delete")[0] == 1
    assert platform.aep("platform", "snapshot", "x", "--delete", "--replace")[0] == 1


def test_ids_repeat_with_a_seed_and_a_reset_removes_rows(tmp_path: Path) -> None:
    environ = {"AEP_HOME": str(tmp_path), "PATH": os.environ["PATH"]}

    def aep(*args: str) -> str:
        """In a process of its own, which ends before the local Platform that it may start."""
        command = [sys.executable, "-c", "from aep_pulumi.cli import main; main()", "platform", *args]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, env=environ)
        return ran.stdout

    def here(*args: str) -> str:
        ran = run_here("platform", *args, cwd=tmp_path, environ=environ)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    try:
        assert aep("start", "--ids", "demo").startswith("The local Platform is running on http://127.0.0.1:")
        for folder in ("batches", "seeds"):
            (tmp_path / folder / "rows").mkdir(parents=True)
        here("snapshot", "empty")
        here("reset", "--yes")
        assert [(tmp_path / folder).exists() for folder in ("batches", "seeds", "platform.sqlite3")] == [False] * 3
        assert "empty" in aep("snapshot"), "snapshots are kept"
        here("restore", "empty")
        assert (tmp_path / "batches" / "rows").is_dir()
    finally:
        here("stop")


def test_the_commands_of_the_page_work(tmp_path: Path) -> None:
    section = PAGE.read_text().partition("## Its clock, snapshots and ids")[2]
    lines = section.partition("```sh\n")[2].partition("```")[0].splitlines()
    environ = {"AEP_HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        for line in lines:
            ran = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False, timeout=60, env=environ)
            assert (ran.returncode, ran.stderr) == (0, ""), line
    finally:
        local.stop(tmp_path)
    assert len(lines) == 6
