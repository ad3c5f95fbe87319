"""Fixtures: a folder in which the commands run."""

import os
from pathlib import Path

import pytest
from folders import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder."""
    path = tmp_path / "project"
    path.mkdir()
    # No CLI is on PATH: what these tests show does not need it.
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(next(Path(each) / "git" for each in os.get_exec_path() if (Path(each) / "git").exists()))
    return Folder(path, {"PATH": str(tools), "AEP_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)})
