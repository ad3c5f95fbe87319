"""Runs: scheduled and on-demand runs, their failures, and their batches."""

from __future__ import annotations

from typing import Any

import mutations
import pipelines as p
import pytest
from errors_table import CLOCK_ROWS, Row
from pipelines import CATALOG, FLOW, Json, Pipeline
from plain_client import Platform, Request, code_of

pytestmark = pytest.mark.slow

HALF_AN_HOUR = 1800


@pytest.fixture(scope="module")
def dedicated_options() -> tuple[str, ...]:
    """In the mode of the environment."""
    return ()


@pytest.fixture
def platform(fresh: Platform) -> Platform:
    """A client of the dedicated Platform, after a reset."""
    return fresh


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


def test_a_flow_runs_on_schedule(platform: Platform, pipeline: Pipeline) -> None:
    start = started_at(platform, pipeline)
    assert runs(platform, pipeline.flow) == []
    assert "lastRunDetails" not in flow_of(platform, pipeline)

    platform.move_clock(3601)
    (first,) = runs(platform, pipeline.flow)
    assert statuses([first]) == ["inProgress"]
    assert first["createdAt"] == start
    assert first["metrics"]["durationSummary"] == {"startedAtUTC": start}
    last = flow_of(platform, pipeline)["lastRunDetails"]
    assert last == {"id": first["id"], "state": "inProgress", "startedAtUTC": start}

    platform.move_clock(3 * HALF_AN_HOUR + 60)
    items = runs(platform, pipeline.flow)
    assert [item["createdAt"] for item in items] == [start + each * HALF_AN_HOUR * 1000 for each in range(4)]
    assert statuses(items) == ["success"] * 4
    assert items[0]["id"] == first["id"]
    assert items[0]["etag"] != first["etag"]
    assert runs(platform, pipeline.flow) == items
    last = flow_of(platform, pipeline)["lastRunDetails"]
    assert last == {"id": items[3]["id"], "state": "success", **items[3]["metrics"]["durationSummary"]}


def test_the_first_run_reads_all_rows_and_later_runs_only_changes(platform: Platform, pipeline: Pipeline) -> None:
    sparse = another_flow(platform, pipeline, backfill=False)
    platform.move_clock(8 * HALF_AN_HOUR + 60)
    for flow, is_complete in ((pipeline.flow, True), (sparse, False)):
        first, *others = (each["metrics"]["recordSummary"]["inputRecordCount"] for each in runs(platform, flow))
        assert (first > 1000) == is_complete
        assert (first == 0) == (not is_complete)
        assert max(others) < 50
        assert sum(others) > 0


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"frequency": "hour", "interval": 6}, 4),
        ({"frequency": "day", "interval": "1"}, 1),
        ({"frequency": "week", "interval": 1}, 1),
    ],
)
def test_each_frequency_is_supported(platform: Platform, pipeline: Pipeline, schedule: Json, expected: int) -> None:
    flow = another_flow(platform, pipeline, **schedule)
    platform.move_clock(3600 + 86_000)
    assert len(runs(platform, flow)) == expected


def test_a_flow_with_frequency_once_runs_once(platform: Platform, pipeline: Pipeline) -> None:
    flow = platform.ok("POST", f"{FLOW}/flows", mutations.flow_once(platform, pipeline).body)["id"]
    platform.move_clock(10 * 86_400)
    (run,) = runs(platform, flow)
    assert run["activities"][0]["statusSummary"]["extensions"] == {"type": "one-time"}
    assert run["metrics"]["recordSummary"]["inputRecordCount"] >= 100


def test_a_disabled_flow_does_not_run_and_keeps_its_past_runs(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3600 + HALF_AN_HOUR + 60)
    before = runs(platform, pipeline.flow)
    assert len(before) == 2
    platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable")
    platform.move_clock(4 * HALF_AN_HOUR)
    assert runs(platform, pipeline.flow) == before
    platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=enable")
    assert runs(platform, pipeline.flow) == before, "missed runs are not made up for"
    platform.move_clock(HALF_AN_HOUR)
    assert len(runs(platform, pipeline.flow)) == 3


def test_a_new_interval_applies_from_the_update_on(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3600 + HALF_AN_HOUR + 60)
    before = runs(platform, pipeline.flow)
    change: list[Json] = [{"op": "replace", "path": "/scheduleParams/interval", "value": 15}]
    platform.ok("PATCH", f"{FLOW}/flows/{pipeline.flow}", change, **{"If-Match": pipeline.flow_etag})
    assert runs(platform, pipeline.flow) == before
    platform.move_clock(HALF_AN_HOUR)
    assert [run["id"] for run in runs(platform, pipeline.flow)][:2] == [run["id"] for run in before]
    assert len(runs(platform, pipeline.flow)) == 4


