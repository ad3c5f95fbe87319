"""Fuzzing of batch ingestion, and of the bodies that only the Schema Registry's and Catalog's rarer operations take."""

from __future__ import annotations

from dataclasses import replace

import pipelines as p
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pipelines import CATALOG, REGISTRY, Pipeline
from plain_client import Platform, Request
from test_any_body import JSON, with_any_value

pytestmark = [pytest.mark.slow, pytest.mark.generated_requests]

FUZZED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
IMPORT = "/foundation/import"


@pytest.fixture(scope="module")
def made(platform: Platform) -> Pipeline:
    """One pipeline for all examples."""
    return p.create_pipeline(platform)


@pytest.fixture(scope="module")
def sample_requests(platform: Platform, made: Pipeline) -> list[Request]:
    """One request of each kind with a body."""
    fields = {"type": "object", "properties": {"year": {"type": "integer"}}}
    own = {"own": {"properties": {"_localtenant": fields}}}
    parts = [{"$ref": "https://ns.adobe.com/xdm/data/record"}, {"$ref": "#/definitions/own"}]
    (batch,) = platform.ok("POST", f"{CATALOG}/batches", {"status": "success"})
    schema_path = f"{REGISTRY}/rpc/export/{p.by_id(made.schema)}"
    destination = {"xdm:destinationSchema": made.schema, "xdm:destinationProperty": "/person/name/lastName"}
    relationship = {"@type": "xdm:descriptorRelationship", "xdm:sourceProperty": "/personalEmail/address", **destination}
    key = {"@type": "xdm:descriptorPrimaryKey", "xdm:sourceProperty": ["/personalEmail/address"]}
    source = {"xdm:sourceSchema": made.schema, "xdm:sourceVersion": 1}
    labels = {"option": {"id": made.schema, "contentType": "c", "schemaPath": "/properties/person"}, "labels": ["C1"]}
    inner = {"method": "PATCH", "resource": f"/dataSets/{made.dataset}", "body": {"description": "d"}, "headers": {"a": "b"}}
    return [
        Request("POST", f"{REGISTRY}/tenant/classes", {"title": "c", "type": "object", "definitions": own, "allOf": parts}),
        Request("POST", f"{REGISTRY}/tenant/datatypes", {"title": "d", **fields}),
        Request("POST", f"{REGISTRY}/rpc/import", platform.ok("GET", schema_path)),
        Request("POST", f"{REGISTRY}/tenant/descriptors", {**source, **relationship}),
        Request("POST", f"{REGISTRY}/tenant/descriptors", {**source, **key}),
        Request("POST", f"{CATALOG}/batches", {"status": "success", "relatedObjects": [{"type": "dataSet", "id": "i"}]}),
        Request("PATCH", f"{CATALOG}/batches/{batch[11:]}", {"availableDates": {"startDate": 1}, "tags": {"a": ["b"]}}),
        Request("POST", f"{CATALOG}/", [inner]),
        Request("POST", f"{IMPORT}/batches", {"datasetId": made.dataset, "inputFormat": {"format": "csv"}, "replay": {}}),
        Request(
            "PUT",
            f"/foundation/dataset/datasets/{made.dataset}/labels",
            {"labels": ["C1"], "optionalLabels": [labels]},
            {"If-Match": "*"},
        ),
    ]


@pytest.mark.parametrize("number", range(10))
@FUZZED
@given(choice=st.data(), value=JSON)
def test_any_value_at_any_path_is_handled(
    platform: Platform, sample_requests: list[Request], number: int, choice: st.DataObject, value: object
) -> None:
    response = platform.send(with_any_value(sample_requests[number], choice, value))
    assert response.status_code < 500, response.text
    # Whatever was accepted can be listed.
    for query in ("?startAfter=1&dataSet=i", "?orderBy=desc:created"):
        assert platform.send(Request("GET", f"{CATALOG}/batches{query}")).status_code < 500
    assert platform.send(Request("GET", f"{CATALOG}/lastBatches")).status_code < 500


def framed(footer: bytes) -> bytes:
    """A Parquet file with this footer."""
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


LINES = st.lists(
    st.sampled_from([b'{"a": 1}\n', b"[1]\n", b"a,b\n", b'"', b"\xff", b"PAR1", b"\x19\xfc\xff", b"\x00\x00\x00\x00"])
)


@pytest.mark.parametrize("file_format", ["json", "csv", "parquet"])
@FUZZED
@given(content=st.binary(max_size=60) | LINES.map(b"".join) | st.binary(max_size=30).map(framed))
def test_any_file_is_handled(platform: Platform, made: Pipeline, file_format: str, content: bytes) -> None:
    body = {"datasetId": made.dataset, "inputFormat": {"format": file_format}}
    batch = platform.ok("POST", f"{IMPORT}/batches", body)["id"]
    base = f"{IMPORT}/batches/{batch}"
    file = Request("PUT", f"{base}/datasets/{made.dataset}/files/a", headers={"Content-Type": "application/octet-stream"})
    assert platform.send(replace(file, raw=content)).status_code == 201
    preview = platform.send(Request("GET", f"{base}/datasets/{made.dataset}/preview?format={file_format}"))
    assert preview.status_code < 500
    assert platform.send(Request("POST", f"{base}?action=COMPLETE")).json()["status"] in {"success", "failed"}
    assert platform.send(Request("GET", f"/foundation/export/batches/{batch}/meta?path=row_errors")).ok
    assert platform.send(Request("GET", f"/foundation/export/files/{batch}-1?path=a")).content == content
