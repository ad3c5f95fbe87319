"""Large runs: many rows of a user's own, killed in the middle, and then executed in bounded memory."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import duckdb
import pipelines as p
import pytest
import requests
from datasets import batches_of, look_at_runs
from pipelines import FLOW, PREP, Json
from plain_client import LocalProcess, Platform, start

COLUMNS = 20
LARGE = 1_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else 100_000
"""A million rows take a minute of CPU time."""

BOUND_MB = 500 if LARGE == 1_000_000 else 280
"""Of 100,000 rows, reading all at once would take 350 MB."""


def seeded(platform: Platform, folder: Path, count: int) -> tuple[str, str]:
    """A flow that reads a seeded table of 20 columns once, and has not been executed; and its dataset."""
    folder.mkdir()
    columns = ", ".join(f"'value ' || i || ' of {number}' AS c{number}" for number in range(COLUMNS))
    table = f"SELECT 'id' || i AS Id, {columns} FROM range({count}) AS t(i)"  # noqa: S608 - numbers
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({table}) TO '{folder / 'Wide.parquet'}' (FORMAT parquet)")
    assert platform.control("POST", "/seed", {"folder": str(folder)}).ok
    group = p.field_group()
    fields = {f"f{number}": {"type": "string"} for number in range(COLUMNS)}
    group["definitions"]["crm"] = {"properties": {"_localtenant": {"type": "object", "properties": fields}}}
    group_id = platform.ok("POST", f"{p.REGISTRY}/tenant/fieldgroups", group)["$id"]
    schema = platform.ok("POST", f"{p.REGISTRY}/tenant/schemas", p.schema(group_id))["$id"]
    dataset = p.dataset_id(platform.ok("POST", f"{p.CATALOG}/dataSets", p.dataset(schema)))
    target = platform.ok("POST", f"{FLOW}/targetConnections", p.target_connection(schema, dataset))["id"]
    mappings: list[Json] = [{"sourceType": "ATTRIBUTE", "source": "Id", "destination": "_id"}]
    for number in range(COLUMNS):
        kind, source = ("EXPRESSION", f"upper(c{number})") if number % 2 else ("ATTRIBUTE", f"c{number}")
        mappings.append({"sourceType": kind, "source": source, "destination": f"_localtenant.f{number}"})
    mapping = platform.ok("POST", f"{PREP}/mappingSets", {**p.mapping_set(schema), "mappings": mappings})["id"]
    base = platform.ok("POST", f"{FLOW}/connections", p.base_connection())["id"]
    source_body = {**p.source_connection(base), "params": {"tableName": "Wide"}}
    source_id = platform.ok("POST", f"{FLOW}/sourceConnections", source_body)["id"]
    flow = p.flow(source_id, target, mapping)
    flow["transformations"] = flow["transformations"][1:]
    flow["scheduleParams"] = {"startTime": flow["scheduleParams"]["startTime"], "frequency": "once"}
    flow_id = platform.ok("POST", f"{FLOW}/flows", flow)["id"]
    assert platform.control("POST", "/clock", {"ahead_s": 86_400}).ok
    platform.log_in()
    return str(flow_id), dataset


def executed(platform: Platform, flow: str, within_s: float) -> Json:
    """The run of the flow, once it has ended."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        (run,) = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}")["items"]
        if run["metrics"]["statusSummary"]["status"] != "inProgress":
            return dict(run)
    raise AssertionError(f"the run has not ended within {within_s} s")


def ids_in(home: Path) -> tuple[int, int]:
    """The number of rows in all data files of a local Platform, and of different ids."""
    with duckdb.connect() as duck:
        found = duck.execute(f"SELECT count(*), count(DISTINCT _id) FROM '{home}/batches/*/*/*/*.parquet'").fetchone()  # noqa: S608
    assert found
    return found


def peak_mb(local: LocalProcess) -> float:
    status = Path(f"/proc/{local.process.pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_rows_are_written_once_in_bounded_memory_though_the_server_is_killed(
    tmp_path: Path, session: requests.Session
) -> None:
    home = tmp_path / "home"
    local = start(home)
    platform = Platform(session, local.url).log_in()
    flow, dataset = seeded(platform, tmp_path / "seed", LARGE)
    request = threading.Thread(target=look_at_runs, args=(platform, flow))
    request.start()
    while not list(home.glob("batches/.incomplete/*")):
        time.sleep(0.01)
    time.sleep(0.2)
    local.stop(signal.SIGKILL)
    request.join()
    assert list(home.glob("batches/.incomplete/*")), "killed in the middle"
    assert list(home.glob("batches/*/*/*/*.parquet")) == []

    local = start(home)
    platform = Platform(session, local.url).log_in()
    assert list(home.glob("batches/.incomplete/*")) == []
    summary = executed(platform, flow, 800)["metrics"]["recordSummary"]
    assert summary == {"inputRecordCount": LARGE, "outputRecordCount": LARGE}
    assert ids_in(home) == (LARGE, LARGE)
    assert [each["recordCount"] for each in batches_of(platform, dataset).values()] == [LARGE]
    assert peak_mb(local) < BOUND_MB
    assert local.stop() == (0, "")
