"""Processes: who descends from whom, and who is still there."""

import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")


def table() -> dict[int, tuple[int, str]]:
    """Return parent and state of every process; small container images have no `ps`, and only Linux has /proc."""
    if PROC.exists():
        return dict(filter(None, (in_proc(folder) for folder in PROC.iterdir() if folder.name.isdigit())))
    listed = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,stat="], check=True, capture_output=True, text=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return {int(pid): (int(parent), state) for pid, parent, state in rows}


def in_proc(folder: Path) -> tuple[int, tuple[int, str]] | None:
    """Return a row of the table, or None when the process is over by now."""
    try:
        # `pid (name) state parent …`, and the name may hold anything.
        state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(folder.name), (int(parent), state)


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`."""
    found: set[int] = set()
    now = table()
    while more := {child for child, (parent, _) in now.items() if parent in found | {pid}} - found:
        found |= more
    return found


def alive(pids: Iterable[int]) -> set[int]:
    """Return those of `pids` that still run; one that has ended and was not reaped yet does not."""
    now = table()
    return {pid for pid in pids if pid in now and not now[pid][1].startswith("Z")}


def comes_true(claim: Callable[[], object], within_s: float) -> bool:
    """Wait for `claim`, and return whether it came true in time."""
    end = time.monotonic() + within_s
    while not claim():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
