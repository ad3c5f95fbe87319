"""Crashes: a local Platform that is killed while a run is executed leaves no half batch, and executes the run again."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pipelines as p
import pytest
import requests
from datasets import batches_of, look_at_runs, rows_in
from pipelines import FLOW, PREP
from plain_client import Platform, Request, start

pytestmark = pytest.mark.slow


CONTACTS = """Id,FirstName,LastName,Email,LastModifiedDate
p1,Ada,Lovelace,ada@example.com,2024-03-01T10:00:00Z
p2,Grace,Hopper,grace@example.com,2024-03-02T10:00:00Z
"""


def connected(session: requests.Session, url: str) -> Platform:
    return Platform(session, url).log_in()


def prepared(platform: Platform) -> tuple[str, str]:
    """A flow whose first run is over by the clock, and has not been executed; and its dataset."""
    pipeline = p.create_pipeline(platform)
    body = p.mapping_set(pipeline.schema)
    mapping = platform.ok(
        "POST",
        f"{PREP}/mappingSets",
        {**body, "mappings": [{"sourceType": "ATTRIBUTE", "source": "Id", "destination": "_id"}, *body["mappings"]]},
    )["id"]
    flow = platform.ok("POST", f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, mapping))["id"]
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.control("POST", "/clock", {"ahead_s": 3700}).ok
    platform.log_in()
    return flow, pipeline.dataset


@pytest.mark.parametrize("after_s", [0.05, 0.3, 0.8])
def test_a_killed_run_is_executed_again_in_full(tmp_path: Path, session: requests.Session, after_s: float) -> None:
    local = start(tmp_path)
    flow, dataset = prepared(connected(session, local.url))
    platform = connected(session, local.url)

    request = threading.Thread(target=look_at_runs, args=(platform, flow))
    request.start()
    time.sleep(after_s)
    local.stop(signal.SIGKILL)
    request.join()

    local = start(tmp_path)
    platform = connected(session, local.url)
    assert not (tmp_path / "batches" / ".incomplete").exists()
    (run,) = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}")["items"]
    rows = rows_in(platform, dataset)
    read = run["metrics"]["recordSummary"]["inputRecordCount"]
    assert len(rows) == len({row["_id"] for row in rows}) == read > 1000
    assert len(batches_of(platform, dataset)) == 1
    assert len(list((tmp_path / "batches").rglob("*.parquet"))) == 1
    assert local.stop() == (0, "")


def test_rows_survive_a_restart_and_a_reset_removes_them(tmp_path: Path, session: requests.Session) -> None:
    home, crm = tmp_path / "home", tmp_path / "crm"
    crm.mkdir()
    (crm / "Contact.csv").write_text(CONTACTS)
    local = start(home)
    platform = connected(session, local.url)
    assert platform.control("POST", "/seed", {"folder": str(crm)}).ok
    flow, dataset = prepared(platform)
    before = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}")["items"]
    rows = rows_in(platform, dataset)
    assert [row["_id"] for row in rows] == ["p1", "p2"]
    assert local.stop() == (0, "")

    local = start(home)
    platform = connected(session, local.url)
    assert platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}")["items"] == before
    assert rows_in(platform, dataset) == rows
    assert platform.control("POST", "/reset").ok
    assert list(home.rglob("*.parquet")) == []
    assert batches_of(connected(session, local.url), dataset) == {}
    assert local.stop() == (0, "")


def test_the_server_answers_while_a_run_is_executed(tmp_path: Path, session: requests.Session) -> None:
    local = start(tmp_path)
    platform = connected(session, local.url)
    flow, _ = prepared(platform)
    began = time.monotonic()
    with requests.Session() as other:
        other.trust_env = False
        looking = Platform(other, platform.url)
        looking.client_id, looking.token = platform.client_id, platform.token
        executing = threading.Thread(target=lambda: looking.send(Request("GET", f"{FLOW}/runs?property=flowId=={flow}")))
        executing.start()
        answered = 0
        while executing.is_alive():
            assert platform.send(Request("GET", f"{FLOW}/flows?limit=1&property=name==nothing")).ok
            answered += 1
        executing.join()
    assert answered > 3, f"{answered} answers in {time.monotonic() - began:.1f} s"
    assert local.stop() == (0, "")
