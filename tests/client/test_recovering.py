"""Recovering: what `aep recover` finds out about a create that a killed run began, on a local Platform."""

import multiprocessing
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from real_platform import LocalPlatform

from aep_pulumi.cli.recover import Said, recovered
from aep_pulumi.resources import _once
from aep_pulumi.resources.base_connection import BaseConnectionProvider

LOGIN = {"environmentUrl": "https://acme.my.salesforce.com", "clientId": "3MVG9", "clientSecret": "hunter2", "apiVersion": "60.0"}
SAID: dict[str, Any] = {
    "name": "CRM",
    "connection_spec_id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5",
    "connection_spec_version": "1.0",
    "auth": {"spec_name": "OAuth2 Client Credential", "params": LOGIN},
}
KILLED = 9


def create(folder: str, config: Mapping[str, str], *, is_killed: bool) -> None:
    """Make the object in this process; one that is killed ends when Platform has made it, before anything else."""
    os.environ["AEP_HOME"] = folder
    provider = BaseConnectionProvider()
    provider.keep(dict(config))
    if is_killed:
        make = provider.collection(provider.platform).create
        wanted, _ = provider.inputs.read(SAID)
        assert wanted is not None

        def make_and_die() -> Any:
            make(provider.to_wire(wanted, {}))
            os._exit(KILLED)

        _once.made_once(provider.platform, provider.content(wanted), make_and_die, lambda _since_s: [])
    provider.create(SAID)


def run(folder: Path, real: LocalPlatform, *, is_killed: bool = False) -> None:
    words = {"is_killed": is_killed}
    process = multiprocessing.get_context("spawn").Process(
        target=create, args=(str(folder), real.config(settleS="1")), kwargs=words
    )
    process.start()
    process.join(60)
    assert process.exitcode == (KILLED if is_killed else 0)


def interrupted(saved_s: float) -> dict[str, Any]:
    """A state that was saved at a time, with the create under way."""
    resource = {
        "type": "pulumi-python:dynamic/aep:BaseConnection",
        "urn": "urn:pulumi:dev::aep::pulumi-python:dynamic/aep:BaseConnection::crm",
        "inputs": SAID | {"__provider": "x"},
    }
    manifest = {"time": datetime.fromtimestamp(saved_s, UTC).isoformat()}
    operations = [{"type": "creating", "resource": resource}]
    return {"deployment": {"manifest": manifest, "resources": [], "pending_operations": operations}}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of another machine: what the killed run noted is not there."""
    monkeypatch.setenv("AEP_HOME", str(tmp_path / "elsewhere"))
    return tmp_path


def told(real: LocalPlatform, saved_s: float, said: Said | None = None) -> tuple[str, str, list[str]]:
    state, (found,), notes = recovered(interrupted(saved_s), real.config(), *([said] if said else []))
    for note in notes:
        note.release()
    return found.outcome, found.id, [resource["id"] for resource in state["deployment"]["resources"]]


def test_what_was_made_after_the_state_was_saved_is_adopted_without_a_note(real: LocalPlatform, elsewhere: Path) -> None:
    run(elsewhere / "here", real, is_killed=True)
    (made,) = real.held("connections")
    assert told(real, time.time()) == ("adopted", made, [made])


def test_what_was_made_before_the_state_was_saved_again_is_for_a_person_to_decide(real: LocalPlatform, elsewhere: Path) -> None:
    run(elsewhere / "here", real, is_killed=True)
    (made,) = real.held("connections")
    later = time.time() + 20
    assert told(real, later) == ("unclear", made, [])
    assert told(real, later, Said(adopt=frozenset({made}))) == ("adopted", made, [made])
    for name in ("crm", "BaseConnection:crm"):
        assert told(real, later, Said(clear=frozenset({name}))) == ("cleared", "", [])


def test_what_the_killed_run_noted_says_when_it_began(
    real: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    run(tmp_path, real, is_killed=True)
    (made,) = real.held("connections")
    assert told(real, time.time() + 20) == ("adopted", made, [made])


def test_an_adopted_object_is_nobody_elses(real: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    run(tmp_path, real, is_killed=True)
    (made,) = real.held("connections")
    _state, _found, notes = recovered(interrupted(time.time()), real.config())
    for note in notes:
        note.remove()
    run(tmp_path, real)
    assert len(real.held("connections")) == 2, "a second stack has an object of its own"
    assert made in real.held("connections")


def test_what_a_person_clears_is_not_taken_by_the_next_run(
    real: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    run(tmp_path, real, is_killed=True)
    _state, (found,), notes = recovered(interrupted(time.time()), real.config(), Said(clear=frozenset({"crm"})))
    assert found.outcome == "cleared"
    for note in notes:
        note.remove()
    run(tmp_path, real)
    assert len(real.held("connections")) == 2


def test_a_successor_stands_where_its_predecessor_stood(real: LocalPlatform, elsewhere: Path) -> None:
    run(elsewhere / "here", real, is_killed=True)
    (made,) = real.held("connections")
    for gone in (True, False):
        state = interrupted(time.time())
        account = state["deployment"]["pending_operations"][0]["resource"] | {"id": "old"}
        user = {"urn": "urn:user", "type": "x", "id": "u", "dependencies": [account["urn"]]}
        state["deployment"]["resources"] = [account | ({"pendingReplacement": True} if gone else {}), user]
        after, _found, notes = recovered(state, real.config())
        for note in notes:
            note.release()
        told = [(each["id"], each.get("delete", False)) for each in after["deployment"]["resources"]]
        assert told == [(made, False), *([] if gone else [("old", True)]), ("u", False)]


def test_what_a_run_left_is_taken_by_the_next_that_wants_the_same(real: LocalPlatform, tmp_path: Path) -> None:
    run(tmp_path, real, is_killed=True)
    run(tmp_path, real)
    assert len(real.held("connections")) == 1
    assert list((tmp_path / "begun").iterdir()) == []


def test_a_note_of_a_run_that_is_alive_is_not_taken_for_one_that_was_left(
    real: LocalPlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AEP_HOME", str(tmp_path))
    settings = real.door().settings
    alive = _once.Note(settings, "the same")
    alive.write(1.0)
    other = _once.Note(settings, "the same")
    assert other.since_s is None
    other.write(2.0)
    other.remove()
    assert len(list((tmp_path / "begun").iterdir())) == 1, "the other's note stays"
    alive.release()
    left = _once.Note(settings, "the same")
    assert left.since_s == 1.0
    left.remove()
    assert list((tmp_path / "begun").iterdir()) == []
