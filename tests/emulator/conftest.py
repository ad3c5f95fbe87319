"""Fixtures: one local Platform per test session, in a temporary home folder."""

from __future__ import annotations

from collections.abc import Iterator

import mapping_previews
import pipelines
import pytest
import requests
from mapping_previews import Preview
from pipelines import Pipeline
from plain_client import LocalProcess, Platform, start


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A local Platform for the whole session; it must stop without output."""
    process = start(tmp_path_factory.mktemp("platform"), "--no-strict")
    yield process
    assert process.stop() == (0, "")


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    """One connection pool, which ignores proxy settings."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture(scope="session")
def platform(local: LocalProcess, session: requests.Session) -> Platform:
    """A client of the local Platform, logged in."""
    return Platform(session, local.url).log_in()


@pytest.fixture(scope="session")
def strict_platform(session: requests.Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A client of a local Platform in strict mode, logged in."""
    process = start(tmp_path_factory.mktemp("strict"), "--strict")
    yield Platform(session, process.url).log_in()
    assert process.stop() == (0, "")


@pytest.fixture
def strict_pipeline(strict_platform: Platform) -> Pipeline:
    """A complete pipeline in strict mode, created for one test."""
    return pipelines.create_pipeline(strict_platform)


@pytest.fixture(scope="session")
def second_client(platform: Platform) -> Platform:
    """The same local Platform, as the second credential calls it."""
    return platform.as_client("local-client-2", "local-secret-2")


@pytest.fixture(scope="session")
def service(platform: Platform) -> Platform:
    """The same local Platform, as a service of Platform calls it."""
    return platform.as_client("local-service", "local-service-secret")


@pytest.fixture
def pipeline(platform: Platform) -> Pipeline:
    """A complete pipeline, created for one test."""
    return pipelines.create_pipeline(platform)


@pytest.fixture(scope="session")
def preview(platform: Platform) -> Preview:
    """Previews of mappings to a schema that has a field of every type."""
    return mapping_previews.create(platform)


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """The options of the dedicated local Platform; a module may have others."""
    return ("--no-strict",)


@pytest.fixture(scope="module")
def dedicated(tmp_path_factory: pytest.TempPathFactory, dedicated_options: tuple[str, ...]) -> Iterator[LocalProcess]:
    """A local Platform for a module whose tests change what all clients see, such as faults, the clock, or the request log."""
    process = start(tmp_path_factory.mktemp("dedicated"), *dedicated_options)
    yield process
    assert process.stop() == (0, "")


@pytest.fixture
def fresh(dedicated: LocalProcess, session: requests.Session) -> Platform:
    """A client of the dedicated local Platform, which is empty and has recorded nothing."""
    platform = Platform(session, dedicated.url)
    assert platform.control("POST", "/reset").ok
    return platform.log_in()
