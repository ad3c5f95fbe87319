"""Adobe's tutorial on collecting CRM data: its requests as printed, in order, and its samples of answers.

Only ids and placeholders are replaced. What the tutorial leaves out is added, and what a later page of Adobe's corrects is
corrected, one by one and with the reason; the requests as printed are rejected with the documented error.
"""

from __future__ import annotations

import json
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import requests
from pipelines import by_id, unique
from plain_client import Json, Platform, Request, code_of, start

FLOW = "/foundation/flowservice"
# From the appendix of the tutorial, and from its sample of a flow spec.
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
# The flow spec that the tutorial prints in its last request: that of files.
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"
# The table that the local Platform has for the tutorial, which prints a placeholder.
TABLE = "Tutorial_Contact__c"

SOURCE = """{
        "name": "Source Connection for a CRM system",
        "baseConnectionId": "4cb0c374-d3bb-4557-b139-5712880adc55",
        "description": "Source Connection for a CRM system",
        "data": {
            "format": "tabular",
        },
        "params": {
            "tableName": "{TABLE_PATH}",
            "columns": [
                {"name": "first_name", "type": "string", "meta": {"originalType": "String"}},
                {"name": "last_name", "type": "string", "meta": {"originalType": "String"}},
                {"name": "email", "type": "string", "meta": {"originalType": "String"}}
            ]
        }
    }"""
SCHEMA: Json = {
    "type": "object",
    "title": "Target schema for CRM source connector",
    "description": "",
    "allOf": [
        {"$ref": "https://ns.adobe.com/xdm/context/profile"},
        {"$ref": "https://ns.adobe.com/xdm/context/profile-person-details"},
        {"$ref": "https://ns.adobe.com/xdm/context/profile-personal-details"},
    ],
    "meta:containerId": "tenant",
    "meta:resourceType": "schemas",
    "meta:xdmType": "object",
    "meta:class": "https://ns.adobe.com/xdm/context/profile",
}
DATASET: Json = {
    "name": "Target Dataset for CRM data",
    "schemaRef": {
        "id": "https://ns.adobe.com/{TENANT_ID}/schemas/417a33eg81a221bd10495920574gfa2d",
        "contentType": "application/vnd.adobe.xed-full-notext+json; version=1",
    },
}
TARGET: Json = {
    "name": "Target Connection for a CRM connector",
    "description": "Target Connection for CRM data",
    "data": {
        "schema": {
            "id": "https://ns.adobe.com/{TENANT_ID}/schemas/417a33eg81a221bd10495920574gfa2d",
            "version": "application/vnd.adobe.xed-full+json;version=1.0",
        }
    },
    "params": {"dataSetId": "5c8c3c555033b814b69f947f"},
    "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
}


def _mapping(destination: str, source: str) -> Json:
    rest = {"identity": False, "identityGroup": None, "namespaceCode": None, "version": 0}
    return {"destinationXdmPath": destination, "sourceAttribute": source, **rest}


MAPPING_SET: Json = {
    "version": 0,
    "xdmSchema": "https://ns.adobe.com/{TENANT_ID}/schemas/417a33eg81a221bd10495920574gfa2d",
    "xdmVersion": "1.0",
    "id": None,
    "mappings": [
        _mapping("person.name.firstName", "first_name"),
        _mapping("person.name.lastName", "last_name"),
        _mapping("personalEmail.address", "email"),
    ],
}
DATAFLOW: Json = {
    "name": "Dataflow between a CRM system and Platform",
    "description": "Inbound data to Platform",
    "flowSpec": {"id": CLOUD_STORAGE_TO_AEP, "version": "1.0"},
    "sourceConnectionIds": ["9a603322-19d2-4de9-89c6-c98bd54eb184"],
    "targetConnectionIds": ["4ee890c7-519c-4291-bd20-d64186b62da8"],
    "transformations": [
        {"name": "Copy", "params": {"deltaColumn": {"name": "updatedAt", "dateFormat": "YYYY-MM-DD", "timezone": "UTC"}}},
        {"name": "Mapping", "params": {"mappingId": "ab91c736-1f3d-4b09-8424-311d3d3e3cea"}},
    ],
    "scheduleParams": {"startTime": "1567411548", "frequency": "minute", "interval": "30"},
}

# --- the samples of answers -----------------------------------------------------------------------------------------

