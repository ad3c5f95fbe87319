"""Folders: the command in a folder with a project and a backend of files."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from estates import StackState, files_in, project_in
from in_process import Ran, run_apart, run_here


@dataclass
class Folder:
    """A project folder, and the environment of the commands."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, stacks: Sequence[StackState], program: str = "") -> None:
        """Write the project with these stacks, and their states."""
        project_in(self.path, stacks, program)
        self.environment["PULUMI_BACKEND_URL"] = files_in(self.path.parent / "state", stacks)

    def aep(self, *args: str, code: int = 0) -> Ran:
        """Run the command; it must end with this exit code."""
        ran = run_here(*args, cwd=self.path, environ=self.environment)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def aep_apart(self, *args: str, code: int = 0) -> Ran:
        """Run the command in its own process, as a user does."""
        ran = run_apart(*args, cwd=self.path, environ=self.environment)
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stderr
        return ran

    def git(self, *args: str) -> None:
        """Run git in the folder."""
        own: dict[str, Any] = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
        who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *args], cwd=self.path, env={**os.environ, **own}, check=True, capture_output=True)  # noqa: S607
