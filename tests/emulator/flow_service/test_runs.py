"""Runs: a flow runs when its schedule says, and what became of it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import breaches
import pipelines as p
import pytest
import requests
from errors_table import LATER_ROWS, Row
from pipelines import CATALOG, FLOW, Json, Pipeline
from plain_client import Ask, LocalProcess, Platform, code_of, started

HALF_AN_HOUR = 1800


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A local Platform of these tests' own: its clock goes ahead."""
    process = started(tmp_path_factory.mktemp("runs"))
    yield process
    assert process.end() == (0, "")


@pytest.fixture
def platform(mine: LocalProcess, session: requests.Session) -> Platform:
    """That Platform, empty, at the machine's time."""
    platform = Platform(session, mine.url)
    assert platform.control("POST", "/reset").ok
    return platform.log_in()


def ahead(platform: Platform, seconds: float) -> None:
    assert platform.control("POST", "/clock", {"ahead_s": seconds}).ok
    platform.log_in()


def runs(platform: Platform, flow: str, query: str = "") -> list[Json]:
    items: list[Json] = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}&limit=1000{query}")["items"]
    return items


def flow_of(platform: Platform, pipeline: Pipeline) -> Json:
    (flow,) = platform.ok("GET", f"{FLOW}/flows/{pipeline.flow}")["items"]
    return dict(flow)


def started_at(platform: Platform, pipeline: Pipeline) -> int:
    return int(flow_of(platform, pipeline)["scheduleParams"]["startTime"]) * 1000


def statuses(items: list[Json]) -> list[str]:
    return [item["metrics"]["statusSummary"]["status"] for item in items]


def another_flow(platform: Platform, pipeline: Pipeline, **schedule: Any) -> str:
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["scheduleParams"].update(schedule)
    return str(platform.ok("POST", f"{FLOW}/flows", body)["id"])


# --- schedules ------------------------------------------------------------------------------------------------------


def test_a_flow_runs_by_its_schedule(platform: Platform, pipeline: Pipeline) -> None:
    start = started_at(platform, pipeline)
    assert runs(platform, pipeline.flow) == []
    assert "lastRunDetails" not in flow_of(platform, pipeline)

    ahead(platform, 3601)
    (first,) = runs(platform, pipeline.flow)
    assert statuses([first]) == ["inProgress"]
    assert first["createdAt"] == start
    assert first["metrics"]["durationSummary"] == {"startedAtUTC": start}
    last = flow_of(platform, pipeline)["lastRunDetails"]
    assert last == {"id": first["id"], "state": "inProgress", "startedAtUTC": start}

    ahead(platform, 3 * HALF_AN_HOUR + 60)
    items = runs(platform, pipeline.flow)
    assert [item["createdAt"] for item in items] == [start + each * HALF_AN_HOUR * 1000 for each in range(4)]
    assert statuses(items) == ["success"] * 4
    assert items[0]["id"] == first["id"]
    assert items[0]["etag"] != first["etag"]
    assert runs(platform, pipeline.flow) == items
    last = flow_of(platform, pipeline)["lastRunDetails"]
    assert last == {"id": items[3]["id"], "state": "success", **items[3]["metrics"]["durationSummary"]}


def test_the_first_run_reads_everything_and_the_others_what_is_new(platform: Platform, pipeline: Pipeline) -> None:
    sparse = another_flow(platform, pipeline, backfill=False)
    ahead(platform, 4 * HALF_AN_HOUR + 60)
    for flow, least in ((pipeline.flow, 100), (sparse, 0)):
        first, *others = (each["metrics"]["recordSummary"]["inputRecordCount"] for each in runs(platform, flow))
        assert least <= first < 1000
        assert (first == 0) == (least == 0)
        assert all(1 <= count <= 5 for count in others)
        assert others


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"frequency": "hour", "interval": 6}, 4),
        ({"frequency": "day", "interval": "1"}, 1),
        ({"frequency": "week", "interval": 1}, 1),
    ],
)
def test_each_frequency_has_its_pace(platform: Platform, pipeline: Pipeline, schedule: Json, expected: int) -> None:
    flow = another_flow(platform, pipeline, **schedule)
    ahead(platform, 3600 + 86_000)
    assert len(runs(platform, flow)) == expected


