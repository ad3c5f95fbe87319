"""Fixtures: a local Platform for the client's tests, reset and without faults before each test that uses it."""

from collections.abc import Iterator

import pytest
from real_platform import LocalPlatform, running


@pytest.fixture(scope="session")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The server process."""
    with running(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest.fixture
def real(running_platform: LocalPlatform) -> LocalPlatform:
    """The local Platform, reset."""
    running_platform.control("POST", "/reset")
    return running_platform
