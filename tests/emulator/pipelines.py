"""Pipelines: request bodies as in Adobe's documentation, and complete pipelines built from them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from plain_client import Platform

Json = dict[str, Any]

FLOW = "/foundation/flowservice"
REGISTRY = "/foundation/schemaregistry"
CATALOG = "/foundation/catalog"
PREP = "/foundation/conversion"

SALESFORCE = "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"
DYNAMICS = "38ad80fe-8b06-4938-94f4-d4ee80266b07"
GOOGLE_CLOUD = "32e8f412-cdf7-464c-9885-78184cb113fd"
VEEVA = "fcad62f3-09b0-41d3-be11-449d5a621b69"
DATA_LAKE = "c604ff05-7f1a-43c0-8e18-33bf874cb11c"
CRM_TO_AEP = "14518937-270c-4525-bdec-c2ba7cce3860"
CLOUD_STORAGE_TO_AEP = "9753525b-82c7-4dce-8a9b-5ccfce2b9876"

CONTEXT = "https://ns.adobe.com/xdm/context"
PROFILE = f"{CONTEXT}/profile"
EVENT = f"{CONTEXT}/experienceevent"

XED = "application/vnd.adobe.xed+json; version=1"
XED_FULL = "application/vnd.adobe.xed-full+json; version=1"
XED_ID = "application/vnd.adobe.xed-id+json"
XDM = "application/vnd.adobe.xdm+json"


def unique(name: str) -> str:
    """A unique name."""
    return f"{name} {uuid.uuid4().hex[:12]}"


def base_connection(spec_id: str = SALESFORCE) -> Json:
    """A base connection to a CRM."""
    params = {
        "environmentUrl": "https://acme.my.salesforce.com",
        "username": "acme",
        "password": "opensesame",
        "securityToken": "open-token",
    }
    return {
        "name": unique("base"),
        "description": "a CRM",
        "auth": {"specName": "Basic Authentication", "params": params},
        "connectionSpec": {"id": spec_id, "version": "1.0"},
    }


def source_connection(base_id: str, spec_id: str = SALESFORCE) -> Json:
    """A source connection to some columns of a table."""
    columns = ("Id", "FirstName", "LastName", "Email", "LastModifiedDate")
    return {
        "name": unique("source"),
        "baseConnectionId": base_id,
        "data": {"format": "tabular"},
        "params": {"tableName": "Contact", "columns": [{"name": name, "type": "string"} for name in columns]},
        "connectionSpec": {"id": spec_id, "version": "1.0"},
    }


def storage_connection() -> Json:
    """A base connection to a cloud storage."""
    params = {"accessKeyId": "GOOG", "secretAccessKey": "opensesame"}
    return {
        "name": unique("storage"),
        "auth": {"specName": "Basic Authentication for google-cloud", "params": params},
        "connectionSpec": {"id": GOOGLE_CLOUD, "version": "1.0"},
    }


def file_connection(base_id: str) -> Json:
    """A source connection to one file."""
    return {
        "name": unique("file"),
        "baseConnectionId": base_id,
        "data": {"format": "delimited", "properties": {"columnDelimiter": ";"}},
        "params": {"path": "/crm/leads.csv", "recursive": False},
        "connectionSpec": {"id": GOOGLE_CLOUD, "version": "1.0"},
    }


def field_group() -> Json:
    """Custom fields under the tenant's namespace."""
    fields = {"crmId": {"type": "string", "title": "CRM id"}, "tier": {"type": "string", "enum": ["gold", "silver"]}}
    return {
        "type": "object",
        "title": unique("field group"),
        "description": "CRM fields",
        "meta:intendedToExtend": [PROFILE],
        "definitions": {"crm": {"properties": {"_localtenant": {"type": "object", "properties": fields}}}},
        "allOf": [{"$ref": "#/definitions/crm"}],
    }


def schema(*more: str) -> Json:
    """The schema of Adobe's tutorial, with additional field groups."""
    references = [PROFILE, f"{CONTEXT}/profile-person-details", f"{CONTEXT}/profile-personal-details", *more]
    return {
        "type": "object",
        "title": unique("schema"),
        "description": "",
        "allOf": [{"$ref": reference} for reference in references],
    }