def test_a_flow_that_runs_once_runs_once(platform: Platform, pipeline: Pipeline) -> None:
    flow = platform.ok("POST", f"{FLOW}/flows", breaches.flow_once(platform, pipeline).body)["id"]
    ahead(platform, 10 * 86_400)
    (run,) = runs(platform, flow)
    assert run["activities"][0]["statusSummary"]["extensions"] == {"type": "one-time"}
    assert run["metrics"]["recordSummary"]["inputRecordCount"] >= 100


def test_a_disabled_flow_rests_and_keeps_its_past(platform: Platform, pipeline: Pipeline) -> None:
    ahead(platform, 3600 + HALF_AN_HOUR + 60)
    before = runs(platform, pipeline.flow)
    assert len(before) == 2
    platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable")
    ahead(platform, 4 * HALF_AN_HOUR)
    assert runs(platform, pipeline.flow) == before
    platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=enable")
    assert runs(platform, pipeline.flow) == before, "what it missed it does not make up for"
    ahead(platform, HALF_AN_HOUR)
    assert len(runs(platform, pipeline.flow)) == 3


def test_another_interval_counts_from_its_change(platform: Platform, pipeline: Pipeline) -> None:
    ahead(platform, 3600 + HALF_AN_HOUR + 60)
    before = runs(platform, pipeline.flow)
    change: list[Json] = [{"op": "replace", "path": "/scheduleParams/interval", "value": 15}]
    platform.ok("PATCH", f"{FLOW}/flows/{pipeline.flow}", change, **{"If-Match": pipeline.flow_etag})
    assert runs(platform, pipeline.flow) == before
    ahead(platform, HALF_AN_HOUR)
    assert [run["id"] for run in runs(platform, pipeline.flow)][:2] == [run["id"] for run in before]
    assert len(runs(platform, pipeline.flow)) == 4


def test_a_run_of_files_reads_those_its_path_names(platform: Platform, pipeline: Pipeline) -> None:
    counts = []
    for path, recursive in (("/crm/leads.csv", False), ("/crm", False), ("/", False), ("/", True)):
        ask = breaches.new_file_flow(platform, pipeline)
        base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
        wanted = {**p.file_connection(base), "params": {"path": path, "recursive": recursive}}
        source = platform.ok("POST", f"{FLOW}/sourceConnections", wanted)["id"]
        counts.append(platform.ok("POST", f"{FLOW}/flows", {**ask.body, "sourceConnectionIds": [source]})["id"])
    ahead(platform, 3700)
    one, folder, root, everything = (runs(platform, each)[0]["metrics"]["recordSummary"]["inputRecordCount"] for each in counts)
    assert 0 == root < one < folder == everything


# --- how they are read ----------------------------------------------------------------------------------------------


def test_a_run_is_shown_as_the_tutorial_shows_it(platform: Platform, pipeline: Pipeline) -> None:
    ahead(platform, 3700)
    (run,) = runs(platform, pipeline.flow)
    assert platform.ok("GET", f"{FLOW}/runs/{run['id']}")["items"] == [run]
    assert platform.ok("GET", f"{FLOW}/flows/{pipeline.flow}/runs")["items"] == [run]
    assert run["flowId"] == pipeline.flow
    assert run["etag"][0] == run["etag"][-1] == '"'
    rows = run["metrics"]["recordSummary"]["inputRecordCount"]
    assert run["metrics"]["recordSummary"] == {"inputRecordCount": rows, "outputRecordCount": rows}
    assert run["metrics"]["sizeSummary"]["inputBytes"] > 0
    assert run["metrics"]["statusSummary"] == {"status": "success"}
    copied, promoted = run["activities"]
    assert (copied["id"], promoted["id"]) == ("copyActivity", "promotionActivity")
    assert copied["sourceInfo"][0]["id"] == pipeline.source
    target = promoted["targetInfo"][0]
    assert (target["id"], target["type"], target["reference"]["type"]) == (pipeline.target, "TargetConnection", "Batch")
    assert len(target["reference"]["ids"][0]) == 26


