"""Fixtures: a folder in which the commands run, an estate of stand-in stacks, and Dask processes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from dask_processes import Processes, processes
from folders import Folder
from sleeping import Estate


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


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """A project without stacks."""
    return Estate(tmp_path / "estate")


@pytest.fixture
def dask(tmp_path: Path, estate: Estate) -> Iterator[Processes]:
    """A scheduler and workers as processes, none of them started."""
    with processes(tmp_path / "dask", estate.environment) as running:
        yield running
