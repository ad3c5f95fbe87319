"""Flow Service: create, read, list, update and delete objects, and explore sources."""

from __future__ import annotations

from collections.abc import Callable

import pipelines as p
import pytest
from pipelines import CATALOG, FLOW, PREP, Json, Pipeline
from plain_client import Platform, Request, code_of


def one(platform: Platform, path: str) -> Json:
    (item,) = platform.ok("GET", f"{FLOW}{path}")["items"]
    return dict(item)


def rename(etag: str, name: str = "renamed") -> Callable[[str], Request]:
    return lambda path: Request("PATCH", path, [{"op": "REPLACE", "path": "/name", "value": name}], {"If-Match": etag})


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("collection", "attribute"),
    [("connections", "base"), ("sourceConnections", "source"), ("targetConnections", "target"), ("flows", "flow")],
)
def test_an_object_can_be_updated_and_deleted(
    platform: Platform, pipeline: Pipeline, collection: str, attribute: str, slash: str
) -> None:
    object_id = getattr(pipeline, attribute)
    path = f"{FLOW}/{collection}/{object_id}{slash}"
    before = one(platform, f"/{collection}/{object_id}")
    assert before["etag"] == before["version"]
    assert before["etag"][0] == before["etag"][-1] == '"'
    assert (before["sandboxName"], before["imsOrgId"]) == ("dev", "LOCAL@AdobeOrg")

    changed = platform.send(rename(before["etag"])(path))
    assert changed.status_code == 200
    after = one(platform, f"/{collection}/{object_id}")
    assert after["name"] == "renamed"
    assert after["etag"] == changed.json()["etag"] != before["etag"]
    assert platform.send(rename(before["etag"], "again")(path)).status_code == 412

    listed = platform.ok("GET", f"{FLOW}/{collection}?property=id=={object_id}")["items"]
    assert [each["name"] for each in listed] == ["renamed"]

    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    if attribute != "flow":
        assert platform.send(Request("DELETE", path)).status_code == 204
    assert code_of(platform.send(Request("GET", path))) == "1101-404"


def test_an_etag_is_accepted_without_quotes(platform: Platform, pipeline: Pipeline) -> None:
    assert platform.send(rename(pipeline.flow_etag.strip('"'))(f"{FLOW}/flows/{pipeline.flow}")).ok


@pytest.mark.parametrize(
    ("spec_id", "auth_spec", "params"),
    [
        (p.SALESFORCE, "OAuth2 Client Credential", "environmentUrl clientId clientSecret apiVersion"),
        (p.SALESFORCE, "OAuth2 JWT Token Credential", "jwtToken clientId clientSecret instanceUrl"),
        (p.DYNAMICS, "Basic Authentication for Dynamics-Online", "serviceUri username password"),
        (p.DYNAMICS, "Service Principal Key Based Authentication", "serviceUri servicePrincipalId servicePrincipalKey"),
        (p.VEEVA, "Basic Authentication", "environmentUrl username password securityToken"),
        ("cc6a4487-9e91-433e-a3a3-9cf6626c1806", "Basic Authentication", "clientId clientSecret accessToken refreshToken"),
    ],
)
def test_all_auth_specs_are_accepted(platform: Platform, spec_id: str, auth_spec: str, params: str) -> None:
    auth = {"specName": auth_spec, "params": dict.fromkeys(params.split(), "x")}
    body = {"name": p.unique("base"), "auth": auth, "connectionSpec": {"id": spec_id, "version": "1.0"}}
    made = platform.ok("POST", f"{FLOW}/connections", body)
    tables = platform.ok("GET", f"{FLOW}/connections/{made['id']}/explore?objectType=root")
    assert tables


def test_only_secrets_are_masked(platform: Platform, pipeline: Pipeline) -> None:
    params = one(platform, f"/connections/{pipeline.base}")["auth"]["params"]
    assert params == {
        "environmentUrl": "https://acme.my.salesforce.com",
        "username": "acme",
        "password": "********",
        "securityToken": "********",
    }


def test_new_params_replace_all_old_ones(platform: Platform, pipeline: Pipeline) -> None:
    params = {"environmentUrl": "https://b", "username": "b", "password": "b", "securityToken": "b", "apiVersion": "52.0"}
    change = [{"op": "replace", "path": "/auth/params", "value": params}]
    path = f"{FLOW}/connections/{pipeline.base}"
    platform.ok("PATCH", path, change, **{"If-Match": pipeline.base_etag})
    assert one(platform, f"/connections/{pipeline.base}")["auth"]["params"]["apiVersion"] == "52.0"


def test_a_flow_is_returned_as_created(platform: Platform, pipeline: Pipeline) -> None:
    desired = p.flow(pipeline.source, pipeline.target, pipeline.mapping)
    desired["scheduleParams"].update(interval="15", backfill="true", startTime=str(desired["scheduleParams"]["startTime"]))
    desired["transformations"][1]["params"]["mappingVersion"] = "0"
    made = platform.ok("POST", f"{FLOW}/flows", desired)
    remote = one(platform, f"/flows/{made['id']}")
    assert {name: remote[name] for name in desired} == desired
    assert remote["inheritedAttributes"]["sourceConnections"][0]["id"] == pipeline.source
    assert remote["inheritedAttributes"]["properties"] == {"isSourceFlow": True}


def test_a_flow_can_be_renamed_after_its_dataset_is_deleted(platform: Platform, pipeline: Pipeline) -> None:
    platform.ok("DELETE", f"{CATALOG}/dataSets/{pipeline.dataset}")
    assert platform.send(rename(pipeline.flow_etag)(f"{FLOW}/flows/{pipeline.flow}")).ok
    assert platform.send(Request("DELETE", f"{FLOW}/flows/{pipeline.flow}")).status_code == 204


