"""A fleet with its states, journal and leases in a bucket of an S3 stand-in: deployed, a worker killed, and run again."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from object_server import KEYS, ObjectServer

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

from dask_processes import processes
from deploying import Deployed, deployed_in, status, turns

STACKS = {"shared": "dev", "a": "dev", "b": "stage"}


@pytest.fixture
def deployed(tmp_path: Path, object_server: ObjectServer) -> Iterator[Deployed]:
    """Three stacks in two sandboxes; two read the shared one."""
    with deployed_in(tmp_path, PULUMI_BACKEND_URL=object_server.bucket("/team"), **KEYS) as estate:
        for name, sandbox in STACKS.items():
            settings = {} if name == "shared" else {"shared": "organization/estate/shared"}
            estate.stack(name, sandbox, **settings)
        yield estate


def test_a_fleet_with_states_in_a_bucket_survives_a_killed_worker(deployed: Deployed, tmp_path: Path) -> None:
    deployed.fault(kind="slow", delay_s=0.5, method="POST")
    with processes(tmp_path / "dask", deployed.keeper.environment) as dask:
        dask.start_scheduler()
        for number in range(2):
            dask.start_worker(AEP_HOME=str(tmp_path / f"home{number}"))
        run = deployed.start("up", "--yes", "--json", "--scheduler", dask.address)
        while not any(each["method"] == "POST" and each["sandbox"] for each in deployed.keeper.requests()):
            assert run.poll() is None, run.communicate()[0]
            time.sleep(0.05)
        busy = [worker for worker in dask.workers if psutil.Process(worker.pid).children(recursive=True)]
        busy[0].kill()
        output = run.communicate(timeout=240)[0]
        if run.returncode:
            code, _events, again = deployed.fleet("up", "--yes", "--scheduler", dask.address)
            assert code == 0, output + again
        code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert code == 0, output
    assert status(events) == dict.fromkeys(STACKS, "unchanged"), output
    for sandbox in ("dev", "stage"):
        names = [name for name, its in STACKS.items() if its == sandbox]
        assert sorted(deployed.objects(sandbox)) == sorted(deployed.owned(names))
        assert len(deployed.objects(sandbox)) == 2 * len(names)
    assert turns(deployed.writers()["dev"])[0] == "shared"
