"""Dataset Service: data usage labels, changed under optimistic locking."""

from __future__ import annotations

from pipelines import Json, Pipeline
from plain_client import Platform, Request, code_of

OPTION = {"id": "", "contentType": "application/vnd.adobe.xed-full+json;version=1", "schemaPath": "/properties/person"}


def payload(pipeline: Pipeline, *labels: str) -> Json:
    return {"labels": list(labels), "optionalLabels": [{"option": {**OPTION, "id": pipeline.schema}, "labels": ["I1"]}]}


def test_labels_can_be_added_replaced_and_removed(platform: Platform, pipeline: Pipeline) -> None:
    path = f"/foundation/dataset/datasets/{pipeline.dataset}/labels"
    missing = platform.send(Request("GET", path))
    assert (missing.status_code, code_of(missing)) == (404, "PES-404")

    added = platform.send(Request("POST", path, payload(pipeline, "C1")))
    assert (added.status_code, added.json()) == (201, payload(pipeline, "C1"))
    again = platform.send(Request("POST", path, payload(pipeline, "C2")))
    assert (again.status_code, code_of(again)) == (403, "PES-403")

    etag = platform.send(Request("GET", path)).headers["etag"]
    assert etag == added.headers["etag"]
    head = platform.send(Request("HEAD", path))
    assert (head.status_code, head.headers["etag"], head.content) == (200, etag, b"")
    assert platform.send(Request("PUT", path, payload(pipeline, "C2"))).status_code == 400
    replaced = platform.send(Request("PUT", path, payload(pipeline, "C2"), {"If-Match": etag}))
    assert (replaced.status_code, replaced.json()) == (200, payload(pipeline, "C2"))
    # The etag of the first version is stale now, and changes nothing.
    assert platform.send(Request("PUT", path, payload(pipeline, "C3"), {"If-Match": etag})).status_code == 412
    assert platform.ok("GET", path) == payload(pipeline, "C2")

    platform.ok("PUT", path, {"labels": [], "optionalLabels": []}, If_Match=replaced.headers["etag"])
    assert platform.ok("GET", path) == {"labels": [], "optionalLabels": []}


def test_labels_belong_to_an_existing_dataset(platform: Platform, pipeline: Pipeline) -> None:
    path = f"/foundation/dataset/datasets/{pipeline.dataset}/labels"
    platform.ok("PUT", path, {"labels": ["C1"]}, If_Match="*")
    assert platform.ok("GET", path)["labels"] == ["C1"]
    platform.ok("DELETE", f"/foundation/catalog/dataSets/{pipeline.dataset}")
    for request in (
        Request("GET", path),
        Request("POST", path, {"labels": []}),
        Request("PUT", path, {"labels": []}, {"If-Match": "*"}),
    ):
        assert platform.send(request).status_code == 404