def test_runs_are_filtered_sorted_and_paged(platform: Platform, pipeline: Pipeline) -> None:
    other = another_flow(platform, pipeline)
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 2, "code": "C", "message": "M"})
    ahead(platform, 3600 + 4 * HALF_AN_HOUR + 60)
    start = started_at(platform, pipeline)

    assert len(platform.ok("GET", f"{FLOW}/runs?limit=100")["items"]) == 10
    assert [each["flowId"] for each in runs(platform, f"{pipeline.flow},{other}")].count(other) == 5
    for status in ("Failed", "FAILED", "failed"):
        (failed,) = runs(platform, pipeline.flow, f"&property=metrics.statusSummary.status=={status}")
        assert failed["createdAt"] == start + HALF_AN_HOUR * 1000
    after = f"&property=metrics.durationSummary.startedAtUTC>{start + HALF_AN_HOUR * 1000}"
    assert len(runs(platform, pipeline.flow, after)) == 3

    path, seen = f"/runs?property=flowId=={pipeline.flow}&orderby=-createdAt&limit=2", []
    while path:
        page = platform.ok("GET", FLOW + path)
        seen += [each["createdAt"] for each in page["items"]]
        path = page["_links"].get("next", {}).get("href")
    assert seen == [start + each * HALF_AN_HOUR * 1000 for each in (4, 3, 2, 1, 0)]
    assert platform.ok("GET", f"{FLOW}/runs?count=true&property=flowId=={other}") == {"count": 5}
    last = flow_of(platform, pipeline)["lastRunDetails"]["startedAtUTC"]
    (found,) = platform.ok("GET", f"{FLOW}/flows?property=lastRunDetails.startedAtUTC>={last}&property=id=={pipeline.flow}")[
        "items"
    ]
    assert found["id"] == pipeline.flow


def test_runs_are_their_sandboxes_own_and_go_with_their_flow(platform: Platform, pipeline: Pipeline) -> None:
    ahead(platform, 3700)
    (run,) = runs(platform, pipeline.flow)
    stage = platform.in_sandbox("stage")
    assert stage.ok("GET", f"{FLOW}/runs")["items"] == []
    assert stage.send(Ask("GET", f"{FLOW}/runs/{run['id']}")).status_code == 404
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", f"{FLOW}/runs")["items"] == []


# --- failures -------------------------------------------------------------------------------------------------------

FAILURE = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}
MAPPER = {"code": "MAPPER-3700-400", "message": "Mapper Transform Error"}


def test_a_run_fails(platform: Platform, pipeline: Pipeline) -> None:
    answer = platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, **FAILURE})
    assert answer.json() == {"flowId": pipeline.flow, "at": 1, **FAILURE}
    ahead(platform, 3600 + HALF_AN_HOUR + 60)
    failed, fine = runs(platform, pipeline.flow)
    assert statuses([failed, fine]) == ["failed", "success"]
    assert failed["metrics"]["statusSummary"]["errors"] == [FAILURE]
    records = failed["metrics"]["recordSummary"]
    assert (records["outputRecordCount"], records["failedRecordCount"]) == (0, records["inputRecordCount"])


@pytest.mark.parametrize("diagnostics", [False, True])
def test_a_run_loses_some_rows(platform: Platform, pipeline: Pipeline, diagnostics: bool) -> None:  # noqa: FBT001
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["options"] = {"errorDiagnosticsEnabled": diagnostics}
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.control("POST", "/runs/fail", {"flowId": flow, "at": 1, "failed_rows": 3, **MAPPER})
    ahead(platform, 3700)
    (run,) = runs(platform, flow)
    records = run["metrics"]["recordSummary"]
    assert records["failedRecordCount"] == 3
    assert records["outputRecordCount"] == records["inputRecordCount"] - 3
    assert run["metrics"]["statusSummary"]["status"] == "success"
    assert [each["code"] for each in run["metrics"]["statusSummary"]["errors"]] == ["CONNECTOR-2001-500"]
    extensions = run["activities"][1]["statusSummary"]["extensions"]
    assert [each["code"] for each in extensions["errors"]] == ["INGEST-1212-400", "MAPPER-3700-400"]
    assert ("manifest" in extensions) == diagnostics


