"""Fixtures: the checkout's own program on a stack that was never deployed."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from stacking import ROOT, Stack, deployable


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """The checkout's own program on a stack that was never deployed."""
    for name in ("Pulumi.yaml", "stacks", "policies"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    yield from deployable(tmp_path)
