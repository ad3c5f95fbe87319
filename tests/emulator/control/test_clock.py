"""The clock of the local Platform: frozen, resumed, and moved past runs, which are executed then."""

from __future__ import annotations

import time

import pipelines as p
import pytest
import requests
from pipelines import FLOW, Json
from plain_client import Platform, start

pytestmark = pytest.mark.slow

DAY = 86_400


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In the mode of the environment."""
    return ()


@pytest.fixture
def platform(fresh: Platform) -> Platform:
    """A client of the dedicated Platform, after a reset."""
    return fresh


def clock(platform: Platform, path: str = "", **body: object) -> Json:
    answer: Json = platform.control("POST" if body or path else "GET", f"/clock{path}", body if body or path else None).json()
    return answer


def create_flow(platform: Platform, *, start_in_s: int = 60, interval: int = 15, **changes: object) -> str:
    """A pipeline that reads contacts every 15 minutes. Returns the id of its flow."""
    pipeline = p.create_pipeline(platform)
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    begin = int(clock(platform)["now"]) + start_in_s
    body["scheduleParams"] = {"startTime": begin, "frequency": "minute", "interval": interval} | changes
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}", **{"If-Match": pipeline.flow_etag})
    return str(flow)


def runs_of(platform: Platform, flow: str) -> list[Json]:
    found: list[Json] = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}&limit=100")["items"]
    return found


def total(runs: list[Json], count: str) -> int:
    return sum(each["metrics"]["recordSummary"].get(count, 0) for each in runs)


def test_a_frozen_clock_stands_until_it_is_resumed(platform: Platform) -> None:
    frozen = clock(platform, frozen=True)
    assert frozen["frozen"]
    time.sleep(0.3)
    assert clock(platform)["now"] == frozen["now"]
    (made,) = [p.create_pipeline(platform).base]
    created = platform.ok("GET", f"{FLOW}/connections/{made}")["items"][0]["createdAt"]
    assert created == int(frozen["now"] * 1000)
    assert clock(platform, ahead_s=90)["now"] == frozen["now"] + 90, "it can be moved while it stands"
    resumed = clock(platform, frozen=False)
    assert not resumed["frozen"]
    assert resumed["now"] == pytest.approx(frozen["now"] + 90, abs=1), "it goes on from where it stood"
    time.sleep(0.2)
    assert clock(platform)["now"] > resumed["now"] + 0.1
    assert clock(platform)["ahead_s"] == pytest.approx(90 - 0.3, abs=2)


def test_a_frozen_clock_stands_after_a_restart(tmp_path_factory: pytest.TempPathFactory, session: requests.Session) -> None:
    home = tmp_path_factory.mktemp("frozen")
    first = start(home)
    frozen = clock(Platform(session, first.url), frozen=True, ahead_s=3600)
    assert first.stop() == (0, "")
    second = start(home)
    platform = Platform(session, second.url)
    assert clock(platform)["now"] == frozen["now"]
    platform.control("POST", "/reset")
    assert clock(platform) | {"now": 0} == {"ahead_s": 0, "frozen": False, "now": 0}
    assert second.stop() == (0, "")


def test_the_runs_of_a_day_are_executed_and_counted(platform: Platform) -> None:
    flow = create_flow(platform)
    clock(platform, frozen=True)
    moved = clock(platform, ahead_s=DAY, execute=True)
    platform.log_in()  # a token is valid for a day
    runs = runs_of(platform, flow)
    assert len(runs) == 96
    assert total(runs, "inputRecordCount") > 1_000
    assert moved["runs"] == {
        "success": 96,
        "failed": 0,
        "inProgress": 0,
        "rows_read": total(runs, "inputRecordCount"),
        "rows_written": total(runs, "outputRecordCount"),
        "rows_failed": 0,
    }
    assert clock(platform, ahead_s=1, execute=True)["runs"]["success"] == 0, "each run is counted once"
    assert "runs" not in clock(platform, ahead_s=900)


def test_runs_in_progress_and_failed_runs_are_counted_as_such(platform: Platform) -> None:
    flow = create_flow(platform)
    failure = {"flowId": flow, "at": 2, "code": "CONNECTOR-1", "message": "no"}
    assert platform.control("POST", "/runs/fail", failure).ok
    clock(platform, frozen=True)
    moved = [clock(platform, ahead_s=seconds, execute=True)["runs"] for seconds in (60, 900, 900)]
    assert [(each["success"], each["failed"], each["inProgress"]) for each in moved] == [(0, 0, 1), (1, 0, 1), (0, 1, 1)]
    assert moved[0]["rows_read"] == 0, "nothing is counted before it has happened"


def test_the_clock_is_moved_to_the_end_of_the_first_runs(platform: Platform) -> None:
    flow, later = create_flow(platform), create_flow(platform, start_in_s=3 * DAY)
    before = clock(platform, frozen=True)["now"]
    moved = clock(platform, "/first-runs")
    (first,) = moved["first_runs"]
    (run,) = runs_of(platform, flow)
    summary = run["metrics"]["durationSummary"]
    assert (first["flowId"], first["ended"]) == (flow, summary["completedAtUTC"] / 1000)
    assert first["runs"]["rows_written"] == run["metrics"]["recordSummary"]["outputRecordCount"] > 1_000
    assert 0 <= moved["now"] - first["ended"] < 1
    assert moved["moved_s"] == pytest.approx(moved["now"] - before)
    assert [each["flowId"] for each in moved["later"]] == [later]

    again = clock(platform, "/first-runs")
    assert (again["first_runs"], again["moved_s"]) == ([], 0), "a flow that has run is not waited for"
    assert again["now"] == moved["now"]
    named = clock(platform, "/first-runs", flowId=later, within_s=4 * DAY)
    assert [each["flowId"] for each in named["first_runs"]] == [later]
    assert named["moved_s"] == pytest.approx(3 * DAY, abs=200)


def test_a_flow_without_a_planned_run_is_not_waited_for(platform: Platform) -> None:
    flow = create_flow(platform)
    etag = platform.ok("GET", f"{FLOW}/flows/{flow}")["items"][0]["etag"]
    platform.ok("POST", f"{FLOW}/flows/{flow}/action?op=disable", **{"If-Match": etag})
    moved = clock(platform, "/first-runs")
    assert (moved["first_runs"], moved["moved_s"], moved["later"]) == ([], 0, [])
    named = clock(platform, "/first-runs", flowId=flow)
    assert [(each["flowId"], each["due"]) for each in named["later"]] == [(flow, None)]


@pytest.mark.parametrize("body", [{"execute": True, "ahead_s": -1}, {"frozen": "yes"}, {"thaw": True}])
def test_an_unknown_change_of_the_clock_is_rejected(platform: Platform, body: Json) -> None:
    assert platform.control("POST", "/clock", body).status_code == 400
