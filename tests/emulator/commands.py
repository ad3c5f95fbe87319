"""Commands: runs `aep …` in the process of the test, with its arguments, environment and folder, and as its own process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from aep_pulumi.cli import main

Ran = subprocess.CompletedProcess[str]


def run_apart(arguments: list[str], environ: Mapping[str, str], folder: Path | None = None) -> Ran:
    """Run `aep` as a user does, with no other environment variables."""
    command = [sys.executable, "-m", "aep_pulumi", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL, cwd=folder, env=environ
    )


def run(arguments: list[str], environ: Mapping[str, str], folder: Path | None = None) -> Ran:
    """Run `aep` in this process, with no other environment variables: most of a short command is the start of its process."""
    without = dict.fromkeys(os.environ)
    before, handler, code = sys.argv, signal.getsignal(signal.SIGTERM), 0
    with contextlib.chdir(folder or Path.cwd()), CliRunner().isolation(env={**without, **environ}) as (output, errors, _):
        sys.argv = ["aep", *arguments]
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        finally:
            sys.argv = before
            signal.signal(signal.SIGTERM, handler)
        return Ran(arguments, code, output.getvalue().decode(), errors.getvalue().decode())
