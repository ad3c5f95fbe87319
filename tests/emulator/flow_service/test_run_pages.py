"""Pages of runs: of a schedule that is a year old, compared with what each run says of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pipelines as p
import pytest
import requests
from pipelines import FLOW, Json, Pipeline
from plain_client import Platform, start

pytestmark = pytest.mark.slow

YEAR_S = 366 * 86_400
QUARTER_MS = 900_000


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, session: requests.Session) -> Iterator[Platform]:
    """A local Platform of this module, as its clock is moved."""
    home: Path = tmp_path_factory.mktemp("runs")
    local = start(home)
    yield Platform(session, local.url).log_in()
    local.stop()


@pytest.fixture(scope="module")
def flow_id(own: Platform) -> str:
    """A flow that has run every 15 minutes for a year, of which the third run failed, beside one that has not run for as long."""
    pipeline = p.create_pipeline(own)
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping, start_in_s=60)
    body["scheduleParams"]["interval"] = 15
    flow = own.ok("POST", f"{FLOW}/flows", body)
    failure = {"code": "CONNECTOR-1", "message": "no", "failed_rows": 9999}
    own.control("POST", "/runs/fail", {"flowId": flow["id"], "at": 3, **failure})
    own.control("POST", "/clock", {"ahead_s": YEAR_S})
    own.log_in()
    return str(flow["id"])


def listed(own: Platform, query: str) -> list[Json]:
    """All runs on all pages."""
    path, found = f"/runs?{query}", []
    while path:
        page = own.ok("GET", FLOW + path)
        found += page["items"]
        path = page["_links"].get("next", {}).get("href", "")
    return found


def test_pages_follow_the_schedule(own: Platform, flow_id: str) -> None:
    of_flow = f"property=flowId=={flow_id}"
    count = own.ok("GET", f"{FLOW}/runs?{of_flow}&count=true")["count"]
    assert count > 35_000
    first = own.ok("GET", f"{FLOW}/runs?{of_flow}&limit=20")["items"]
    assert {later["createdAt"] - earlier["createdAt"] for earlier, later in pairwise(first)} == {QUARTER_MS}
    newest = own.ok("GET", f"{FLOW}/runs?{of_flow}&limit=20&orderby=-createdAt")["items"]
    assert newest[0]["createdAt"] == first[0]["createdAt"] + (count - 1) * QUARTER_MS
    assert [each["createdAt"] for each in newest] == sorted((each["createdAt"] for each in newest), reverse=True)
    assert own.ok("GET", f"{FLOW}/flows/{flow_id}/runs?limit=20")["items"] == first


def test_a_run_is_found_by_its_id(own: Platform, flow_id: str) -> None:
    for each in own.ok("GET", f"{FLOW}/runs?property=flowId=={flow_id}&limit=2&orderby=-createdAt")["items"]:
        assert own.ok("GET", f"{FLOW}/runs/{each['id']}")["items"] == [each]


def test_filters_by_time_are_exact(own: Platform, flow_id: str) -> None:
    of_flow = f"property=flowId=={flow_id}"
    first = own.ok("GET", f"{FLOW}/runs?{of_flow}&limit=10")["items"]
    times = [each["createdAt"] for each in first]

    def created(*filters: str) -> list[int]:
        query = "&".join((of_flow, *(f"property=createdAt{each}" for each in filters), "limit=1000"))
        return [each["createdAt"] for each in listed(own, query)]

    assert created(f">={times[2]}", f"<{times[5]}") == times[2:5]
    assert created(f">{times[2]}", f"<={times[5]}") == times[3:6]
    assert created(f"=={times[4]}") == [times[4]]
    assert created(f"<{times[0]}") == []
    assert created(f">{times[5]}", f"<{times[2]}") == []


def test_a_filter_by_result_looks_at_each_run(own: Platform, flow_id: str) -> None:
    quarter_of_a_day = 6 * 3600 * 1000
    first, *_ = own.ok("GET", f"{FLOW}/runs?property=flowId=={flow_id}&limit=1")["items"]
    period = f"property=flowId=={flow_id}&property=createdAt<{first['createdAt'] + quarter_of_a_day}"
    (failed,) = listed(own, f"{period}&property=metrics.statusSummary.status==failed")
    third = own.ok("GET", f"{FLOW}/runs?property=flowId=={flow_id}&limit=3")["items"][2]
    assert failed == third
    others = own.ok("GET", f"{FLOW}/runs?{period}&property=metrics.statusSummary.status!=failed&count=true")["count"]
    assert others == own.ok("GET", f"{FLOW}/runs?{period}&count=true")["count"] - 1 == 23


def test_runs_on_demand_keep_their_place(platform: Platform, pipeline: Pipeline) -> None:
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["scheduleParams"] = {"startTime": int(time.time()) + 1, "frequency": "once"}
    body["transformations"] = body["transformations"][1:]
    flow_id = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    while not platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow_id}")["items"]:
        time.sleep(0.05)
    made = [platform.ok("POST", f"{FLOW}/runs", p.run(flow_id))["items"][0]["id"] for _ in range(2)]
    runs = listed(platform, f"property=flowId=={flow_id}&limit=1")
    assert [each["id"] for each in runs[1:]] == made
    newest_first = listed(platform, f"property=flowId=={flow_id}&orderby=-createdAt")
    assert [each["id"] for each in newest_first] == [each["id"] for each in reversed(runs)]
    for each in runs:
        assert platform.ok("GET", f"{FLOW}/runs/{each['id']}")["items"][0]["id"] == each["id"]
