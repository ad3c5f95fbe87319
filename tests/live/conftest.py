"""Fixtures: a real sandbox, with the declarations and helpers of tests/conformance. Without AEP_LIVE=1, all tests are skipped."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "conformance"))

import dynamic_host
import pytest
import requests
import sandbox as sandboxes
from dynamic_host import Host, Kind, Made, Values
from ground import UNION_SCHEMA, Ground
from sandbox import IS_LIVE, RUN, Sandbox

from aep_pulumi.client import client_for, local
from aep_pulumi.errors import AepError
from aep_pulumi.resources import KINDS
from aep_pulumi.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of this folder without a real sandbox."""
    if not IS_LIVE:
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no real sandbox: set AEP_LIVE=1 and the AEP_* variables of one"))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The real sandbox. At the end, whatever happened, nothing with a name of this run is left."""
    with requests.Session() as session, pytest.MonkeyPatch.context() as environment:
        environment.setenv(local.HOME_VARIABLE, str(tmp_path_factory.mktemp("home")))
        sandbox = sandboxes.live(session)
        yield sandbox
        _delete_leftovers(sandbox)


def _delete_leftovers(sandbox: Sandbox) -> None:
    """Delete what a failed test did not know: an object whose create had no response, for example."""
    client = client_for(Settings.read({}))
    for kind in reversed(KINDS):
        if not kind.provider.law.is_deletable or not kind.provider.law.is_named:
            continue
        for remote in kind.provider.collection(client).list():
            names = [str(remote.body.get(key)) for key in ("name", "title")]
            if any(name.startswith(RUN) for name in names):
                sandbox.remove(kind, remote.id)


class LiveGround(Ground):
    """The prerequisite objects of the minimal and the full examples, which read no files."""

    @cached_property
    def google_cloud(self) -> str:
        """The account of the examples with files."""
        return self.salesforce

    @cached_property
    def source_of_files(self) -> str:
        """The source of the examples with files."""
        return self.source

    @cached_property
    def union_schema(self) -> str:
        """A schema in the union, if the owner names one: a new one would stay for ever. Else one that is not in it."""
        return os.environ.get(UNION_SCHEMA) or self.schema


@pytest.fixture(scope="session")
def ground(sandbox: Sandbox) -> Iterator[Ground]:
    """The prerequisite objects, deleted at the end."""
    ground = LiveGround(sandbox)
    yield ground
    ground.cleared()


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """A provider host for a stack without config, so that the AEP_* variables count."""
    yield Host({})
    dynamic_host.end_of_thread()


@pytest.fixture
def make(host: Host) -> Iterator[Callable[[Kind, Values], Made]]:
    """Creates objects that are deleted after the test, whether it passes or fails."""
    made: list[Made] = []

    def create(kind: Kind, inputs: Values) -> Made:
        made.append(host.create(kind, inputs))
        return made[-1]

    yield create
    problems = []
    for each in reversed(made):
        try:
            host.delete(each)
        except AepError as problem:
            problems.append(problem)
    assert problems == []