# The comma that the tutorial leaves out between the two is added.
CREATED: Json = {"id": "9a603322-19d2-4de9-89c6-c98bd54eb184", "etag": '"4a00038b-0000-0200-0000-5ebc47fd0000"'}
CREATED_SCHEMA: Json = {
    "$id": "https://ns.adobe.com/{TENANT_ID}/schemas/417a33eg81a221bd10495920574gfa2d",
    "meta:altId": "{TENANT_ID}.schemas.417a33eg81a221bd10495920574gfa2d",
    "meta:resourceType": "schemas",
    "version": "1.0",
    "title": "Target schema for CRM source connector",
    "description": "",
    "type": "object",
    "allOf": [{"$ref": "https://ns.adobe.com/xdm/context/profile"}],
    "meta:xdmType": "object",
    "meta:class": "https://ns.adobe.com/xdm/context/profile",
    "meta:abstract": False,
    "meta:extensible": False,
    "meta:extends": ["https://ns.adobe.com/xdm/context/profile"],
    "meta:containerId": "tenant",
    "meta:registryMetadata": {"eTag": "6m/FrIlXYU2+yH6idbcmQhKSlMo="},
}
CREATED_MAPPING_SET: Json = {
    "id": "ab91c736-1f3d-4b09-8424-311d3d3e3cea",
    "version": 1,
    "createdDate": 1568047685000,
    "modifiedDate": 1568047703000,
    "inputSchemaRef": {"id": None, "contentType": None},
    "outputSchemaRef": {"id": "https://ns.adobe.com/{TENANT_ID}/schemas/417a33eg81a221bd10495920574gfa2d", "contentType": "1.0"},
    "mappings": [
        {
            "id": "7bbea5c0f0ef498aa20aa2e2e5c22290",
            "version": 0,
            "createdDate": 1568047685000,
            "modifiedDate": 1568047685000,
            "sourceType": "text/x.schema-path",
            "source": "Id",
            "destination": "_id",
            "identity": False,
            "primaryIdentity": False,
            "matchScore": 0.0,
            "sourceAttribute": "Id",
            "destinationXdmPath": "_id",
        }
    ],
    "status": "PUBLISHED",
    "xdmVersion": "1.0",
    "schemaRef": {"id": "https://ns.adobe.com/{TENANT_ID}/schemas/2574494fdb01fa14c25b52d717ccb828", "contentType": "1.0"},
    "xdmSchema": "https://ns.adobe.com/{TENANT_ID}/schemas/2574494fdb01fa14c25b52d717ccb828",
}
DRAFT_07 = "http://json-schema.org/draft-07/schema#"
DELTA: Json = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "dateFormat": {"type": "string"}, "timezone": {"type": "string"}},
    "required": ["name"],
}
FLOW_SPEC: Json = {
    "id": CRM_TO_AEP,
    "name": "CRMToAEP",
    "providerId": "0ed90a81-07f4-4586-8190-b40eccef1c5a",
    "version": "1.0",
    "transformationSpecs": [
        {
            "name": "Copy",
            "spec": {"$schema": DRAFT_07, "type": "object", "properties": {"deltaColumn": DELTA}, "required": ["deltaColumn"]},
        },
        {
            "name": "Mapping",
            "spec": {
                "$schema": DRAFT_07,
                "type": "object",
                "description": "defines various params required for different mapping from source to target",
                "properties": {"mappingId": {"type": "string"}, "mappingVersion": {"type": "string"}},
            },
        },
    ],
}
SCHEDULE_FIELDS = {
    "startTime": "integer",
    "endTime": "integer",
    "interval": "integer",
    "frequency": "string",
    "backfill": "boolean",
}


def differences(sample: Any, answer: Any, path: str = "") -> list[str]:
    """Where an answer lacks a field of a sample, or has a value of another type."""
    if isinstance(sample, dict) and isinstance(answer, dict):
        found = [f"{path}/{name} is missing" for name in sample if name not in answer]
        return found + [
            each for name in sample if name in answer for each in differences(sample[name], answer[name], f"{path}/{name}")
        ]
    if isinstance(sample, list) and isinstance(answer, list):
        if not answer:
            return [f"{path} is empty"]
        return [each for item in answer for each in differences(sample[0], item, f"{path}/*")]
    return [] if type(sample) is type(answer) else [f"{path} is {answer!r}, unlike {sample!r}"]


# --- the requests ---------------------------------------------------------------------------------------------------