def test_a_flow_only_uses_a_new_mapping_set_version_after_a_patch(platform: Platform, pipeline: Pipeline) -> None:
    platform.ok("PUT", f"{PREP}/mappingSets/{pipeline.mapping}", p.mapping_set(pipeline.schema))
    assert one(platform, f"/flows/{pipeline.flow}")["transformations"][1]["params"]["mappingVersion"] == 0

    value = {"name": "Mapping", "params": {"mappingId": pipeline.mapping, "mappingVersion": 1}}
    change = [{"op": "replace", "path": "/transformations/1", "value": value}]
    platform.ok("PATCH", f"{FLOW}/flows/{pipeline.flow}", change, **{"If-Match": pipeline.flow_etag})
    assert one(platform, f"/flows/{pipeline.flow}")["transformations"][1] == value


def test_a_flow_can_be_disabled_and_enabled(platform: Platform, pipeline: Pipeline) -> None:
    for op, state in (("disable", "disabled"), ("ENABLE", "enabled")):
        response = platform.ok("POST", f"{FLOW}/flows/{pipeline.flow}/action?op={op}")
        remote = one(platform, f"/flows/{pipeline.flow}")
        assert (remote["state"], remote["etag"]) == (state, response["etag"])


def test_deleting_a_flow_does_not_delete_its_connections(platform: Platform, pipeline: Pipeline) -> None:
    platform.ok("DELETE", f"{FLOW}/flows/{pipeline.flow}")
    for path in (f"/sourceConnections/{pipeline.source}", f"/targetConnections/{pipeline.target}"):
        one(platform, path)


def test_a_list_can_be_filtered(platform: Platform, pipeline: Pipeline) -> None:
    def ids(collection: str, *filters: str) -> list[str]:
        query = "&".join(f"property={each}" for each in filters)
        return [each["id"] for each in platform.ok("GET", f"{FLOW}/{collection}?limit=1000&{query}")["items"]]

    assert ids("flows", f"sourceConnectionIds[]=={pipeline.source}") == [pipeline.flow]
    assert ids("flows", f"sourceConnectionIds[]=={pipeline.source},none") == [pipeline.flow]
    assert ids("flows", f"id=={pipeline.flow}", "state==disabled") == []
    assert ids("flows", f'id=="{pipeline.flow}"', "createdAt>0") == [pipeline.flow]
    assert ids("flows", f"id=={pipeline.flow}", "createdAt<=0") == []
    assert ids("sourceConnections", f"baseConnectionId=={pipeline.base}", "params.columns[].name==Email") == [pipeline.source]
    assert pipeline.source in ids("sourceConnections", "params.tableName==Contact")
    assert pipeline.source not in ids("sourceConnections", "params.tableName!=Contact")


def test_a_list_can_be_paginated(platform: Platform) -> None:
    stage = platform.in_sandbox("stage")
    mark = p.unique("paged")
    for number in range(7):
        body = {**p.base_connection(), "name": f"{mark} {number}", "description": mark}
        stage.ok("POST", f"{FLOW}/connections", body)

    path, names = f"/connections?limit=3&orderby=-name&property=description=={mark}", []
    for _ in range(3):
        page = stage.ok("GET", FLOW + path)
        names += [each["name"] for each in page["items"]]
        path = page["_links"].get("next", {}).get("href", "")

    assert path == "", "the last page has no next one"
    assert names == [f"{mark} {number}" for number in range(6, -1, -1)]
    assert stage.ok("GET", f"{FLOW}/connections?count=true&property=description=={mark}") == {"count": 7}


def test_a_crm_can_be_explored(platform: Platform, pipeline: Pipeline) -> None:
    root = platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/explore?objectType=root")
    assert {"type": "table", "name": "Contact", "path": "Contact", "canPreview": True, "canFetchSchema": True} in root

    table = platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/explore?objectType=TABLE&object=Contact&preview=true")
    columns = {column["name"]: column for column in table["schema"]["columns"]}
    assert columns["LastModifiedDate"] == {
        "name": "LastModifiedDate",
        "type": "string",
        "meta:xdmType": "date-time",
        "xdm": {"type": "string", "format": "date-time"},
    }
    assert set(table["data"][0]) == set(columns)
    assert platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/test") == {"result": True}
    assert platform.ok("GET", f"{FLOW}/runs?property=flowId=={pipeline.flow}")["items"] == []


def test_explored_columns_are_accepted_in_a_source_connection(platform: Platform, pipeline: Pipeline) -> None:
    table = platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/explore?objectType=table&object=Contact")
    body = p.source_connection(pipeline.base)
    body["params"]["columns"] = table["schema"]["columns"]
    platform.ok("POST", f"{FLOW}/sourceConnections", body)
    del body["params"]["columns"]
    platform.ok("POST", f"{FLOW}/sourceConnections", body)


@pytest.mark.parametrize(
    ("spec_id", "name"),
    [
        (p.SALESFORCE, "salesforce"),
        (p.DYNAMICS, "dynamics-online"),
        (p.VEEVA, "veeva"),
        ("cc6a4487-9e91-433e-a3a3-9cf6626c1806", "hubspot"),
        (p.DATA_LAKE, "datalake"),
    ],
)
def test_a_connection_spec_can_be_looked_up_by_id_and_name(platform: Platform, spec_id: str, name: str) -> None:
    assert one(platform, f"/connectionSpecs/{spec_id}")["name"] == name
    assert one(platform, f'/connectionSpecs?property=name=="{name}"')["id"] == spec_id
