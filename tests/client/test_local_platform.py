"""The local Platform's process: a stop is complete, and a start waits for one that is still stopping."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import lock_descriptor

from aep_pulumi.client import local

# It is meant to outlive the process that started it.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    local.stop(tmp_path)


def test_its_database_is_closed_when_it_has_stopped(home: Path) -> None:
    for _ in range(3):
        local.ensure_running(home)
        assert local.stop(home)
        assert [file.name for file in home.glob("platform.sqlite3*")] == ["platform.sqlite3"]


def test_a_start_waits_for_a_process_that_is_still_stopping(home: Path) -> None:
    with (home / "platform.lock").open("a") as lock:
        assert lock_descriptor(lock.fileno(), blocking=False)
        stopping = threading.Timer(1.5, lock.close)
        stopping.start()
        assert local.is_local_platform(local.ensure_running(home))
        stopping.join()
