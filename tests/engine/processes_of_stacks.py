"""Runs of the engine that a test interrupts."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from commands_here import aep
from stacking import Stack

LONGEST_S = 60


@contextmanager
def hold_lock(stack: Stack) -> Iterator[int]:
    """A `pulumi up` whose program waits: it holds the stack's lock. Yields its process id; it is killed at the end."""
    args = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.stack]
    with subprocess.Popen(
        args, cwd=stack.folder, env=stack.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as engine:
        try:
            end_s = time.monotonic() + LONGEST_S
            while time.monotonic() < end_s and "is locked by" not in aep(stack, "recover", "--dry-run").output:
                time.sleep(0.2)
            yield engine.pid
        finally:
            engine.kill()
