"""Helpers for the process table: descendants, and which processes are still running."""

import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")


def table() -> dict[int, tuple[int, str]]:
    """Return parent and state of every process: from /proc on Linux, as small images have no `ps`, otherwise from `ps`."""
    if PROC.exists():
        return dict(filter(None, (in_proc(folder) for folder in PROC.iterdir() if folder.name.isdigit())))
    ps = subprocess.run(["/bin/ps", "-A", "-o", "pid=,ppid=,stat="], check=True, capture_output=True, text=True)
    rows = (line.split() for line in ps.stdout.splitlines())
    return {int(pid): (int(parent), state) for pid, parent, state in rows}


def in_proc(folder: Path) -> tuple[int, tuple[int, str]] | None:
    """Return a row of the table, or None if the process has ended."""
    try:
        # `pid (name) state parent …`; the name may contain any characters.
        state, parent = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(folder.name), (int(parent), state)


def descendants(pid: int) -> set[int]:
    """Return the processes below `pid`."""
    pids: set[int] = set()
    now = table()
    while more := {child for child, (parent, _) in now.items() if parent in pids | {pid}} - pids:
        pids |= more
    return pids


def alive(pids: Iterable[int]) -> set[int]:
    """Return those of `pids` that are still running. Zombies do not count."""
    now = table()
    return {pid for pid in pids if pid in now and not now[pid][1].startswith("Z")}


def becomes_true(condition: Callable[[], object], within_s: float) -> bool:
    """Wait for `condition`, and return whether it became true in time."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
