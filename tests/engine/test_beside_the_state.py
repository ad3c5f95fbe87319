"""State and journal in one database or bucket: another machine recovers what a killed run left, without the first one's disk."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_here import aep
from object_server import KEYS
from processes_of_stacks import hold_lock
from stacking import Stack, not_created, stopped_in_the_end
from test_recover import kill_during, object_ids
from test_two_stacks import ACCOUNT, PATHS

from aep_pulumi.journals.here import journal_here

PASSWORD = "canary-pass-word"  # noqa: S105 - not checked by the server


@pytest.fixture(params=["postgres", "bucket"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new backend."""
    if request.param == "postgres":
        return str(request.getfixturevalue("database_server").database(PASSWORD))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return str(request.getfixturevalue("object_server").bucket("/team"))


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Stack]:
    """The stack that has the local Platform. It is never created."""
    (tmp_path / "keeper").mkdir()
    yield from stopped_in_the_end(not_created(tmp_path / "keeper"))


def machine(keeper: Stack, backend: str, folder: Path) -> Stack:
    """A machine that has the program and nothing else."""
    own = {"AEP_HOME": str(folder / "aep"), "PULUMI_HOME": str(folder / "home"), "PULUMI_BACKEND_URL": backend}
    return Stack(folder, keeper.environment | own | KEYS)


def test_another_machine_recovers_what_a_killed_run_left(
    backend: str, keeper: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = machine(keeper, backend, tmp_path / "first")
    first.folder.mkdir()
    (first.folder / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    (first.folder / "__main__.py").write_text(ACCOUNT)
    first.pulumi("stack", "init", "dev")
    url = keeper.platform
    config = {"endpoint": url, "imsEndpoint": url, "organization": "LOCAL@AdobeOrg", "sandbox": "dev"}
    config |= {"clientId": "local-client", "clientSecret": "local-secret", "settleS": "2", "soleWriter": "true"}
    first.configure({f"aep:{key}": value for key, value in config.items()})
    kill_during(first, "slow_after", PATHS["BaseConnection"], keeper=keeper)
    (made,) = object_ids(keeper, "connections")

    second = machine(keeper, backend, tmp_path / "second")
    shutil.copytree(first.folder, second.folder, ignore=shutil.ignore_patterns("aep", "home"))
    shutil.rmtree(first.folder)
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend)
    monkeypatch.setenv("AEP_HOME", str(second.folder / "aep"))
    (left,) = journal_here().pending()
    assert (left.kind, left.stack, bool(left.marks)) == ("BaseConnection", "crm/dev", True)

    dry = aep(second, "recover", "--stack", "dev", "--dry-run")
    assert "stack crm/dev is locked by " in dry.output
    assert "which has ended, since 20" in dry.output
    report = second.run("aep", "recover", "--stack", "dev", "--clear-locks", "--json").output
    operations = json.loads(next(text for text in report.splitlines() if text.startswith("{")))["operations"]
    assert [(each["outcome"], each["id"]) for each in operations] == [("adopted", made)]
    assert [each.object_id for each in journal_here().completed()] == [made]
    assert journal_here().pending() == []

    upped = second.up()
    assert "created" not in upped.output
    assert object_ids(keeper, "connections") == [made]
    state = second.pulumi("stack", "export", "--stack", "dev").output
    assert PASSWORD not in dry.output + report + upped.output + state
    assert not [path for path in (second.folder / "aep").rglob("*") if path.is_file()], "nothing is kept on the machine"


def test_locks_of_a_live_run_are_not_cleared(backend: str, keeper: Stack, tmp_path: Path) -> None:
    stack = machine(keeper, backend, tmp_path / "first")
    stack.folder.mkdir()
    (stack.folder / "Pulumi.yaml").write_text("name: crm\nruntime: python\n")
    (stack.folder / "__main__.py").write_text("import time\ntime.sleep(60)\n")
    stack.pulumi("stack", "init", "dev")
    stack.configure({"aep:endpoint": "local"})
    with hold_lock(stack) as engine:
        ran = aep(stack, "recover", "--stack", "dev", "--clear-locks", code=1)
        assert f"process {engine}, which is running, since 20" in ran.output
        assert "so nothing was cleared: wait for that process, or end it" in ran.output
    again = aep(stack, "recover", "--stack", "dev", "--clear-locks")
    assert f"process {engine}, which has ended" in again.output
    assert "removed" in again.output
    assert "locked" not in aep(stack, "recover", "--stack", "dev").output
