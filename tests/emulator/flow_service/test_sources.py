"""Sources: file, streaming and database connectors, from the connection to the flow."""

from __future__ import annotations

import time
from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW, Json, Pipeline
from plain_client import Platform, Request, code_of

S3 = "ecadc60c-7455-4d87-84dc-2a0e293d997b"
HTTP_API = "bc7b00d6-623a-4dfc-9fdb-f1240aeadaeb"
KINESIS = "86043421-563b-46ec-8e6c-e23184711bf6"
SNOWFLAKE = "b2e08744-4f1a-40ce-af30-7abac3e23cf3"
STREAMING = "d69717ba-71b4-4313-b654-49f9cf126d7a"
HTTP_API_RAW = "c1a19761-d2c7-4702-b9fa-fe91f0613e81"


def one(platform: Platform, path: str) -> dict[str, Any]:
    (item,) = platform.ok("GET", f"{FLOW}{path}")["items"]
    return dict(item)


def connect(platform: Platform, spec_id: str, auth: str, **params: object) -> str:
    body = {"name": p.unique("base"), "auth": {"specName": auth, "params": params}, "connectionSpec": {"id": spec_id}}
    return str(platform.ok("POST", f"{FLOW}/connections", body)["id"])


def source(platform: Platform, spec_id: str, base_id: str, **fields: object) -> str:
    body = {"name": p.unique("source"), "baseConnectionId": base_id, "connectionSpec": {"id": spec_id, "version": "1.0"}}
    return str(platform.ok("POST", f"{FLOW}/sourceConnections", {**body, **fields})["id"])


def flow(source_id: str, pipeline: Pipeline, spec_id: str, **fields: object) -> Json:
    ids = {"sourceConnectionIds": [source_id], "targetConnectionIds": [pipeline.target]}
    return {"name": p.unique("flow"), "flowSpec": {"id": spec_id, "version": "1.0"}, **ids, **fields}


def mapping(pipeline: Pipeline) -> list[Json]:
    return [{"name": "Mapping", "params": {"mappingId": pipeline.mapping, "mappingVersion": 0}}]


@pytest.mark.parametrize("spec_id", [S3, HTTP_API, KINESIS, SNOWFLAKE])
def test_each_source_is_listed_with_a_flow_spec_that_reads_it(platform: Platform, spec_id: str) -> None:
    spec = one(platform, f"/connectionSpecs/{spec_id}")
    assert spec["authSpec"]
    specs = platform.ok("GET", f"{FLOW}/flowSpecs?property=sourceConnectionSpecIds=={spec_id}")["items"]
    assert specs


def test_files_are_read_on_a_schedule(platform: Platform, pipeline: Pipeline) -> None:
    base = connect(platform, S3, "Access Key", s3AccessKey="AKIA", s3SecretKey="opensesame", bucketName="acme")
    assert one(platform, f"/connections/{base}")["auth"]["params"]["s3SecretKey"] == "********"
    data, params = {"format": "delimited", "properties": {"columnDelimiter": ";"}}, {"path": "/acme/*.csv", "type": "folder"}
    source_id = source(platform, S3, base, data=data, params=params)
    assert one(platform, f"/sourceConnections/{source_id}")["params"] == params
    schedule = {"startTime": int(time.time()) + 3600, "frequency": "hour", "interval": 1}
    body = flow(source_id, pipeline, p.CLOUD_STORAGE_TO_AEP, transformations=mapping(pipeline), scheduleParams=schedule)
    made = platform.ok("POST", f"{FLOW}/flows", body)
    assert one(platform, f"/flows/{made['id']}")["scheduleParams"] == schedule

    rejected = platform.send(Request("POST", f"{FLOW}/flows", {**body, "flowSpec": {"id": p.CRM_TO_AEP}}))
    assert rejected.status_code == 400


def test_a_database_may_hold_any_table(platform: Platform, pipeline: Pipeline) -> None:
    secrets = {"privateKey": "opensesame", "account": "acme", "username": "etl", "database": "CRM"}
    base = connect(platform, SNOWFLAKE, "KeyPair Authentication", **secrets)
    source_id = source(platform, SNOWFLAKE, base, data={"format": "tabular"}, params={"tableName": "CRM.PUBLIC.CONTACTS"})
    whole = p.flow(source_id, pipeline.target, pipeline.mapping)
    made = platform.ok("POST", f"{FLOW}/flows", whole)
    assert one(platform, f"/flows/{made['id']}")["inheritedAttributes"]["sourceConnections"][0]["id"] == source_id


@pytest.mark.parametrize("spec_id", [STREAMING, HTTP_API_RAW])
def test_a_stream_has_neither_schedule_nor_runs(platform: Platform, pipeline: Pipeline, spec_id: str) -> None:
    base = connect(platform, HTTP_API, "Streaming Connection", dataType="raw", sourceId="web", authenticationRequired=False)
    source_id = source(platform, HTTP_API, base)
    body = flow(source_id, pipeline, spec_id, transformations=mapping(pipeline))
    made = platform.ok("POST", f"{FLOW}/flows", body)
    remote = one(platform, f"/flows/{made['id']}")
    assert "scheduleParams" not in remote
    assert {name: remote[name] for name in body} == body
    assert platform.ok("GET", f"{FLOW}/flows/{made['id']}/runs")["items"] == []
    assert code_of(platform.send(Request("POST", f"{FLOW}/runs", p.run(made["id"])))) == "1386-400"

    platform.ok("POST", f"{FLOW}/flows/{made['id']}/action?op=disable")
    assert one(platform, f"/flows/{made['id']}")["state"] == "disabled"
    schedule = {"startTime": int(time.time()) + 3600, "frequency": "hour", "interval": 1}
    assert platform.send(Request("POST", f"{FLOW}/flows", {**body, "scheduleParams": schedule})).status_code == 400


