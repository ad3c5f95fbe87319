"""In process: the `aep` command in the test's own process, with an environment of its own, as quick as a call."""

import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from aep_pulumi.cli import main


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*args: str, cwd: Path, environ: Mapping[str, str]) -> Ran:
    """Run the command, which sees only these variables. An exception that a user would see as a traceback is raised."""
    only = dict.fromkeys(os.environ) | dict(environ)
    with CliRunner().isolation(env=only) as (out, err, _), chdir(cwd), pytest.MonkeyPatch.context() as process:
        process.setattr("sys.argv", ["aep", *args])
        process.setattr(tempfile, "tempdir", None)  # it is read from the environment once per process
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        sys.stdout.flush()
        assert isinstance(code, int), code
        return Ran(code, out.getvalue().decode(), err.getvalue().decode())
