"""Flow Service: datasets exported to cloud storages, with the bodies of Adobe's tutorial on exporting datasets."""

from __future__ import annotations

import time

import pipelines as p
import pytest
from pipelines import FLOW, Json, Pipeline
from plain_client import Platform, Request, code_of

LAKE = "23598e46-f560-407b-88d5-ea6207e49db0"
S3, S3_FLOW = "4fce964d-3f37-408f-9778-e597338a21ee", "269ba276-16fc-47db-92b0-c1049a3c131f"
ZONE, ZONE_FLOW = "10440537-2a7b-4583-ac39-ed38d4b848e8", "cd2fc47e-e838-4f38-a581-8fff2f99b63a"


def base(platform: Platform, spec_id: str) -> str:
    keys = {"specName": "Access Key", "params": {"s3AccessKey": "A" * 20, "s3SecretKey": "opensesame"}}
    body: Json = {"name": p.unique("destination"), "connectionSpec": {"id": spec_id, "version": "1.0"}}
    return str(platform.ok("POST", f"{FLOW}/connections", body | ({"auth": keys} if spec_id == S3 else {}))["id"])


def source(platform: Platform, dataset: str) -> str:
    datasets = [{"dataSetId": dataset, "name": "rows"}]
    body = {"name": "Connecting to Data Lake", "connectionSpec": {"id": LAKE, "version": "1.0"}, "params": {"datasets": datasets}}
    return str(platform.ok("POST", f"{FLOW}/sourceConnections", body)["id"])


def target(spec_id: str, base_id: str) -> Json:
    params = {"mode": "Server-to-server", "path": "folder/sub", "compression": "NONE", "datasetFileType": "JSON"}
    params |= {"bucketName": "bucket"} if spec_id == S3 else {}
    return {"name": "target", "baseConnectionId": base_id, "params": params, "connectionSpec": {"id": spec_id, "version": "1.0"}}


def flow(spec_id: str, source_id: str, target_id: str) -> Json:
    return {
        "name": p.unique("Activate datasets"),
        "flowSpec": {"id": spec_id, "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [target_id],
        "transformations": [],
        "scheduleParams": {"interval": 3, "timeUnit": "hour", "startTime": int(time.time()) - 3600},
    }


@pytest.mark.slow
@pytest.mark.parametrize(("spec_id", "flow_spec_id"), [(S3, S3_FLOW), (ZONE, ZONE_FLOW)])
def test_datasets_are_exported_to_a_destination(platform: Platform, pipeline: Pipeline, spec_id: str, flow_spec_id: str) -> None:
    target_id = platform.ok("POST", f"{FLOW}/targetConnections", target(spec_id, base(platform, spec_id)))["id"]
    body = flow(flow_spec_id, source(platform, pipeline.dataset), target_id)
    made = platform.ok("POST", f"{FLOW}/flows", body)
    (stored,) = platform.ok("GET", f"{FLOW}/flows/{made['id']}")["items"]
    assert {name: stored[name] for name in body} == body
    assert stored["inheritedAttributes"]["properties"] == {"isDestinationFlow": True}
    found = platform.ok("GET", f"{FLOW}/flows?property=inheritedAttributes.properties.isDestinationFlow==true&limit=1000")[
        "items"
    ]
    assert made["id"] in [each["id"] for each in found]
    assert pipeline.flow not in [each["id"] for each in found]
    assert platform.ok("GET", f"{FLOW}/runs?property=flowId=={made['id']}")["items"] == []
    assert code_of(platform.send(Request("POST", f"{FLOW}/runs", p.run(made["id"])))) == "1386-400"
    change = [{"op": "replace", "path": "/scheduleParams/startTime", "value": int(time.time())}]
    platform.ok("PATCH", f"{FLOW}/flows/{made['id']}", change, If_Match=made["etag"])
    platform.ok("POST", f"{FLOW}/flows/{made['id']}/action?op=disable")
    platform.ok("DELETE", f"{FLOW}/flows/{made['id']}")


def test_datasets_that_can_be_exported_are_listed_by_pages(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{FLOW}/connectionSpecs/{LAKE}/configs?outputType=activationDatasets&outputField=datasets"
    found: list[str] = []
    start, more = 0, True
    while more:
        page = platform.ok("GET", f"{path}&limit=100&start={start}&properties=name,state")
        found += [each["id"] for each in page["items"]]
        assert all(set(each) == {"id", "name", "state"} for each in page["items"])
        start, more = start + 100, page["pageInfo"]["hasNext"]
    assert (pipeline.dataset in found, len(found)) == (True, page["pageInfo"]["total"])
    (first,) = platform.ok("GET", f"{path}&limit=1&start=0")["items"]
    assert first["managedBy"] == "CUSTOMER"


def test_what_a_destination_needs_is_required(platform: Platform, pipeline: Pipeline) -> None:
    targets = f"{FLOW}/targetConnections"
    whole = target(S3, base(platform, S3))
    without_base = {name: value for name, value in whole.items() if name != "baseConnectionId"}
    assert code_of(platform.send(Request("POST", targets, without_base))) == "1304-400"
    other_base = {**whole, "baseConnectionId": pipeline.base}
    assert code_of(platform.send(Request("POST", targets, other_base))) == "1413-400"
    lake = {"name": "lake", "connectionSpec": {"id": p.DATA_LAKE}, "params": {"dataSetId": pipeline.dataset}}
    assert code_of(platform.send(Request("POST", targets, lake))) == "1304-400", "OpenAPI requires data"
    empty = {"name": "lake", "connectionSpec": {"id": LAKE, "version": "1.0"}, "params": {}}
    assert code_of(platform.send(Request("POST", f"{FLOW}/sourceConnections", empty))) == "1304-400"
    gone = {**empty, "params": {"datasets": [{"dataSetId": "0" * 24}]}}
    assert platform.send(Request("POST", f"{FLOW}/sourceConnections", gone)).status_code == 400


def test_a_flow_spec_has_its_own_sources_and_targets(platform: Platform, pipeline: Pipeline) -> None:
    target_id = platform.ok("POST", f"{FLOW}/targetConnections", target(S3, base(platform, S3)))["id"]
    source_id = source(platform, pipeline.dataset)
    for spec_id, ends in (
        (ZONE_FLOW, (source_id, target_id)),
        (S3_FLOW, (source_id, pipeline.target)),
        (S3_FLOW, (pipeline.source, target_id)),
    ):
        assert platform.send(Request("POST", f"{FLOW}/flows", flow(spec_id, *ends))).status_code == 400
    crm = p.flow(pipeline.source, target_id, pipeline.mapping)
    assert platform.send(Request("POST", f"{FLOW}/flows", crm)).status_code == 400


def test_all_specs_are_on_the_first_page_unless_a_limit_is_given(platform: Platform) -> None:
    for kind in ("connectionSpecs", "flowSpecs"):
        page = platform.ok("GET", f"{FLOW}/{kind}")
        assert page["_links"] == {}
        assert {S3, LAKE, p.SALESFORCE} <= {each["id"] for each in page["items"]} or kind == "flowSpecs"
        assert len(platform.ok("GET", f"{FLOW}/{kind}?limit=3")["items"]) == 3