def test_a_kinesis_stream_needs_its_name(platform: Platform) -> None:
    keys = {"accessKeyId": "AKIA", "secretKey": "opensesame", "region": "us-east-1"}
    base = connect(platform, KINESIS, "Aws Kinesis authentication credentials", **keys)
    source_id = source(platform, KINESIS, base, data={"format": "json"}, params={"stream": "clicks", "dataType": "raw"})
    assert one(platform, f"/sourceConnections/{source_id}")["params"]["stream"] == "clicks"


def test_configs_list_what_can_be_explored(platform: Platform, pipeline: Pipeline) -> None:
    listed = platform.ok("GET", f"{FLOW}/connections/{pipeline.base}/configs")
    assert "Contact" in {each["path"] for each in listed}
    assert listed == platform.ok("GET", f"{FLOW}/connectionSpecs/{p.SALESFORCE}/configs")


def test_configs_of_an_object_are_its_columns(platform: Platform, pipeline: Pipeline) -> None:
    configs = f"{FLOW}/connections/{pipeline.base}/configs"
    types = {each["columnName"]: each["columnType"] for each in platform.ok("GET", f"{configs}?object=Contact")["items"]}
    assert (types["Email"], types["LastModifiedDate"]) == ("string", "date-time")
    accounts = [each["columnName"] for each in platform.ok("GET", f"{configs}?object=Account")["items"]]
    assert "Industry" in accounts
    assert "Email" not in accounts
    response = platform.send(Request("GET", f"{configs}?object=Contcat"))
    assert (response.status_code, code_of(response)) == (400, "1330-400")


def test_configs_of_an_auth_type_say_what_an_account_needs_to_know(platform: Platform) -> None:
    configs = f"{FLOW}/connectionSpecs/{S3}/configs"
    params = platform.ok("GET", f"{configs}?authType=IamBasedAuthentication")["configParams"]
    assert params["IAMRole"].startswith("arn:aws:iam::")
    assert platform.ok("GET", f"{configs}?authType=AccessKey")["configParams"] == {}
    response = platform.send(Request("GET", f"{configs}?authType=Magic"))
    assert (response.status_code, code_of(response)) == (400, "1302-400")
    base = connect(platform, S3, "IAMRole Based", bucketName="acme")
    assert one(platform, f"/connections/{base}")["auth"]["params"] == {"bucketName": "acme"}


def test_a_connection_spec_with_accounts_is_not_explored_without_one(platform: Platform) -> None:
    response = platform.send(Request("GET", f"{FLOW}/connectionSpecs/{p.SALESFORCE}/explore?objectType=root"))
    assert (response.status_code, code_of(response)) == (400, "1336-400")
    assert platform.send(Request("GET", f"{FLOW}/connectionSpecs/nope/explore?objectType=root")).status_code == 404


# --- accounts -------------------------------------------------------------------------------------------------------


def account(**params: object) -> Json:
    body = p.base_connection()
    return {**body, "auth": {**body["auth"], "params": {**body["auth"]["params"], **params}}}


def is_reached(platform: Platform, base: str) -> bool:
    """What the test of a connection says, and whether it can be explored: both must be the same."""
    result: bool = platform.ok("GET", f"{FLOW}/connections/{base}/test")["result"]
    explored = platform.send(Request("GET", f"{FLOW}/connections/{base}/explore?objectType=root"))
    configs = platform.send(Request("GET", f"{FLOW}/connections/{base}/configs"))
    assert (explored.ok, configs.ok) == (result, result)
    return result


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://acme.my.salesforce.com", True),
        ("https://acme.my.salesforce.invalid", False),
        ("crm.INVALID:443", False),
        ("https://acme.invalid.com/x.invalid", True),
        ("https://[broken", True),
    ],
)
def test_an_account_works_unless_its_address_is_nowhere(platform: Platform, address: str, expected: bool) -> None:  # noqa: FBT001
    # The name of a user is no address.
    body = account(environmentUrl=address, username="ada@acme.invalid")
    assert is_reached(platform, platform.ok("POST", f"{FLOW}/connections", body)["id"]) is expected


def test_an_account_works_after_its_address_is_corrected(platform: Platform) -> None:
    made = platform.ok("POST", f"{FLOW}/connections", account(environmentUrl="https://typo.invalid"))
    assert not is_reached(platform, made["id"])
    response = platform.send(Request("GET", f"{FLOW}/connections/{made['id']}/explore?objectType=root"))
    assert (code_of(response), "typo.invalid" in response.text) == ("1308-400", True)
    change = [{"op": "replace", "path": "/auth/params", "value": account()["auth"]["params"]}]
    platform.ok("PATCH", f"{FLOW}/connections/{made['id']}", change, **{"If-Match": made["etag"]})
    assert is_reached(platform, made["id"])


def test_an_incomplete_draft_is_no_account(platform: Platform) -> None:
    whole = p.base_connection()
    made = platform.ok("POST", f"{FLOW}/connections?mode=draft", {"name": "draft", "connectionSpec": whole["connectionSpec"]})
    assert not is_reached(platform, made["id"])
    change = [{"op": "add", "path": "/auth", "value": whole["auth"]}]
    platform.ok("PATCH", f"{FLOW}/connections/{made['id']}", change, **{"If-Match": made["etag"]})
    assert is_reached(platform, made["id"])