def test_a_run_reads_the_files_in_its_path(platform: Platform, pipeline: Pipeline) -> None:
    counts = []
    for path, recursive in (("/crm/leads.csv", False), ("/crm", False), ("/", False), ("/", True)):
        request = mutations.new_file_flow(platform, pipeline)
        base = platform.ok("POST", f"{FLOW}/connections", p.storage_connection())["id"]
        desired = {**p.file_connection(base), "params": {"path": path, "recursive": recursive}}
        source = platform.ok("POST", f"{FLOW}/sourceConnections", desired)["id"]
        counts.append(platform.ok("POST", f"{FLOW}/flows", {**request.body, "sourceConnectionIds": [source]})["id"])
    platform.move_clock(3700)
    one, folder, root, everything = (runs(platform, each)[0]["metrics"]["recordSummary"]["inputRecordCount"] for each in counts)
    assert 0 == root < one < folder == everything


# --- representation -------------------------------------------------------------------------------------------------


def test_a_run_is_represented_as_in_the_tutorial(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3700)
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


def test_runs_can_be_filtered_sorted_and_paginated(platform: Platform, pipeline: Pipeline) -> None:
    other = another_flow(platform, pipeline)
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 2, "code": "C", "message": "M"})
    platform.move_clock(3600 + 4 * HALF_AN_HOUR + 60)
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


def test_runs_are_isolated_per_sandbox_and_deleted_with_their_flow(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3700)
    (run,) = runs(platform, pipeline.flow)
    stage = platform.in_sandbox("stage")
    assert stage.ok("GET", f"{FLOW}/runs")["items"] == []
    assert stage.send(Request("GET", f"{FLOW}/runs/{run['id']}")).status_code == 404
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", f"{FLOW}/runs")["items"] == []


# --- failures -------------------------------------------------------------------------------------------------------

FAILURE = {"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}
MAPPER = {"code": "MAPPER-3700-400", "message": "Mapper Transform Error"}


def test_a_run_can_be_made_to_fail(platform: Platform, pipeline: Pipeline) -> None:
    response = platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, **FAILURE})
    assert response.json() == {"flowId": pipeline.flow, "at": 1, **FAILURE}
    platform.move_clock(3600 + HALF_AN_HOUR + 60)
    failed, fine = runs(platform, pipeline.flow)
    assert statuses([failed, fine]) == ["failed", "success"]
    assert failed["metrics"]["statusSummary"]["errors"] == [FAILURE]
    records = failed["metrics"]["recordSummary"]
    assert (records["outputRecordCount"], records["failedRecordCount"]) == (0, records["inputRecordCount"])


@pytest.mark.parametrize("diagnostics", [False, True])
def test_a_run_can_fail_partially(platform: Platform, pipeline: Pipeline, diagnostics: bool) -> None:  # noqa: FBT001
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["options"] = {"errorDiagnosticsEnabled": diagnostics}
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.control("POST", "/runs/fail", {"flowId": flow, "at": 1, "failed_rows": 3, **MAPPER})
    platform.move_clock(3700)
    (run,) = runs(platform, flow)
    records = run["metrics"]["recordSummary"]
    assert records["failedRecordCount"] == 3
    assert records["outputRecordCount"] == records["inputRecordCount"] - 3
    assert run["metrics"]["statusSummary"]["status"] == "success"
    assert [each["code"] for each in run["metrics"]["statusSummary"]["errors"]] == ["CONNECTOR-2001-500"]
    extensions = run["activities"][1]["statusSummary"]["extensions"]
    assert [each["code"] for each in extensions["errors"]] == ["INGEST-1212-400", "MAPPER-3700-400"]
    assert ("manifest" in extensions) == diagnostics


@pytest.mark.parametrize(("percent", "status"), [(50, "success"), (0.01, "failed")])
def test_a_run_fails_if_the_error_threshold_is_exceeded(
    platform: Platform, pipeline: Pipeline, percent: float, status: str
) -> None:
    body = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    body["options"] = {"partialIngestionPercent": percent}
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.control("POST", "/runs/fail", {"flowId": flow, "at": 1, "failed_rows": 10, **MAPPER})
    platform.move_clock(3700)
    assert statuses(runs(platform, flow)) == [status]


@pytest.mark.parametrize(
    "body", [{}, {"flowId": "x"}, {"flowId": "x", "at": 0, **FAILURE}, {"flowId": "x", "rows": 1, **FAILURE}]
)
def test_an_invalid_failure_is_rejected(platform: Platform, body: Json) -> None:
    assert platform.control("POST", "/runs/fail", body).status_code == 400