def base_connection(platform: Platform) -> str:
    """The account, which the tutorial assumes to exist."""
    params = {"environmentUrl": "https://acme.my.salesforce.com", "username": "u", "password": "p", "securityToken": "s"}
    auth = {"specName": "Basic Authentication", "params": params}
    body = {"name": unique("CRM"), "auth": auth, "connectionSpec": {"id": SALESFORCE, "version": "1.0"}}
    return str(platform.ok("POST", f"{FLOW}/connections", body)["id"])


def source(platform: Platform) -> Json:
    """The first body, as JSON and with the connection spec that OpenAPI requires."""
    body: Json = json.loads(SOURCE.replace('"tabular",', '"tabular"').replace("{TABLE_PATH}", TABLE))
    return {**body, "baseConnectionId": base_connection(platform), "connectionSpec": {"id": SALESFORCE}}


def schema() -> Json:
    """The second body; a title is unique in a sandbox."""
    return {**SCHEMA, "title": unique(SCHEMA["title"])}


def dataset(schema_id: str) -> Json:
    """The third body."""
    return {**DATASET, "schemaRef": {**DATASET["schemaRef"], "id": schema_id}}


def target(schema_id: str, dataset_id: str) -> Json:
    """The fourth body."""
    body = deepcopy(TARGET)
    body["data"]["schema"]["id"] = schema_id
    body["params"]["dataSetId"] = dataset_id
    return body


class Made:
    """What the tutorial creates, step by step, up to the flow."""

    def __init__(self, platform: Platform) -> None:
        self.source = platform.ok("POST", f"{FLOW}/sourceConnections", source(platform))
        self.schema = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", schema())
        path = "/foundation/catalog/dataSets?requestDataSource=true"
        self.dataset = platform.ok("POST", path, dataset(self.schema["$id"]))
        dataset_id = self.dataset[0].removeprefix("@/dataSets/")
        self.target = platform.ok("POST", f"{FLOW}/targetConnections", target(self.schema["$id"], dataset_id))
        path, body = "/foundation/conversion/mappingSets", {**MAPPING_SET, "xdmSchema": self.schema["$id"]}
        self.mapping_set = platform.ok("POST", path, body)
        self.flow_specs = platform.ok("GET", f"{FLOW}/flowSpecs?property=name==%22CRMToAEP%22")

    def flow(self) -> Json:
        """The last body: with the flow spec that the step before returns, and a start that is not past (1360-400)."""
        body = deepcopy(DATAFLOW)
        body["flowSpec"]["id"] = self.flow_specs["items"][0]["id"]
        body["sourceConnectionIds"], body["targetConnectionIds"] = [self.source["id"]], [self.target["id"]]
        body["transformations"][1]["params"]["mappingId"] = self.mapping_set["id"]
        body["scheduleParams"]["startTime"] = str(int(time.time()) + 3600)
        return body


# --- the tests ------------------------------------------------------------------------------------------------------


def test_the_tutorial_works_in_its_order_and_answers_as_in_its_samples(platform: Platform) -> None:
    made = Made(platform)
    assert set(made.source) == set(made.target) == set(CREATED)
    assert differences(CREATED, made.source) == differences(CREATED, made.target) == []
    assert differences(CREATED_SCHEMA, made.schema) == []
    same = (
        "meta:resourceType",
        "version",
        "description",
        "type",
        "meta:xdmType",
        "meta:class",
        "meta:abstract",
        "meta:containerId",
    )
    assert {name: made.schema[name] for name in same} == {name: CREATED_SCHEMA[name] for name in same}
    assert [part["$ref"] for part in made.schema["allOf"]] == [part["$ref"] for part in SCHEMA["allOf"]]
    assert {part["$ref"] for part in SCHEMA["allOf"]} <= set(made.schema["meta:extends"])
    (reference,) = made.dataset
    assert reference.startswith("@/dataSets/")
    assert differences(CREATED_MAPPING_SET, made.mapping_set) == []
    assert [each["destination"] for each in made.mapping_set["mappings"]] == [
        each["destinationXdmPath"] for each in MAPPING_SET["mappings"]
    ]

    desired = made.flow()
    created = platform.ok("POST", f"{FLOW}/flows", desired)
    assert set(created) == set(CREATED)
    (read,) = platform.ok("GET", f"{FLOW}/flows/{created['id']}")["items"]
    assert read["state"] == "enabled"
    assert {name: read[name] for name in desired} == desired, "strings are returned as strings"


