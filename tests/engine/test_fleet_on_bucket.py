"""A fleet with its states, journal and leases in a bucket of an S3 stand-in: deployed, a worker killed, and run again."""

import sys
from collections.abc import Iterator
from pathlib import Path

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
        deployed.wait_for_create(run)
        dask.kill_busy_worker()
        deployed.completed(run, dask.address)
        code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert code == 0, output
    assert status(events) == dict.fromkeys(STACKS, "unchanged"), output
    for sandbox in ("dev", "stage"):
        names = [name for name, its in STACKS.items() if its == sandbox]
        deployed.check_objects(sandbox, names)
    assert turns(deployed.writers()["dev"])[0] == "shared"
