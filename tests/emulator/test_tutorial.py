"""Adobe's tutorial on collecting CRM data: its requests as printed, with its mistakes corrected."""

from __future__ import annotations

import time

from pipelines import by_id, unique
from plain_client import Json, Platform, Request, code_of

CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"


def base_connection(platform: Platform) -> str:
    # Not shown in the tutorial, which assumes that it exists.
    body = {
        "name": unique("CRM"),
        "auth": {
            "specName": "Basic Authentication",
            "params": {
                "environmentUrl": "https://acme.my.salesforce.com",
                "username": "u",
                "password": "p",
                "securityToken": "s",
            },
        },
        "connectionSpec": {"id": SALESFORCE, "version": "1.0"},
    }
    made: Json = platform.ok("POST", "/foundation/flowservice/connections", body)
    return str(made["id"])


def source_connection(platform: Platform) -> Json:
    names = ("first_name", "last_name", "email")
    columns: list[Json] = [{"name": name, "type": "string", "meta": {"originalType": "String"}} for name in names]
    # Missing in the tutorial, but used by its flow.
    columns.append({"name": "updatedAt", "type": "string"})
    return {
        "name": "Source Connection for a CRM system",
        "baseConnectionId": base_connection(platform),
        "description": "Source Connection for a CRM system",
        "data": {"format": "tabular"},
        "params": {"tableName": "Tutorial_Contact__c", "columns": columns},
        # Missing in the tutorial, but required.
        "connectionSpec": {"id": SALESFORCE, "version": "1.0"},
    }


def schema() -> Json:
    return {
        "type": "object",
        "title": unique("Target schema for CRM source connector"),
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


def mapping(destination: str, source: str) -> Json:
    return {
        "destinationXdmPath": destination,
        "sourceAttribute": source,
        "identity": False,
        "identityGroup": None,
        "namespaceCode": None,
        "version": 0,
    }


def flow(source_id: str, target_id: str, mapping_id: str) -> Json:
    return {
        "name": "Dataflow between a CRM system and Platform",
        "description": "Inbound data to Platform",
        # The tutorial prints the id of CloudStorageToAEP.
        "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [target_id],
        "transformations": [
            {
                "name": "Copy",
                "params": {"deltaColumn": {"name": "updatedAt", "dateFormat": "YYYY-MM-DD", "timezone": "UTC"}},
            },
            {"name": "Mapping", "params": {"mappingId": mapping_id}},
        ],
        # The tutorial prints a start in 2019.
        "scheduleParams": {"startTime": str(int(time.time()) + 3600), "frequency": "minute", "interval": "30"},
    }


def test_the_corrected_tutorial_works(platform: Platform) -> None:
    source = platform.ok("POST", "/foundation/flowservice/sourceConnections", source_connection(platform))
    assert set(source) == {"id", "etag"}

    made = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", schema())
    assert made["meta:class"] == "https://ns.adobe.com/xdm/context/profile"
    assert made["version"] == "1.0"

    content_type = "application/vnd.adobe.xed-full-notext+json; version=1"
    dataset = {"name": "Target Dataset for CRM data", "schemaRef": {"id": made["$id"], "contentType": content_type}}
    (reference,) = platform.ok("POST", "/foundation/catalog/dataSets?requestDataSource=true", dataset)
    assert reference.startswith("@/dataSets/")

    target = platform.ok(
        "POST",
        "/foundation/flowservice/targetConnections",
        {
            "name": "Target Connection for a CRM connector",
            "description": "Target Connection for CRM data",
            "data": {"schema": {"id": made["$id"], "version": "application/vnd.adobe.xed-full+json;version=1.0"}},
            "params": {"dataSetId": reference.removeprefix("@/dataSets/")},
            "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
        },
    )
    mapping_set = platform.ok(
        "POST",
        "/foundation/conversion/mappingSets",
        {
            "version": 0,
            "xdmSchema": made["$id"],
            "xdmVersion": "1.0",
            "id": None,
            "mappings": [
                mapping("person.name.firstName", "first_name"),
                mapping("person.name.lastName", "last_name"),
                mapping("personalEmail.address", "email"),
            ],
        },
    )
    (spec,) = platform.ok("GET", "/foundation/flowservice/flowSpecs?property=name==%22CRMToAEP%22")["items"]
    assert spec["id"] == CRM_TO_AEP
    assert SALESFORCE in spec["sourceConnectionSpecIds"]

    desired = flow(source["id"], target["id"], mapping_set["id"])
    created = platform.ok("POST", "/foundation/flowservice/flows", desired)
    (read,) = platform.ok("GET", f"/foundation/flowservice/flows/{created['id']}")["items"]
    assert read["state"] == "enabled"
    assert read["scheduleParams"] == desired["scheduleParams"], "strings are returned as strings"


def test_the_mistakes_in_the_printed_flow_are_rejected(platform: Platform) -> None:
    source = platform.ok("POST", "/foundation/flowservice/sourceConnections", source_connection(platform))
    made = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", schema())
    content_type = "application/vnd.adobe.xed-full-notext+json; version=1"
    dataset = {"name": unique("dataset"), "schemaRef": {"id": made["$id"], "contentType": content_type}}
    (reference,) = platform.ok("POST", "/foundation/catalog/dataSets", dataset)
    body = {
        "data": {"schema": {"id": made["$id"], "version": "application/vnd.adobe.xed-full+json;version=1.0"}},
        "params": {"dataSetId": reference.removeprefix("@/dataSets/")},
        "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c"},
    }
    target = platform.ok("POST", "/foundation/flowservice/targetConnections", body)
    legacy = {"xdmSchema": made["$id"], "mappings": [mapping("person.name.firstName", "first_name")]}
    mapping_set = platform.ok("POST", "/foundation/conversion/mappingSets", legacy)
    desired = flow(source["id"], target["id"], mapping_set["id"])

    past = {**desired, "scheduleParams": {**desired["scheduleParams"], "startTime": "1567411548"}}
    assert code_of(platform.send(Request("POST", "/foundation/flowservice/flows", past))) == "1360-400"

    files = {**desired, "flowSpec": {"id": "9753525b-82c7-4dce-8a9b-5ccfce2b9876", "version": "1.0"}}
    assert platform.send(Request("POST", "/foundation/flowservice/flows", files)).status_code == 400


def test_the_lookups_in_the_tutorial_require_a_token_and_a_version(platform: Platform) -> None:
    specs = Request("GET", "/foundation/flowservice/flowSpecs?property=name==CRMToAEP", headers={"Authorization": None})
    assert code_of(platform.send(specs)) == "403010"

    made = platform.ok("POST", "/foundation/schemaregistry/tenant/schemas", schema())
    path = f"/foundation/schemaregistry/tenant/schemas/{by_id(made['$id'])}"
    unversioned = Request("GET", path, headers={"Accept": "application/vnd.adobe.xed-full+json"})
    assert code_of(platform.send(unversioned)) == "XDM-1007-400"