def test_a_failure_of_an_unknown_flow_returns_404(platform: Platform) -> None:
    assert platform.control("POST", "/runs/fail", {"flowId": "x", **FAILURE}).status_code == 404


# --- on demand and re-trigger ---------------------------------------------------------------------------------------


def test_an_on_demand_run_is_created(platform: Platform, pipeline: Pipeline) -> None:
    request = mutations.run_on_demand(platform, pipeline)
    flow = request.body["flowId"]
    later = {**p.run(flow)["params"], "startTime": str(request.body["params"]["startTime"] + 600)}
    del later["deltaColumn"]
    response = platform.send(request)
    assert response.status_code == 201
    (made,) = response.json()["items"]
    (queued,) = platform.ok("POST", f"{FLOW}/runs", {"flowId": flow, "params": later})["items"]

    first, second = runs(platform, flow)
    assert statuses([first, second]) == ["inProgress", "scheduled"]
    assert (first["id"], first["etag"], second["id"]) == (made["id"], made["etag"], queued["id"])
    assert first["activities"][0]["durationSummary"]["extensions"] == {"windowStart": 1600000000000, "windowEnd": 1700000000000}
    (stored,) = platform.ok("GET", f"{FLOW}/flows/{flow}")["items"]
    assert stored["transformations"][-1] == {"name": "Copy", "params": {"deltaColumn": {"name": "LastModifiedDate"}}}
    assert stored["lastRunDetails"]["id"] == made["id"]
    platform.move_clock(700)
    assert statuses(runs(platform, flow)) == ["success", "success"]
    # Both windows have the same rows, and each run has a batch of its own.
    assert len(set(batch_ids(runs(platform, flow)))) == 2


def test_times_in_milliseconds_are_accepted(platform: Platform, pipeline: Pipeline) -> None:
    request = mutations.run_on_demand(platform, pipeline)
    for name in ("startTime", "windowStartTime", "windowEndTime"):
        request.body["params"][name] *= 1000
    (made,) = platform.ok("POST", request.path, request.body)["items"]
    (run,) = platform.ok("GET", f"{FLOW}/runs/{made['id']}")["items"]
    assert run["activities"][0]["durationSummary"]["extensions"]["windowStart"] == 1600000000000


def test_a_flow_with_an_on_demand_run_can_be_updated(platform: Platform, pipeline: Pipeline) -> None:
    request = mutations.run_on_demand(platform, pipeline)
    platform.ok("POST", request.path, request.body)
    (flow,) = platform.ok("GET", f"{FLOW}/flows/{request.body['flowId']}")["items"]
    start = flow["scheduleParams"]["startTime"] + 60
    change: list[Json] = [{"op": "replace", "path": "/scheduleParams/startTime", "value": start}]
    platform.ok("PATCH", f"{FLOW}/flows/{flow['id']}", change, **{"If-Match": flow["etag"]})


def test_a_failed_run_can_be_retriggered(platform: Platform, pipeline: Pipeline) -> None:
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 1, **FAILURE})
    platform.move_clock(3700)
    (failed,) = runs(platform, pipeline.flow)
    path = f"{FLOW}/runs/{failed['id']}/action?op=re_trigger"
    response = platform.ok("POST", path, **{"If-Match": failed["etag"]})
    assert response["id"] == failed["id"]
    assert statuses([response]) == ["inProgress"]
    assert code_of(platform.send(Request("POST", path))) == "1387-400"
    platform.move_clock(60)
    (run,) = runs(platform, pipeline.flow)
    assert statuses([run]) == ["success"]
    assert run["metrics"]["durationSummary"]["startedAtUTC"] > failed["metrics"]["durationSummary"]["completedAtUTC"]


@pytest.mark.parametrize("row", CLOCK_ROWS, ids=[row.name for row in CLOCK_ROWS])
def test_an_invalid_request_is_rejected_and_the_valid_one_is_accepted(row: Row, platform: Platform, pipeline: Pipeline) -> None:
    request = row.valid(platform, pipeline)
    rejected = platform.send(row.mutate(request, platform, pipeline))
    assert (rejected.status_code, code_of(rejected)) == (row.status, row.code), rejected.text
    assert platform.send(request).ok


# --- batches --------------------------------------------------------------------------------------------------------


def batch_ids(items: list[Json]) -> list[str]:
    return [each for item in items for each in item["activities"][1]["targetInfo"][0]["reference"]["ids"]]


