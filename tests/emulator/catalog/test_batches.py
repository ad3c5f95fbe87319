"""Catalog: batches of clients, last batches, and requests that combine several."""

from __future__ import annotations

import pipelines as p
from pipelines import CATALOG, Json, Pipeline
from plain_client import Platform, Request


def created(platform: Platform, dataset: str, status: str, **more: object) -> str:
    body = {"status": status, "relatedObjects": [{"type": "dataSet", "id": dataset}], **more}
    (reference,) = platform.ok("POST", f"{CATALOG}/batches", body)
    return str(reference).removeprefix("@/batches/")


def read(platform: Platform, batch_id: str) -> Json:
    return dict(platform.ok("GET", f"{CATALOG}/batches/{batch_id}")[batch_id])


def test_a_batch_can_be_created_changed_and_deleted(platform: Platform, pipeline: Pipeline, second_client: Platform) -> None:
    batch_id = created(platform, pipeline.dataset, "processing", tags={"team": ["crm"]})
    path = f"{CATALOG}/batches/{batch_id}"
    before = read(platform, batch_id)
    assert platform.ok("PATCH", path, {"status": "success", "recordCount": 5, "created": 1}) == [f"@/batches/{batch_id}"]
    after = read(platform, batch_id)
    assert (after["status"], after["recordCount"], after["tags"]) == ("success", 5, {"team": ["crm"]})
    assert (after["created"], after["version"]) == (before["created"], "1.0.1")
    # A status is only a word, even this one.
    platform.ok("PATCH", path, {"status": "deleted"})
    assert read(platform, batch_id)["status"] == "deleted"
    second_client.ok("PUT", path, {"status": "failed"})
    replaced = read(platform, batch_id)
    assert (replaced["status"], "recordCount" in replaced) == ("failed", False)
    assert (replaced["createdClient"], replaced["updatedUser"]) == ("local-client", "local-client-2@techacct.adobe.com")
    assert platform.ok("DELETE", path) == [f"@/batches/{batch_id}"]
    assert platform.send(Request("GET", path)).status_code == 404
    assert platform.send(Request("PATCH", path, {})).status_code == 404


def test_a_batch_can_be_created_under_an_id(platform: Platform, pipeline: Pipeline) -> None:
    mine = p.unique("batch").replace(" ", "-")
    assert platform.ok("POST", f"{CATALOG}/batches/{mine}", {"status": "success"}) == [f"@/batches/{mine}"]
    assert read(platform, mine)["status"] == "success"
    assert platform.send(Request("POST", f"{CATALOG}/batches/{mine}", {"status": "success"})).status_code == 400
    assert platform.send(Request("POST", f"{CATALOG}/batches/{mine}1", {})).status_code == 400
    platform.ok("POST", f"{CATALOG}/batches/{pipeline.dataset}", {"status": "processing"})
    assert read(platform, pipeline.dataset)["relatedObjects"] == [{"type": "dataSet", "id": pipeline.dataset}]


def test_any_id_can_be_given_to_a_batch(platform: Platform) -> None:
    answer = platform.send(Request("POST", f"{CATALOG}/batches/%E2%82%AC%20{p.unique('batch')}", {"status": "success"}))
    assert answer.status_code == 201
    assert answer.headers["location"].startswith("/data/foundation/catalog/batches/%E2%82%AC%20batch%20")


def test_the_tags_of_a_batch_are_lists_of_texts(platform: Platform, pipeline: Pipeline) -> None:
    uploaded = {"datasetId": pipeline.dataset, "inputFormat": {"format": "json"}}
    for path, body in ((f"{CATALOG}/batches", {"status": "success"}), ("/foundation/import/batches", uploaded)):
        for wrong in (["crm"], {"team": "crm"}, {"team": [5]}, {"team": None}):
            assert platform.send(Request("POST", path, {**body, "tags": wrong})).status_code == 400
        platform.ok("POST", path, {**body, "tags": {"team": ["crm"]}})


def test_batches_are_filtered_by_dates_and_related_objects(platform: Platform, pipeline: Pipeline) -> None:
    dates = {"availableDates": {"startDate": 100, "endDate": 200}}
    dated = created(platform, pipeline.dataset, "success", **dates)
    plain = created(platform, pipeline.dataset, "failed")

    def listed(query: str) -> list[str]:
        return list(platform.ok("GET", f"{CATALOG}/batches?dataSet={pipeline.dataset}&{query}"))

    assert listed("orderBy=asc:created") == [dated, plain]
    assert listed("startAfter=99&endBefore=201") == [dated]
    assert listed("startAfter=100") == []
    assert listed(f"batch={plain}") == [plain]
    assert listed("transform=none") == []
    uniques = platform.ok("GET", f"{CATALOG}/batches/uniques/status?dataSet={pipeline.dataset}")
    assert sorted(uniques) == ["failed", "success"]
    ids = platform.ok("GET", f"{CATALOG}/batches/uniques/externalId?dataSet={pipeline.dataset}&status=failed")
    assert ids == [plain]


