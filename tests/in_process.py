"""`aep …` in the test's own process, with an environment of its own: most of a short command is the start of its process."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from aep_pulumi.cli import main
from aep_pulumi.client.client import forget_clients

COMMAND = (sys.executable, "-m", "aep_pulumi")
"""The command as a process of its own."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*args: str, cwd: Path, environ: Mapping[str, str], stdin: str = "") -> Ran:
    """Run the command, which sees only these variables. An exception that a user would see as a traceback is raised."""
    code: object = 0
    only = dict.fromkeys(os.environ) | dict(environ)
    with CliRunner().isolation(input=stdin, env=only) as (out, err, _), chdir(cwd), _as_a_new_process(args):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        assert isinstance(code, int), code
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())


@contextmanager
def _as_a_new_process(args: tuple[str, ...]) -> Iterator[None]:
    """Set its arguments, its temporary folder, and no clients; then restore the handlers of signals."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with pytest.MonkeyPatch.context() as process:
        process.setattr(sys, "argv", ["aep", *args])
        process.setattr(tempfile, "tempdir", None)
        forget_clients()
        try:
            yield
        finally:
            forget_clients()  # they may be read-only, and know a token
            for number, handler in handlers.items():
                signal.signal(number, handler)


def run_apart(*args: str, cwd: Path, environ: Mapping[str, str]) -> Ran:
    """Run the command as a user does, in a process of its own."""
    ran = subprocess.run(
        [*COMMAND, *args],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env=environ,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)