def test_the_flow_spec_is_the_one_of_the_sample(platform: Platform) -> None:
    (spec,) = platform.ok("GET", f"{FLOW}/flowSpecs?property=name==%22CRMToAEP%22")["items"]
    assert {name: spec[name] for name in FLOW_SPEC} == FLOW_SPEC
    assert SALESFORCE in spec["sourceConnectionSpecIds"]
    schedule = spec["scheduleSpec"]
    assert (schedule["name"], schedule["type"], schedule["spec"]["$schema"]) == ("PeriodicSchedule", "Periodic", DRAFT_07)
    fields = schedule["spec"]["properties"]
    assert {name: field["type"] for name, field in fields.items()} == SCHEDULE_FIELDS
    # The tutorial's text, and today's pages, know once, too.
    assert set(fields["frequency"]["enum"]) == {"once", "minute", "hour", "day", "week"}


def test_a_flow_ends_at_its_end_time(tmp_path: Path, session: requests.Session) -> None:
    local = start(tmp_path, "--no-strict")
    platform = Platform(session, local.url).log_in()
    made = Made(platform)
    body = made.flow()
    body["scheduleParams"]["endTime"] = str(int(body["scheduleParams"]["startTime"]) + 3600)
    flow = platform.ok("POST", f"{FLOW}/flows", body)["id"]
    platform.control("POST", "/clock", {"ahead_s": 6 * 3600})
    runs = platform.ok("GET", f"{FLOW}/runs?property=flowId=={flow}&limit=100")["items"]
    assert local.stop() == (0, "")
    assert len(runs) == 3, "one every half hour, from the start to the end"


def test_the_first_body_as_printed_is_not_json(platform: Platform) -> None:
    printed = SOURCE.replace("{TABLE_PATH}", TABLE).replace("4cb0c374-d3bb-4557-b139-5712880adc55", base_connection(platform))
    rejected = platform.send(Request("POST", f"{FLOW}/sourceConnections", raw=printed.encode()))
    assert rejected.status_code == 400
    without_spec = json.loads(printed.replace('"tabular",', '"tabular"'))
    assert code_of(platform.send(Request("POST", f"{FLOW}/sourceConnections", without_spec))) == "1304-400"


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        ({"scheduleParams": DATAFLOW["scheduleParams"]}, "1360-400"),
        # Adobe's later pages print CRMToAEP here.
        ({"flowSpec": DATAFLOW["flowSpec"]}, None),
    ],
)
def test_the_mistakes_in_the_printed_flow_are_rejected(platform: Platform, mistake: Json, code: str | None) -> None:
    body = Made(platform).flow()
    rejected = platform.send(Request("POST", f"{FLOW}/flows", {**body, **mistake}))
    assert (rejected.status_code, code_of(rejected)) == (400, code)
    platform.ok("POST", f"{FLOW}/flows", body)


@pytest.mark.parametrize(("method", "path"), [("GET", "flowSpecs?property=name==CRMToAEP"), ("POST", "flows")])
def test_the_requests_without_a_token_are_rejected(platform: Platform, method: str, path: str) -> None:
    body = Made(platform).flow() if method == "POST" else None
    assert code_of(platform.send(Request(method, f"{FLOW}/{path}", body, {"Authorization": None}))) == "403010"


def test_a_lookup_of_the_schema_requires_a_version(platform: Platform) -> None:
    made = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", schema())
    path = f"/foundation/schemaregistry/tenant/schemas/{by_id(made['$id'])}"
    unversioned = Request("GET", path, headers={"Accept": "application/vnd.adobe.xed-full+json"})
    assert code_of(platform.send(unversioned)) == "XDM-1007-400"


def test_the_whole_tutorial_is_accepted_in_strict_mode_but_for_the_column_that_its_flow_reads(strict_platform: Platform) -> None:
    made = Made(strict_platform)
    rejected = strict_platform.send(Request("POST", f"{FLOW}/flows", made.flow()))
    assert (rejected.status_code, "updatedAt" in rejected.text) == (400, True)
    body = source(strict_platform)
    body["params"]["columns"].append({"name": "updatedAt", "type": "string"})
    made.source = strict_platform.ok("POST", f"{FLOW}/sourceConnections", body)
    strict_platform.ok("POST", f"{FLOW}/flows", made.flow())