def test_last_batches_tell_the_newest_of_each_dataset_and_status(platform: Platform, pipeline: Pipeline) -> None:
    statuses = ("success", "failed", "success", "processing")
    ids = [created(platform, pipeline.dataset, status) for status in statuses]
    ((key, last),) = platform.ok("GET", f"{CATALOG}/lastBatches?dataSetId={pipeline.dataset}").items()
    assert key == pipeline.dataset
    assert (last["lastBatchId"], last["lastBatchStatus"]) == (ids[3], "processing")
    assert (last["lastSuccessfulBatchId"], last["lastFailedBatchId"]) == (ids[2], ids[1])
    platform.ok("PATCH", f"{CATALOG}/batches/{ids[3]}", {"status": "failed"})
    query = f"lastFailedBatchId={ids[3]}&properties=lastBatchStatus"
    assert platform.ok("GET", f"{CATALOG}/lastBatches?{query}") == {pipeline.dataset: {"lastBatchStatus": "failed"}}


def test_the_values_of_a_tag_are_collected_over_datasets_and_batches(platform: Platform, pipeline: Pipeline) -> None:
    name = p.unique("tag").replace(" ", "-")
    platform.ok("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"tags": {name: ["a", "b"]}})
    batch_id = created(platform, pipeline.dataset, "success", tags={name: ["b", "c"]})
    assert platform.ok("GET", f"{CATALOG}/tags/{name}") == {
        name: ["a", "b", "c"],
        "objectType": {"datasets": [f"@/dataSets/{pipeline.dataset}"], "batches": [f"@/batches/{batch_id}"]},
    }


def test_a_dataset_has_credentials_and_a_stage_path_for_a_batch(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{CATALOG}/dataSets/{pipeline.dataset}/credentials"
    reader, writer = platform.ok("GET", path), platform.ok("GET", f"{path}?batchId=b1")
    assert reader["dataSetId"] == pipeline.dataset
    assert "stagePath" not in reader
    assert writer["stagePath"] == f"{reader['path']}/stage/b1"
    other = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(pipeline.schema)))
    another = platform.ok("GET", f"{CATALOG}/dataSets/{other}/credentials")
    assert (another["dataSetId"], another["path"] == reader["path"]) == (other, False)
    assert platform.send(Request("GET", f"{CATALOG}/dataSets/none/credentials")).status_code == 404


def test_batched_requests_take_effect_together_or_not_at_all(platform: Platform, pipeline: Pipeline) -> None:
    mark = p.unique("batched")
    change = {"method": "PATCH", "resource": f"/dataSets/{pipeline.dataset}", "body": {"description": mark}}
    addition = {"method": "POST", "resource": "dataSets", "body": {**p.dataset(pipeline.schema), "name": mark}}
    references = platform.ok("POST", f"{CATALOG}/", [change, addition])
    assert references[0] == f"@/dataSets/{pipeline.dataset}"
    made = references[1].removeprefix("@/dataSets/")
    assert platform.ok("GET", f"{CATALOG}/dataSets/{made}")[made]["name"] == mark
    assert platform.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]["description"] == mark

    change["body"] = {"description": "not this"}
    missing = {"method": "DELETE", "resource": "/batches/none"}
    assert platform.send(Request("POST", f"{CATALOG}/", [change, missing])).status_code == 404
    assert platform.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]["description"] == mark


def test_batched_requests_are_listed_with_the_resources_they_changed(platform: Platform, pipeline: Pipeline) -> None:
    path = f"dataSets/{pipeline.dataset}"
    for mark in ("first", "second"):
        platform.ok("POST", f"{CATALOG}/", [{"method": "PATCH", "resource": path, "body": {"description": mark}}])
    rejected = [{"method": "DELETE", "resource": "/batches/none"}]
    assert not platform.send(Request("POST", f"{CATALOG}/", rejected)).ok
    own = f"{CATALOG}/?dataSet={pipeline.dataset}"
    oldest, newest = platform.ok("GET", f"{own}&orderBy=asc:created").values()
    assert [each["requests"][0]["body"]["description"] for each in (oldest, newest)] == ["first", "second"]
    assert newest["results"] == [f"@/{path}"]
    assert list(platform.ok("GET", f"{own}&orderBy=desc:created&limit=1")) == [newest["id"]]
    assert list(platform.ok("GET", f"{own}&orderBy=asc:created&start=1").values()) == [newest]
    assert platform.ok("GET", f"{own}&property=id=={oldest['id']}&properties=dataSet") == {
        oldest["id"]: {"dataSet": pipeline.dataset}
    }


def test_patch_v2_can_exclude_a_version(platform: Platform, pipeline: Pipeline) -> None:
    path = f"{CATALOG}/v2/dataSets/{pipeline.dataset}"
    updated = str(platform.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]["updated"])
    excluded = platform.send(Request("PATCH", path, {"description": "a"}, {"If-None-Match": updated}))
    assert excluded.status_code == 412
    platform.ok("PATCH", path, {"description": "b"}, If_None_Match="1", If_Match=updated)
    assert platform.ok("GET", f"{CATALOG}/dataSets/{pipeline.dataset}")[pipeline.dataset]["description"] == "b"
