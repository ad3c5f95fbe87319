"""The places of journals and leases: a folder, PostgreSQL, and a bucket. Each test gets a new one, as the URL of a backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from object_server import KEYS, ObjectServer, objects
from postgres_server import PostgresServer, postgres

KINDS = ("folder", "postgres", "bucket")


@pytest.fixture(scope="session")
def database_server() -> Iterator[PostgresServer]:
    with postgres() as server:
        if server is None:
            pytest.skip("PostgreSQL is not installed")
        yield server


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectServer]:
    with objects() as server:
        if server is None:
            pytest.skip("moto's server is not installed")
        yield server


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new backend."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path / "home"))
    if request.param == "postgres":
        return str(request.getfixturevalue("database_server").database("pass-word"))
    if request.param == "bucket":
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
        return str(request.getfixturevalue("object_server").bucket("/team/states"))
    (tmp_path / "state").mkdir()
    return f"file://{tmp_path / 'state'}"