def test_every_run_with_rows_has_a_batch(platform: Platform, pipeline: Pipeline) -> None:
    elsewhere = p.create_pipeline(platform)
    # The first run reads the whole table, so it still writes rows when one fails.
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 1, "failed_rows": 1, **MAPPER})
    platform.control("POST", "/runs/fail", {"flowId": pipeline.flow, "at": 2, **FAILURE})
    platform.move_clock(3600 + 8 * HALF_AN_HOUR + 60)
    items = [item for item in runs(platform, pipeline.flow) if batch_ids([item])]
    ids = batch_ids(items)
    assert len(ids) > 2

    found = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}&orderBy=asc:created")
    assert list(found) == ids
    assert [each["status"] for each in found.values()] == ["success", "failed", *["success"] * (len(ids) - 2)]
    assert platform.ok("GET", f"{CATALOG}/batches/{ids[1]}") == {ids[1]: found[ids[1]]}
    assert {"type": "dataSet", "id": pipeline.dataset} in found[ids[0]]["relatedObjects"]
    for item, batch in zip(items, found.values(), strict=True):
        records = item["metrics"]["recordSummary"]
        assert batch["recordCount"] == records["outputRecordCount"]
        assert batch["failedRecordCount"] == records.get("failedRecordCount", 0)
        assert batch["size"] == item["metrics"]["sizeSummary"]["outputBytes"]
        assert (batch["size"] > 0) == (batch["recordCount"] > 0)
    assert found[ids[1]]["errors"][0]["code"] == FAILURE["code"]

    def listed(query: str) -> list[str]:
        return list(platform.ok("GET", f"{CATALOG}/batches?{query}"))

    assert listed(f"dataSet={pipeline.dataset}&status=failed") == [ids[1]]
    assert listed(f"dataSet={pipeline.dataset}&orderBy=desc:created&limit=1") == ids[-1:]
    assert listed(f"batch={ids[0]}") == [ids[0]]
    assert listed(f"dataSet={pipeline.dataset}&createdAfter={items[0]['createdAt']}") == ids[1:]
    assert listed(f"dataSet={pipeline.dataset}&createdBefore={items[1]['createdAt']}") == ids[:1]
    others = runs(platform, elsewhere.flow)
    assert listed("limit=100") == [*ids, *batch_ids(others)]
    assert [item["metrics"]["recordSummary"]["inputRecordCount"] > 0 for item in others] == [
        bool(batch_ids([item])) for item in others
    ]
    assert platform.ok("GET", f"{CATALOG}/batches?dataSet={elsewhere.dataset}&properties=status&limit=1").popitem()[1] == {
        "status": "success"
    }


def test_a_change_of_a_runs_batch_remains(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3600 + 8 * HALF_AN_HOUR + 60)
    listed = f"{CATALOG}/batches?dataSet={pipeline.dataset}&orderBy=asc:created"
    changed, deleted, *kept = platform.ok("GET", listed)
    platform.ok("PATCH", f"{CATALOG}/batches/{changed}", {"tags": {"checked": ["yes"]}})
    platform.ok("DELETE", f"{CATALOG}/batches/{deleted}")
    after = platform.ok("GET", listed)
    assert list(after) == [changed, *kept]
    assert after[changed]["tags"] == {"checked": ["yes"]}
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", listed) == after


def test_the_batch_of_an_active_run_is_processing(platform: Platform, pipeline: Pipeline) -> None:
    platform.move_clock(3601)
    ((_, batch),) = platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}").items()
    assert batch["status"] == "processing"
    assert "completed" not in batch


def test_an_on_demand_run_does_not_affect_the_rows_of_the_first_scheduled_run(platform: Platform, pipeline: Pipeline) -> None:
    request = mutations.run_on_demand(platform, pipeline)
    platform.ok("POST", request.path, request.body)
    platform.move_clock(3700)
    counts = [run["metrics"]["recordSummary"]["inputRecordCount"] for run in runs(platform, request.body["flowId"])]
    assert 0 < counts[0] < counts[1]


def test_batches_of_a_deleted_flow_exist_until_their_dataset_is_deleted(platform: Platform, pipeline: Pipeline) -> None:
    written = f"{CATALOG}/batches?dataSet={pipeline.dataset}&orderBy=asc:created"
    platform.move_clock(5.5 * HALF_AN_HOUR)  # no run is in progress then
    before = platform.ok("GET", written)
    assert before
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    assert platform.ok("GET", written) == before
    batch_id = next(iter(before))
    assert platform.ok("GET", f"{CATALOG}/batches/{batch_id}") == {batch_id: before[batch_id]}
    platform.ok("DELETE", f"{CATALOG}/dataSets/{pipeline.dataset}")
    assert platform.ok("GET", written) == {}
