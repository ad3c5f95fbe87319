"""A fleet with its states, journal and leases in PostgreSQL: seven stacks, and a database or a sandbox that goes away."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from postgres_server import PostgresServer, postgres
from stacking import CONTROL

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

from dask_processes import Processes, processes
from deploying import Deployed, deployed_in, status, turns
from sleeping import events_of

SANDBOXES = ("dev", "stage", "prod")
AWAY_S = 11
"""Each lease is renewed once in this time."""


@pytest.fixture
def database() -> Iterator[PostgresServer]:
    """A server that the test may stop."""
    with postgres() as server:
        if server is None:
            pytest.skip("PostgreSQL is not installed")
        yield server


@pytest.fixture
def count() -> int:
    """The number of stacks: more than one in each sandbox."""
    return 7


@pytest.fixture
def deployed(tmp_path: Path, database: PostgresServer, count: int) -> Iterator[Deployed]:
    """Stacks in three sandboxes; all read the first one."""
    with deployed_in(tmp_path, PULUMI_BACKEND_URL=database.database()) as estate:
        for number in range(count):
            settings = {"shared": "organization/estate/s00"} if number else {}
            estate.stack(f"s{number:02}", SANDBOXES[number % 3], **settings)
        yield estate


@pytest.fixture
def dask(tmp_path: Path, deployed: Deployed) -> Iterator[Processes]:
    """A scheduler and two workers, each with a home folder of its own, as on two machines."""
    with processes(tmp_path / "dask", deployed.keeper.environment) as running:
        running.start_scheduler()
        for number in range(2):
            running.start_worker(AEP_HOME=str(tmp_path / f"home{number}"))
        yield running


def check_states(deployed: Deployed, count: int) -> None:
    """Every object is in exactly one state, and every object of a state exists."""
    for at, sandbox in enumerate(SANDBOXES):
        names = [f"s{number:02}" for number in range(at, count, 3)]
        deployed.check_objects(sandbox, names)


def test_sandboxes_have_one_writer_each_and_a_denied_one_fails_its_own_stacks_until_the_next_run(
    deployed: Deployed, dask: Processes, count: int
) -> None:
    url = f"{deployed.keeper.platform}/_local/permissions"
    deny = {"deny": ["schemaregistry", "catalog"], "sandboxes": ["stage"]}
    requests.post(url, json=deny, headers=CONTROL, timeout=10).raise_for_status()
    code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert code == 1, output
    assert len(status(events)) == count
    outcomes = status(events)
    assert {name for name, outcome in outcomes.items() if outcome == "failed"} == {"s01", "s04"}
    assert {name for name, outcome in outcomes.items() if outcome == "changed"} == {"s00", "s02", "s03", "s05", "s06"}
    assert "permission" in output
    assert "Traceback" not in output
    writers = deployed.writers()
    for sandbox, each in writers.items():
        assert len(turns(each)) == len(set(turns(each))), f"two writers in {sandbox}"
    assert turns(writers["dev"])[0] == "s00"

    requests.post(url, json={"deny": []}, headers=CONTROL, timeout=10).raise_for_status()
    code, events, output = deployed.fleet("up", "--yes", "--scheduler", dask.address)
    assert code == 0, output
    outcomes = status(events)
    assert {name for name, outcome in outcomes.items() if outcome == "changed"} == {"s01", "s04"}
    assert {name for name, outcome in outcomes.items() if outcome == "unchanged"} == {"s00", "s02", "s03", "s05", "s06"}
    check_states(deployed, count)
    now = deployed.writers()
    for sandbox in ("dev", "prod"):
        assert now[sandbox] == writers[sandbox], f"an unchanged stack in {sandbox} was written again"
    again = now["stage"][len(writers.get("stage", ())) :]
    assert sorted(turns(again)) == ["s01", "s04"], "two writers in stage"


@pytest.mark.parametrize("count", [4])
def test_a_database_that_is_away_for_longer_than_a_renewal_of_leases_loses_nothing(
    deployed: Deployed, dask: Processes, database: PostgresServer, count: int
) -> None:
    deployed.fault(kind="slow", delay_s=1, method="POST")
    run = deployed.start("up", "--yes", "--json", "--scheduler", dask.address)
    deployed.wait_for_create(run)
    database.stop()
    back = threading.Timer(AWAY_S, database.start)
    back.start()
    output = run.communicate(timeout=300)[0]
    back.join()
    assert "Traceback" not in output
    if run.returncode:
        failed = [
            event["sentence"] for event in events_of(output) if event["event"] == "finished" and event["status"] == "failed"
        ]
        assert failed, output
        assert all("PostgreSQL" in each or "database" in each or "backend" in each for each in failed), failed
        code, _events, again = deployed.fleet("up", "--yes", "--scheduler", dask.address)
        assert code == 0, output + again
    check_states(deployed, count)
