"""Success statuses, as declared in Adobe's OpenAPI files."""

from __future__ import annotations

import mutations
import pipelines as p
import pytest
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json, Pipeline, by_id
from plain_client import Platform, Request

XED = {"Accept": p.XED}
XED_ID = {"Accept": p.XED_ID}


def test_creates_return_the_declared_statuses(platform: Platform, pipeline: Pipeline) -> None:
    schema, dataset = pipeline.schema, pipeline.dataset
    creations = [
        (f"{FLOW}/connections", p.base_connection(), 201),
        (f"{FLOW}/sourceConnections", p.source_connection(pipeline.base), 201),
        (f"{FLOW}/targetConnections", p.target_connection(schema, dataset), 201),
        (f"{FLOW}/flows", p.flow(pipeline.source, pipeline.target, pipeline.mapping), 201),
        (f"{REGISTRY}/tenant/schemas", p.schema(), 201),
        (f"{REGISTRY}/tenant/fieldgroups", p.field_group(), 201),
        (f"{REGISTRY}/tenant/descriptors", p.descriptor(schema), 201),
        (f"{CATALOG}/dataSets", p.dataset(schema), 201),
        # An exception: creating a mapping set returns 200.
        (f"{PREP}/mappingSets", p.mapping_set(schema), 200),
        (f"{PREP}/mappingSets/validate", p.mapping_set(schema), 200),
        (f"{PREP}/mappingSets/preview", {"data": [{}], "mappingSet": p.mapping_set(schema)}, 200),
        (f"{PREP}/languages/el/validate", {"expression": "lower(Email)"}, 200),
        (f"{FLOW}/runs", mutations.run_on_demand(platform, pipeline).body, 201),
    ]
    for path, body, status in creations:
        assert platform.send(Request("POST", path, body)).status_code == status, path


def test_reads_return_200(platform: Platform, pipeline: Pipeline) -> None:
    reads: list[tuple[str, dict[str, str]]] = [
        (f"{FLOW}/connections", {}),
        (f"{FLOW}/connections/{pipeline.base}", {}),
        (f"{FLOW}/connections/{pipeline.base}/test", {}),
        (f"{FLOW}/connections/{pipeline.base}/explore?objectType=ROOT", {}),
        (f"{FLOW}/sourceConnections", {}),
        (f"{FLOW}/sourceConnections/{pipeline.source}", {}),
        (f"{FLOW}/targetConnections", {}),
        (f"{FLOW}/targetConnections/{pipeline.target}", {}),
        (f"{FLOW}/flows", {}),
        (f"{FLOW}/flows/{pipeline.flow}", {}),
        (f"{FLOW}/runs", {}),
        (f"{FLOW}/flowSpecs", {}),
        (f"{FLOW}/flowSpecs/{p.CRM_TO_AEP}", {}),
        (f"{FLOW}/connectionSpecs", {}),
        (f"{FLOW}/connectionSpecs/{p.SALESFORCE}", {}),
        (f"{REGISTRY}/stats", {}),
        (pipeline.schema_path, XED),
        *((f"{REGISTRY}/tenant/{kind}", XED_ID) for kind in ("schemas", "fieldgroups", "classes", "datatypes")),
        *((f"{REGISTRY}/global/{kind}", XED_ID) for kind in ("schemas", "fieldgroups", "classes", "datatypes")),
        (f"{REGISTRY}/global/behaviors", XED_ID),
        (f"{REGISTRY}/tenant/descriptors", {"Accept": p.XDM}),
        (f"{CATALOG}/dataSets", {}),
        (f"{CATALOG}/dataSets/{pipeline.dataset}", {}),
        (f"{PREP}/mappingSets?limit=10&start=0", {}),
        (f"{PREP}/mappingSets/{pipeline.mapping}", {}),
        (f"{PREP}/languages/el/functions", {}),
        (f"{CATALOG}/batches", {}),
        (f"{FLOW}/flows/{pipeline.flow}/runs", {}),
        ("/foundation/sandbox-management/", {}),
        ("/foundation/sandbox-management/sandboxes", {}),
        ("/foundation/sandbox-management/sandboxes/dev", {}),
        ("/core/idnamespace/identities", {}),
    ]
    for path, headers in reads:
        assert platform.send(Request("GET", path, headers=headers)).status_code == 200, path


