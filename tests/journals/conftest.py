"""The places of journals and leases: a folder, PostgreSQL, and a bucket. Each test gets a new one, as the URL of a backend."""

from pathlib import Path

import pytest
from object_server import KEYS

KINDS = ("folder", "postgres", "bucket")


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
