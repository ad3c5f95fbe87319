"""Fixtures: one local Platform per test run, on a home of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pipelines
import pytest
import requests
from pipelines import Pipeline
from plain_client import LocalProcess, Platform, started


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A local Platform that is there for the whole run, and whose end is as quiet as it must be."""
    process = started(tmp_path_factory.mktemp("platform"))
    yield process
    assert process.end() == (0, "")


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    """One connection pool; it trusts no proxy of this machine's."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="session")
def platform(local: LocalProcess, session: requests.Session) -> Platform:
    """The local Platform, logged in to."""
    return Platform(session, local.url).log_in()


@pytest.fixture
def pipeline(platform: Platform) -> Pipeline:
    """A whole pipeline of this test's own."""
    return pipelines.built(platform)
