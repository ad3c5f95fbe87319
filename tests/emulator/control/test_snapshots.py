"""Snapshots: the local Platform's whole state is saved under a name, and is there again after a restore."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pipelines as p
import pytest
import requests
from datasets import batches_of, rows_in
from pipelines import FLOW, Json, Pipeline
from plain_client import LocalProcess, Platform, Request, start

pytestmark = pytest.mark.slow

HOUR = 3600
CONTACTS = "Id,FirstName,LastName,Email,LastModifiedDate\n1,Ada,Lovelace,ada@example.com,2024-03-01T10:00:00Z\n"


@pytest.fixture
def process(tmp_path: Path) -> Iterator[LocalProcess]:
    """A dedicated local Platform."""
    process = start(tmp_path / "home")
    try:
        yield process
    finally:
        if process.process.poll() is None:
            assert process.stop() == (0, "")


@pytest.fixture
def platform(process: LocalProcess, session: requests.Session) -> Platform:
    """A client of it, with a clock that stands."""
    platform = Platform(session, process.url).log_in()
    assert platform.control("POST", "/clock", {"frozen": True}).ok
    return platform


def seed_contacts(platform: Platform, folder: Path, contacts: str) -> None:
    """Let these contacts take the place of the sample table."""
    folder.mkdir(exist_ok=True)
    (folder / "Contact.csv").write_text(contacts)
    assert platform.control("POST", "/seed", {"folder": str(folder)}).ok


def moved(platform: Platform, **body: object) -> Json:
    answer = platform.control("POST", "/clock", body)
    platform.log_in()
    return dict(answer.json())


def snapshot(platform: Platform, name: str, **options: object) -> Json:
    answer = platform.control("POST", f"/snapshots/{name}", options)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def restored(platform: Platform, name: str) -> None:
    answer = platform.control("POST", f"/snapshots/{name}/restore")
    assert answer.ok, answer.text


def state(platform: Platform, pipeline: Pipeline) -> Json:
    """What a client sees: objects, batches, rows, and the time."""
    return {
        "objects": platform.control("GET", "/objects").json(),
        "flow": platform.ok("GET", f"{FLOW}/flows/{pipeline.flow}"),
        "batches": batches_of(platform, pipeline.dataset),
        "rows": rows_in(platform, pipeline.dataset),
        "clock": platform.control("GET", "/clock").json()["now"],
        "faults": platform.control("GET", "/faults").json(),
        "ids": platform.control("GET", "/ids").json(),
        "seeds": platform.control("GET", "/seed").json(),
    }


def test_everything_is_as_it_was(process: LocalProcess, platform: Platform, tmp_path: Path) -> None:
    seed_contacts(platform, tmp_path / "crm", CONTACTS)
    platform.control("POST", "/ids", {"seed": "demo"})
    pipeline = p.create_pipeline(platform)
    moved(platform, ahead_s=2 * HOUR, execute=True)
    before = state(platform, pipeline)
    assert [row["person"]["name"]["firstName"] for row in before["rows"]] == ["Ada"]
    snapshot(platform, "ada")

    seed_contacts(platform, tmp_path / "crm", CONTACTS.replace("Ada", "Grace").replace("2024-03", "2024-04"))
    connections = [platform.ok("POST", f"{FLOW}/connections", {**p.base_connection(), "name": "same"})["id"]]
    platform.control("POST", "/faults", {"rules": [{"kind": "slow", "path": "/nowhere", "times": 1}]})
    platform.ok("DELETE", f"{p.CATALOG}/dataSets/{pipeline.dataset}")
    moved(platform, ahead_s=5 * HOUR, frozen=False)
    assert platform.control("GET", "/objects").json() != before["objects"]

    restored(platform, "ada")
    assert state(platform, pipeline) == before
    connections.append(platform.ok("POST", f"{FLOW}/connections", {**p.base_connection(), "name": "same"})["id"])
    assert connections[0] == connections[1], "derived ids repeat, too"
    assert process.stop() == (0, "")

    again = start(process.home)
    assert state(Platform(platform.session, again.url).log_in(), pipeline)["rows"] == before["rows"]
    assert again.stop() == (0, "")


def test_runs_after_a_restore_are_those_after_the_snapshot(platform: Platform, tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(hours=5)
    changed = f"2,Grace,Hopper,grace@example.com,{soon:%Y-%m-%dT%H:%M:%SZ}\n"
    seed_contacts(platform, tmp_path / "crm", CONTACTS + changed)
    pipeline = p.create_pipeline(platform)
    moved(platform, ahead_s=2 * HOUR, execute=True)
    snapshot(platform, "two-hours")
    moved(platform, ahead_s=9 * HOUR, execute=True)
    later = rows_in(platform, pipeline.dataset)
    restored(platform, "two-hours")
    assert (len(rows_in(platform, pipeline.dataset)), len(later)) == (1, 2)
    moved(platform, ahead_s=9 * HOUR)
    assert rows_in(platform, pipeline.dataset) == later


def test_tokens_and_requests_are_the_clients(platform: Platform) -> None:
    snapshot(platform, "empty")
    other = platform.as_client("local-client-2", "local-secret-2")
    other.send(Request("GET", f"{FLOW}/flows?after=snapshot"))
    restored(platform, "empty")
    assert other.send(Request("GET", f"{FLOW}/flows")).ok
    queries = [each["query"] for each in platform.control("GET", "/requests").json()["requests"]]
    assert queries.count("after=snapshot") == 1


def test_a_clock_that_ran_goes_on_from_the_snapshot(platform: Platform) -> None:
    taken = moved(platform, frozen=False)
    about = snapshot(platform, "running")
    assert taken["now"] <= about["now"]
    moved(platform, ahead_s=HOUR)
    restored(platform, "running")
    clock = platform.control("GET", "/clock").json()
    assert clock["now"] - about["now"] == pytest.approx(0, abs=10)
    assert not clock["frozen"]


def test_snapshots_are_listed_replaced_and_deleted(platform: Platform) -> None:
    snapshot(platform, "first")
    moved(platform, ahead_s=60)
    snapshot(platform, "second")
    listed = platform.control("GET", "/snapshots").json()["snapshots"]
    assert [each["name"] for each in listed] == ["first", "second"]
    assert listed[1]["now"] - listed[0]["now"] == 60

    taken = platform.control("POST", "/snapshots/first", {})
    assert (taken.status_code, taken.json()["error"][:37]) == (409, "There is a snapshot first already: ch")
    assert snapshot(platform, "first", replace=True)["now"] == listed[1]["now"]

    left = platform.control("DELETE", "/snapshots/second").json()["snapshots"]
    assert [each["name"] for each in left] == ["first"]
    for method, path in (("DELETE", ""), ("POST", "/restore")):
        unknown = platform.control(method, f"/snapshots/second{path}")
        assert (unknown.status_code, unknown.json()) == (404, {"error": "There is no snapshot second: there is first."})
    assert platform.control("POST", "/snapshots/.hidden", {}).status_code == 400
    assert platform.control("POST", "/reset").ok
    assert len(platform.control("GET", "/snapshots").json()["snapshots"]) == 1, "a reset keeps them"


def test_a_restore_that_was_killed_is_completed_at_the_next_start(
    process: LocalProcess, platform: Platform, tmp_path: Path
) -> None:
    seed_contacts(platform, tmp_path / "crm", CONTACTS)
    pipeline = p.create_pipeline(platform)
    moved(platform, ahead_s=2 * HOUR, execute=True)
    before = state(platform, pipeline)
    assert before["rows"]
    snapshot(platform, "whole")
    platform.ok("DELETE", f"{p.CATALOG}/dataSets/{pipeline.dataset}")
    assert process.stop() == (0, "")

    # As if it had been killed before the first change, or after some.
    for rows_are_there in (False, True):
        (process.home / "snapshots" / "restoring").write_text("whole")
        if rows_are_there:
            shutil.rmtree(process.home / "batches")
        again = start(process.home)
        assert state(Platform(platform.session, again.url).log_in(), pipeline) == before
        assert not (process.home / "snapshots" / "restoring").exists()
        assert again.stop() == (0, "")


def test_a_snapshot_of_another_version_is_rejected_and_changes_nothing(process: LocalProcess, platform: Platform) -> None:
    pipeline = p.create_pipeline(platform)
    snapshot(platform, "old")
    with sqlite3.connect(process.home / "snapshots" / "old" / "objects.sqlite3") as database:
        database.execute("PRAGMA user_version = 1")
    database.close()
    before = state(platform, pipeline)
    rejected = platform.control("POST", "/snapshots/old/restore")
    assert rejected.status_code == 409
    assert "cannot be restored: its format is 1" in rejected.json()["error"]
    assert state(platform, pipeline) == before
    assert process.stop() == (0, "")
    assert not (process.home / "snapshots" / "restoring").exists()
