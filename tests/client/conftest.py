"""Fixtures: a local Platform of the client's own, empty and without a fault before each test that asks for it."""

from collections.abc import Iterator

import pytest
from real_platform import LocalPlatform, running


@pytest.fixture(scope="session")
def running_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """The process."""
    with running(tmp_path_factory.mktemp("platform")) as platform:
        yield platform


@pytest.fixture
def real(running_platform: LocalPlatform) -> LocalPlatform:
    """The local Platform, empty."""
    running_platform.control("POST", "/reset")
    return running_platform