def descriptor(schema_id: str) -> Json:
    """An identity descriptor: the email address as primary identity."""
    return {
        "@type": "xdm:descriptorIdentity",
        "xdm:sourceSchema": schema_id,
        "xdm:sourceVersion": 1,
        "xdm:sourceProperty": "/personalEmail/address",
        "xdm:namespace": "Email",
        "xdm:property": "xdm:code",
        "xdm:isPrimary": True,
    }


def dataset(schema_id: str) -> Json:
    """A dataset of a schema."""
    content_type = "application/vnd.adobe.xed-full-notext+json; version=1"
    return {"name": unique("dataset"), "schemaRef": {"id": schema_id, "contentType": content_type}}


def target_connection(schema_id: str, dataset_id: str) -> Json:
    """A target connection to a dataset."""
    return {
        "name": unique("target"),
        "data": {"schema": {"id": schema_id, "version": "application/vnd.adobe.xed-full+json;version=1"}},
        "params": {"dataSetId": dataset_id},
        "connectionSpec": {"id": DATA_LAKE, "version": "1.0"},
    }


def mapping_set(schema_id: str) -> Json:
    """A mapping set of two columns to two fields."""
    content_type = "application/vnd.adobe.xed-full+json;version=1"
    return {
        "outputSchema": {"schemaRef": {"id": schema_id, "contentType": content_type}},
        "mappings": [
            {"sourceType": "ATTRIBUTE", "source": "FirstName", "destination": "person.name.firstName"},
            {"sourceType": "EXPRESSION", "source": "lower(Email)", "destination": "personalEmail.address"},
        ],
    }


def flow(source_id: str, target_id: str, mapping_id: str, *, start_in_s: int = 3600) -> Json:
    """A flow that reads every half hour."""
    delta = {"name": "LastModifiedDate", "dateFormat": "yyyy-MM-dd HH:mm:ss", "timezone": "UTC"}
    return {
        "name": unique("flow"),
        "description": "CRM to Platform",
        "flowSpec": {"id": CRM_TO_AEP, "version": "1.0"},
        "sourceConnectionIds": [source_id],
        "targetConnectionIds": [target_id],
        "transformations": [
            {"name": "Copy", "params": {"deltaColumn": delta}},
            {"name": "Mapping", "params": {"mappingId": mapping_id, "mappingVersion": 0}},
        ],
        "scheduleParams": {
            "startTime": int(time.time()) + start_in_s,
            "frequency": "minute",
            "interval": 30,
            "backfill": True,
        },
    }


def run(flow_id: str) -> Json:
    """An on-demand run, starting now."""
    window = {"startTime": int(time.time()), "windowStartTime": 1600000000, "windowEndTime": 1700000000}
    return {"flowId": flow_id, "params": {**window, "deltaColumn": {"name": "LastModifiedDate"}}}


def by_id(resource_id: str) -> str:
    """A `$id`, encoded for use in a path."""
    return quote(resource_id, safe="")


@dataclass
class Pipeline:
    """The ids of a complete pipeline, and the etags needed to update it."""

    base: str
    base_etag: str
    source: str
    schema: str
    dataset: str
    target: str
    mapping: str
    flow: str
    flow_etag: str

    @property
    def schema_path(self) -> str:
        """The path of the schema."""
        return f"{REGISTRY}/tenant/schemas/{by_id(self.schema)}"


def dataset_id(references: list[str]) -> str:
    """The dataset id in Catalog's response to a write."""
    return references[0].removeprefix("@/dataSets/")


def create_pipeline(platform: Platform) -> Pipeline:
    """Create a complete pipeline, from base connection to flow."""
    base = platform.ok("POST", f"{FLOW}/connections", base_connection())
    source = platform.ok("POST", f"{FLOW}/sourceConnections", source_connection(base["id"]))
    schema_id = platform.ok("POST", f"{REGISTRY}/tenant/schemas", schema())["$id"]
    into = dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", dataset(schema_id)))
    target = platform.ok("POST", f"{FLOW}/targetConnections", target_connection(schema_id, into))
    mapping = platform.ok("POST", f"{PREP}/mappingSets", mapping_set(schema_id))
    made = platform.ok("POST", f"{FLOW}/flows", flow(source["id"], target["id"], mapping["id"]))
    return Pipeline(
        base=base["id"],
        base_etag=base["etag"],
        source=source["id"],
        schema=schema_id,
        dataset=into,
        target=target["id"],
        mapping=mapping["id"],
        flow=made["id"],
        flow_etag=made["etag"],
    )
