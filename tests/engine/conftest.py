"""Fixtures: the checkout's own program, never deployed or deployed once. All tests here run the Pulumi CLI."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from stacking import Stack, checked_out, copied, deployable

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder; pytest passes the items of all folders."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """The checkout's own program on a stack that was never deployed; with `pytest.mark.deployed`, on a deployed one."""
    is_deployed = request.node.get_closest_marker("deployed")
    yield from copied(request.getfixturevalue("snapshot" if is_deployed else "undeployed"), tmp_path)


@pytest.fixture(scope="session")
def undeployed(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The checkout's own program with a stack, created once per worker; tests use copies of it."""
    folder = tmp_path_factory.mktemp("undeployed")
    checked_out(folder)
    (stack,) = deployable(folder)
    return stack


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The checkout's own program, deployed once per worker; tests use copies of it."""
    folder = tmp_path_factory.mktemp("snapshot")
    checked_out(folder)
    for stack in deployable(folder):
        stack.up()
    return stack
