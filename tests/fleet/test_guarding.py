"""Guards: whose lease they replace, how long theirs lasts, and what they report when it cannot be renewed."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import lock_descriptor
from test_execution import waited_for

from aep_pulumi.fleet.guard import Guard, KeptLease
from aep_pulumi.fleet.guarding import GuardError, Guarding
from aep_pulumi.journals.leases import Holder, acquire

pytestmark = pytest.mark.slow

NAME = "sandbox/ORG@AdobeOrg/dev"
OTHER = Holder("there", 2, "crm/prod", "run 2")
ENGINE = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(1))
print("error: update canceled", file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of states."""
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'state'}")
    return f"file://{tmp_path / 'state'}"


@contextmanager
def locked(backend: str) -> Iterator[Path]:
    """No lease can be taken or renewed; yields their folder."""
    (changing,) = Path(backend.removeprefix("file://")).rglob("leases/changing")
    with changing.open("a+b") as file:
        while not lock_descriptor(file.fileno(), blocking=False):
            time.sleep(0.001)
        yield changing.parent


def nothing(_holder: Mapping[str, Any]) -> None:
    """Nobody is told."""


def lease(guard: Guarding, on_wait: Callable[[Mapping[str, Any]], None] = nothing, ttl_s: float = 60) -> Mapping[str, Any]:
    holder = {"host": "here", "stack": "crm/dev", "run": "run 1"}
    return guard.lease(name=NAME, holder=holder, ttl_s=ttl_s, wait_s=20, grace_s=60, on_wait=on_wait)


def test_only_a_holder_that_did_not_release_its_lease_is_replaced(backend: str, tmp_path: Path) -> None:
    released = acquire(backend, NAME, OTHER, ttl_s=60, wait_s=0)
    environment = {"PULUMI_BACKEND_URL": backend}
    with Guarding("run 1", tmp_path, at=tmp_path, environment=environment) as guard:
        assert lease(guard, lambda _holder: released.release()) == {}
    acquire(backend, NAME, OTHER, ttl_s=1, wait_s=0)
    with Guarding("run 1", tmp_path, at=tmp_path, environment=environment) as guard:
        assert {**lease(guard), "since_s": 0} == {**vars(OTHER), "since_s": 0}


def test_a_lease_lasts_from_before_it_was_requested(backend: str) -> None:
    acquire(backend, NAME, OTHER, ttl_s=60, wait_s=0)
    reports, theirs = os.pipe()
    command = {"name": NAME, "holder": {"host": "here", "stack": "crm/dev", "run": "run 1"}, "ttl_s": 30, "wait_s": 20}
    kept = KeptLease(Guard(0, theirs), command)
    assert "waiting" in json.loads(os.read(reports, 4096))
    with locked(backend) as folder:
        for path in folder.glob("*.lease"):
            path.unlink()
        time.sleep(3)
    assert waited_for(lambda: kept.is_held)
    assert kept.left_s() < 28
    kept.release()
    os.close(reports)
    os.close(theirs)


def test_an_engine_that_is_interrupted_because_of_its_lease_reports_that(backend: str, tmp_path: Path) -> None:
    lost = f"the lease {NAME} could not be renewed in time, or another run has taken it, so the engine was"
    remedy = ": check that the state's backend can be reached, and run this again, which recovers what was interrupted"
    with Guarding("run 1", tmp_path, at=tmp_path, environment={"PULUMI_BACKEND_URL": backend}) as guard:
        lease(guard, ttl_s=15)
        with locked(backend):
            with pytest.raises(GuardError) as failure:
                guard.run([sys.executable, "-c", ENGINE])
            assert str(failure.value) == f"{lost} interrupted{remedy}"
            time.sleep(7)  # until the lease has expired
            with pytest.raises(GuardError) as failure:
                guard.run([sys.executable, "-c", ENGINE])
            assert str(failure.value) == f"{lost} not started{remedy}"
