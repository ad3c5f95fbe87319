"""Fixtures: one sandbox per test process: a local Platform with its own home, or with AEP_LIVE=1 a real sandbox.

The real sandbox is configured by the settings' own variables (AEP_ENDPOINT, AEP_SANDBOX, …); `ground.py` documents the AEP_LIVE_*
variables for what only its owner knows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import dynamic_host
import examples
import pytest
import requests
import sandbox as sandboxes
from dynamic_host import Host, Kind, Made, Values
from ground import Ground
from sandbox import IS_LIVE, Sandbox

from aep_pulumi.client import local
from aep_pulumi.resources import KINDS

TEST_SETTINGS = os.environ.get("AEP_TEST_SETTINGS", "")
"""Settings of every stack in these tests, such as `bulkReads=false maxOperations=4`: nothing may depend on them."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox under test."""
    with requests.Session() as session, pytest.MonkeyPatch.context() as environment:
        if IS_LIVE:
            yield sandboxes.live(session)
            return
        session.trust_env = False
        for name in [name for name in os.environ if name.startswith("AEP_") and not name.startswith("AEP_LOCAL_")]:
            environment.delenv(name)
        home = tmp_path_factory.mktemp("platform")
        environment.setenv(local.HOME_VARIABLE, str(home))
        # It must not stop while the other tests run: the objects that these share are deleted at the end of the session.
        command = [sys.executable, "-m", "aep_pulumi.emulator", "--home", str(home), "--idle-minutes", "300"]
        with subprocess.Popen(command) as process:
            while (url := local.running_url(home)) is None:
                assert process.poll() is None
                time.sleep(0.05)
            yield sandboxes.local(session, url)
            local.stop(home)
        assert process.returncode == 0


@pytest.fixture(scope="session")
def ground(sandbox: Sandbox) -> Iterator[Ground]:
    """The shared prerequisite objects of the kinds."""
    ground = Ground(sandbox)
    yield ground
    ground.cleared()


@pytest.fixture(scope="session")
def host_with(sandbox: Sandbox) -> Callable[..., Host]:
    """Creates a provider host for a stack with these settings."""
    where = {"aep:endpoint": "local"} if sandbox.is_local else {}
    everywhere = dict(each.split("=", 1) for each in TEST_SETTINGS.split())

    def made(**settings: str) -> Host:
        return Host(where | {f"aep:{name}": value for name, value in (everywhere | settings).items()})

    return made


@pytest.fixture(scope="session")
def host(host_with: Callable[..., Host]) -> Iterator[Host]:
    """A provider host for a stack with default settings."""
    yield host_with()
    dynamic_host.end_of_thread()


@pytest.fixture(params=KINDS, ids=[kind.__name__ for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind in turn."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture
def example(kind: Kind, ground: Ground) -> examples.Example:
    """The example inputs of the kind."""
    if IS_LIVE and not kind.provider.law.is_deletable:
        pytest.skip("objects that Platform never deletes would stay in a real sandbox")
    return examples.of(kind, ground)


@pytest.fixture
def make(host: Host) -> Iterator[Callable[[Kind, Values], Made]]:
    """Creates objects that are deleted after the test, whether it passes or fails."""
    made: list[Made] = []

    def create(kind: Kind, inputs: Values) -> Made:
        made.append(host.create(kind, inputs))
        return made[-1]

    yield create
    for each in reversed(made):
        host.delete(each)
