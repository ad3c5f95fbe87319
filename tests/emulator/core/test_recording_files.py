"""Recordings: what a local Platform writes of its requests and responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pipelines as p
import pytest
import requests
from plain_client import Platform, Request, launch, start

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the recordings, which does not exist yet."""
    return tmp_path / "recordings" / "here"


@pytest.fixture
def recorded(session: requests.Session, tmp_path: Path, folder: Path) -> Iterator[Platform]:
    """A client of a local Platform that records."""
    process = start(tmp_path / "home", "--record", str(folder))
    yield Platform(session, process.url).log_in()
    assert process.stop() == (0, "")


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()]


def test_requests_are_recorded_with_their_responses(recorded: Platform, folder: Path) -> None:
    body = p.base_connection()
    made = recorded.ok("POST", f"{p.FLOW}/connections", body)
    missing = recorded.send(Request("GET", f"{p.FLOW}/connections/none?x=1"))
    created, looked_up = lines(folder)
    assert (created["method"], created["path"], created["status"]) == ("POST", "/data/foundation/flowservice/connections", 201)
    assert (created["body"]["name"], created["headers"]["content-type"]) == (body["name"], "application/json")
    assert created["response"]["body"] == made
    assert created["response"]["headers"]["content-type"] == "application/json"
    assert (looked_up["query"], looked_up["status"], looked_up["fault"]) == ("x=1", missing.status_code, None)
    assert looked_up["response"]["size"] == len(missing.content)


def test_a_recording_has_no_secrets(recorded: Platform, folder: Path) -> None:
    recorded.ok("POST", f"{p.FLOW}/connections", p.base_connection())
    recorded.log_in()
    text = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.jsonl"))
    assert len(text.splitlines()) == 1, "a request for a token is not recorded"
    assert [secret for secret in ("opensesame", "open-token", "local-secret", recorded.token) if secret in text] == []


def test_a_folder_that_cannot_be_written_is_reported_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    code, stderr = launch(tmp_path / "home", "--record", str(file / "folder")).wait()
    assert code == 1
    assert stderr.startswith(f"The local Platform cannot record in {file / 'folder'} (")
    assert stderr.endswith("); choose another folder with --record.\n")