@pytest.mark.parametrize(("percent", "status"), [(50, "success"), (0.5, "failed")])
def test_more_lost_rows_than_allowed_fail_a_run(platform: Platform, pipeline: Pipeline, percent: float, status: str) -> None:
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["options"] = {"partialIngestionPercent": percent}
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.control("POST", "/runs/fail", {"flowId": flow, "at": 1, "failed_rows": 10, **MAPPER})
    ahead(platform, 3700)
    assert statuses(runs(platform, flow)) == [status]


@pytest.mark.parametrize(
    "body", [{}, {"flowId": "x"}, {"flowId": "x", "at": 0, **FAILURE}, {"flowId": "x", "rows": 1, **FAILURE}]
)
def test_a_failure_of_nothing_is_rejected(platform: Platform, body: Json) -> None:
    assert platform.control("POST", "/runs/fail", body).status_code == 400


def test_a_failure_of_no_flow_is_not_found(platform: Platform) -> None:
    assert platform.control("POST", "/runs/fail", {"flowId": "x", **FAILURE}).status_code == 404


# --- on demand, and once more ---------------------------------------------------------------------------------------


def test_a_run_on_demand(platform: Platform, pipeline: Pipeline) -> None:
    ask = breaches.run_on_demand(platform, pipeline)
    flow = ask.body["flowId"]
    later = {**p.run(flow)["params"], "startTime": str(ask.body["params"]["startTime"] + 600)}
    del later["deltaColumn"]
    answer = platform.send(ask)
    assert answer.status_code == 201
    (made,) = answer.json()["items"]
    (queued,) = platform.ok("POST", f"{FLOW}/runs", {"flowId": flow, "params": later})["items"]

    first, second = runs(platform, flow)
    assert statuses([first, second]) == ["inProgress", "scheduled"]
    assert (first["id"], first["etag"], second["id"]) == (made["id"], made["etag"], queued["id"])
    assert first["activities"][0]["durationSummary"]["extensions"] == {"windowStart": 1600000000000, "windowEnd": 1700000000000}
    (stored,) = platform.ok("GET", f"{FLOW}/flows/{flow}")["items"]
    assert stored["transformations"][-1] == {"name": "Copy", "params": {"deltaColumn": {"name": "LastModifiedDate"}}}
    assert stored["lastRunDetails"]["id"] == made["id"]
    ahead(platform, 700)
    assert statuses(runs(platform, flow)) == ["success", "success"]
    assert len({run["activities"][1]["targetInfo"][0]["reference"]["ids"][0] for run in runs(platform, flow)}) == 2


def test_times_in_milliseconds_are_taken_too(platform: Platform, pipeline: Pipeline) -> None:
    ask = breaches.run_on_demand(platform, pipeline)
    for name in ("startTime", "windowStartTime", "windowEndTime"):
        ask.body["params"][name] *= 1000
    (made,) = platform.ok("POST", ask.path, ask.body)["items"]
    (run,) = platform.ok("GET", f"{FLOW}/runs/{made['id']}")["items"]
    assert run["activities"][0]["durationSummary"]["extensions"]["windowStart"] == 1600000000000


def test_a_flow_with_a_run_on_demand_can_still_be_changed(platform: Platform, pipeline: Pipeline) -> None:
    ask = breaches.run_on_demand(platform, pipeline)
    platform.ok("POST", ask.path, ask.body)
    (flow,) = platform.ok("GET", f"{FLOW}/flows/{ask.body['flowId']}")["items"]
    start = flow["scheduleParams"]["startTime"] + 60
    change: list[Json] = [{"op": "replace", "path": "/scheduleParams/startTime", "value": start}]
    platform.ok("PATCH", f"{FLOW}/flows/{flow['id']}", change, **{"If-Match": flow["etag"]})


def test_a_failed_run_starts_again(platform: Platform, pipeline: Pipeline) -> None:
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 1, **FAILURE})
    ahead(platform, 3700)
    (failed,) = runs(platform, pipeline.flow)
    path = f"{FLOW}/runs/{failed['id']}/action?op=re_trigger"
    answer = platform.ok("POST", path, **{"If-Match": failed["etag"]})
    assert answer["id"] == failed["id"]
    assert statuses([answer]) == ["inProgress"]
    assert code_of(platform.send(Ask("POST", path))) == "1387-400"
    ahead(platform, 60)
    (run,) = runs(platform, pipeline.flow)
    assert statuses([run]) == ["success"]
    assert run["metrics"]["durationSummary"]["startedAtUTC"] > failed["metrics"]["durationSummary"]["completedAtUTC"]