def test_updates_return_200(platform: Platform, pipeline: Pipeline) -> None:
    group_body = p.field_group()
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", group_body)["$id"]
    identity = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))["@id"]
    text: list[Json] = [{"op": "replace", "path": "/description", "value": "changed"}]
    if_match = {"If-Match": pipeline.flow_etag}
    changes = [
        Request("PATCH", f"{FLOW}/flows/{pipeline.flow}", text, if_match),
        Request("POST", f"{FLOW}/flows/{pipeline.flow}/action?op=disable"),
        Request("PATCH", f"{FLOW}/connections/{pipeline.base}/", text, {"If-Match": pipeline.base_etag}),
        Request("PATCH", pipeline.schema_path, text),
        Request("PUT", pipeline.schema_path, p.schema()),
        Request("PATCH", f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}", text),
        Request("PUT", f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}", group_body),
        Request("PUT", f"{REGISTRY}/tenant/descriptors/{identity}", p.descriptor(pipeline.schema)),
        Request("PATCH", f"{CATALOG}/dataSets/{pipeline.dataset}", {"description": "changed"}),
        Request("PUT", f"{CATALOG}/dataSets/{pipeline.dataset}", p.dataset(pipeline.schema)),
        Request("PATCH", f"{CATALOG}/v2/dataSets/{pipeline.dataset}", {"description": "changed"}),
        Request("PUT", f"{PREP}/mappingSets/{pipeline.mapping}", p.mapping_set(pipeline.schema)),
    ]
    for request in changes:
        response = platform.send(request)
        assert response.status_code == 200, (request, response.text)


def test_deletes_return_204_or_200_in_catalog(platform: Platform, pipeline: Pipeline) -> None:
    identity = platform.ok("POST", f"{REGISTRY}/tenant/descriptors", p.descriptor(pipeline.schema))["@id"]
    group = platform.ok("POST", f"{REGISTRY}/tenant/fieldgroups", p.field_group())["$id"]
    deletions = [
        (f"{FLOW}/flows/{pipeline.flow}", 204),
        (f"{FLOW}/sourceConnections/{pipeline.source}", 204),
        (f"{FLOW}/targetConnections/{pipeline.target}", 204),
        (f"{FLOW}/connections/{pipeline.base}/", 204),
        (f"{PREP}/mappingSets/{pipeline.mapping}", 204),
        (f"{CATALOG}/dataSets/{pipeline.dataset}", 200),
        (f"{REGISTRY}/tenant/descriptors/{identity}", 204),
        (pipeline.schema_path, 204),
        (f"{REGISTRY}/tenant/fieldgroups/{by_id(group)}", 204),
    ]
    for path, status in deletions:
        response = platform.send(Request("DELETE", path))
        assert response.status_code == status, (path, response.text)
        assert bool(response.content) == (status == 200)


@pytest.mark.parametrize("where", ["form", "query"])
def test_a_token_request_accepts_form_and_query_parameters(platform: Platform, where: str) -> None:
    parameters = "grant_type=client_credentials&client_id=local-client&client_secret=local-secret&scope=openid"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    in_form = Request("POST", "/ims/token/v3", raw=parameters.encode(), headers=form)
    response = platform.send(in_form if where == "form" else Request("POST", f"/ims/token/v3?{parameters}"))
    assert response.status_code == 200
    issued = response.json()
    assert issued.pop("access_token")
    assert issued == {"token_type": "bearer", "expires_in": 86399}
