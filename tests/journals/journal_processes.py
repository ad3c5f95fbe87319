"""Processes that a test starts, drives line by line, and kills."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def process(program: str, *args: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A Python process; killed at the end."""
    command = [sys.executable, "-c", program, *map(str, args)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def line(started: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert started.stdout
    return started.stdout.readline().strip()


def go_on(*started: subprocess.Popen[str]) -> None:
    """Let them read a line."""
    for each in started:
        assert each.stdin
        each.stdin.write("\n")
        each.stdin.flush()