@pytest.mark.parametrize("row", LATER_ROWS, ids=[row.name for row in LATER_ROWS])
def test_a_mistake_is_rejected_and_the_request_without_it_passes(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    ask = row.valid(platform, pipeline)
    rejected = platform.send(row.spoil(ask, platform, pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text
    assert platform.send(ask).ok


# --- batches --------------------------------------------------------------------------------------------------------


def test_every_run_has_its_batch(platform: Platform, pipeline: Pipeline) -> None:
    elsewhere = p.built(platform)
    # The first reads the whole table, and has rows left when it loses one.
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 1, "failed_rows": 1, **MAPPER})
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 2, **FAILURE})
    ahead(platform, 3600 + 2 * HALF_AN_HOUR + 60)
    items = runs(platform, pipeline.flow)
    ids = [item["activities"][1]["targetInfo"][0]["reference"]["ids"][0] for item in items]

    found = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}&orderBy=asc:created")
    assert list(found) == ids
    assert [each["status"] for each in found.values()] == ["success", "failed", "success"]
    assert platform.ok("GET", f"{CATALOG}/batches/{ids[1]}") == {ids[1]: found[ids[1]]}
    assert {"type": "dataSet", "id": pipeline.dataset} in found[ids[0]]["relatedObjects"]
    for item, batch in zip(items, found.values(), strict=True):
        records = item["metrics"]["recordSummary"]
        assert batch["recordCount"] == records["outputRecordCount"]
        assert batch["failedRecordCount"] == records.get("failedRecordCount", 0)
    assert found[ids[1]]["errors"][0]["code"] == FAILURE["code"]

    def listed(query: str) -> list[str]:
        return list(platform.ok("GET", f"{CATALOG}/batches?{query}"))

    assert listed(f"dataSet={pipeline.dataset}&status=failed") == [ids[1]]
    assert listed(f"dataSet={pipeline.dataset}&orderBy=desc:created&limit=1") == [ids[2]]
    assert listed(f"batch={ids[0]}") == [ids[0]]
    assert listed(f"dataSet={pipeline.dataset}&createdAfter={items[0]['createdAt']}") == ids[1:]
    assert listed(f"dataSet={pipeline.dataset}&createdBefore={items[1]['createdAt']}") == ids[:1]
    assert len(listed("limit=100")) == 6
    assert platform.ok("GET", f"{CATALOG}/batches?dataSet={elsewhere.dataset}&properties=status&limit=1").popitem()[1] == {
        "status": "success"
    }


def test_a_batch_in_the_making(platform: Platform, pipeline: Pipeline) -> None:
    ahead(platform, 3601)
    ((_, batch),) = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}").items()
    assert batch["status"] == "processing"
    assert "completed" not in batch


def test_a_run_on_demand_leaves_the_first_run_its_rows(platform: Platform, pipeline: Pipeline) -> None:
    ask = breaches.run_on_demand(platform, pipeline)
    platform.ok("POST", ask.path, ask.body)
    ahead(platform, 3700)
    counts = [run["metrics"]["recordSummary"]["inputRecordCount"] for run in runs(platform, ask.body["flowId"])]
    assert counts[0] <= 5
    assert counts[1] >= 100


def test_what_a_deleted_flow_wrote_stays_until_its_dataset_is_deleted(platform: Platform, pipeline: Pipeline) -> None:
    written = f"{CATALOG}/batches?dataSet={pipeline.dataset}&orderBy=asc:created"
    ahead(platform, 5.5 * HALF_AN_HOUR)  # no run is in progress then
    before = platform.ok("GET", written)
    assert before
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", written) == before
    batch_id = next(iter(before))
    assert platform.ok("GET", f"{CATALOG}/batches/{batch_id}") == {batch_id: before[batch_id]}
    platform.ok("DELETE", f"{CATALOG}/dataSets/{pipeline.dataset}")
    assert platform.ok("GET", written) == {}
