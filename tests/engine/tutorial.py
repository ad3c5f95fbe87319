"""The bodies of Adobe's tutorial on collecting CRM data (2020), and what is sent instead today, and why."""

from typing import Any

SCHEMA_PATH = "/data/foundation/schemaregistry/tenant/schemas"
DATASET_PATH = "/data/foundation/catalog/dataSets"
MAPPING_PATH = "/data/foundation/conversion/mappingSets"
SOURCE_PATH = "/data/foundation/flowservice/sourceConnections"
TARGET_PATH = "/data/foundation/flowservice/targetConnections"
FLOW_PATH = "/data/foundation/flowservice/flows"

_PROFILE = "https://ns.adobe.com/xdm/context/profile"

# Ids from Platform are written as <kind>; the tutorial has samples.
BODIES: dict[str, dict[str, Any]] = {
    SOURCE_PATH: {
        "name": "Source Connection for a CRM system",
        "baseConnectionId": "<base connection>",
        "description": "Source Connection for a CRM system",
        "data": {"format": "tabular"},
        "params": {
            "tableName": "{TABLE_PATH}",
            "columns": [
                {"name": "first_name", "type": "string", "meta": {"originalType": "String"}},
                {"name": "last_name", "type": "string", "meta": {"originalType": "String"}},
                {"name": "email", "type": "string", "meta": {"originalType": "String"}},
            ],
        },
    },
    SCHEMA_PATH: {
        "type": "object",
        "title": "Target schema for CRM source connector",
        "description": "",
        "allOf": [
            {"$ref": _PROFILE},
            {"$ref": f"{_PROFILE}-person-details"},
            {"$ref": f"{_PROFILE}-personal-details"},
        ],
        "meta:containerId": "tenant",
        "meta:resourceType": "schemas",
        "meta:xdmType": "object",
        "meta:class": _PROFILE,
    },
    DATASET_PATH: {
        "name": "Target Dataset for CRM data",
        "schemaRef": {"id": "<schema>", "contentType": "application/vnd.adobe.xed-full-notext+json; version=1"},
    },
    TARGET_PATH: {
        "name": "Target Connection for a CRM connector",
        "description": "Target Connection for CRM data",
        "data": {"schema": {"id": "<schema>", "version": "application/vnd.adobe.xed-full+json;version=1.0"}},
        "params": {"dataSetId": "<dataset>"},
        "connectionSpec": {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"},
    },
    MAPPING_PATH: {
        "version": 0,
        "xdmSchema": "<schema>",
        "xdmVersion": "1.0",
        "id": None,
        "mappings": [
            {
                "destinationXdmPath": destination,
                "sourceAttribute": source,
                "identity": False,
                "identityGroup": None,
                "namespaceCode": None,
                "version": 0,
            }
            for source, destination in (
                ("first_name", "person.name.firstName"),
                ("last_name", "person.name.lastName"),
                ("email", "personalEmail.address"),
            )
        ],
    },
    FLOW_PATH: {
        "name": "Dataflow between a CRM system and Platform",
        "description": "Inbound data to Platform",
        "flowSpec": {"id": "9753525b-82c7-4dce-8a9b-5ccfce2b9876", "version": "1.0"},
        "sourceConnectionIds": ["<source connection>"],
        "targetConnectionIds": ["<target connection>"],
        "transformations": [
            {
                "name": "Copy",
                "params": {"deltaColumn": {"name": "updatedAt", "dateFormat": "YYYY-MM-DD", "timezone": "UTC"}},
            },
            {"name": "Mapping", "params": {"mappingId": "<mapping set>"}},
        ],
        "scheduleParams": {"startTime": "1567411548", "frequency": "minute", "interval": "30"},
    },
}

ABSENT = object()
"""Absent from the body."""

Differences = dict[str, tuple[Any, Any]]

OWN_NAMES: dict[str, Differences] = {
    SOURCE_PATH: {
        "/params/tableName": ("{TABLE_PATH}", "Contact"),
        "/params/columns/0/name": ("first_name", "FirstName"),
        "/params/columns/1/name": ("last_name", "LastName"),
        "/params/columns/2/name": ("email", "Email"),
    },
    FLOW_PATH: {"/transformations/0/params/deltaColumn/name": ("updatedAt", "LastModifiedDate")},
}
"""The names of the table and its columns."""

SENT_TODAY: dict[str, Differences] = {
    SOURCE_PATH: {
        # OpenAPI requires it.
        "/connectionSpec/id": (ABSENT, "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5"),
        "/connectionSpec/version": (ABSENT, "1.0"),
        # The flow reads the delta column, so it must be one of the columns.
        "/params/columns/3/name": (ABSENT, "LastModifiedDate"),
        "/params/columns/3/type": (ABSENT, "string"),
        "/params/columns/3/meta:xdmType": (ABSENT, "date-time"),
    },
    SCHEMA_PATH: {
        # Set by the server.
        "/meta:containerId": ("tenant", ABSENT),
        "/meta:resourceType": ("schemas", ABSENT),
        "/meta:xdmType": ("object", ABSENT),
        "/meta:class": (_PROFILE, ABSENT),
        "/description": ("", "People of the CRM. Owner: crm-team."),
    },
    DATASET_PATH: {
        # The create mark, which identifies an object if the response to its create was lost.
        "/tags/aep-pulumi/create/0": (ABSENT, "<mark>"),
        # The policy pack requires a description, and an owner of personal data.
        "/description": (ABSENT, "Contacts of the CRM. Owner: crm-team."),
        "/tags/owner/0": (ABSENT, "crm-team"),
    },
    MAPPING_PATH: {
        "/tags/0/name": (ABSENT, "aep-pulumi/create"),
        "/tags/0/values/0": (ABSENT, "<mark>"),
        # The legacy types do not include EXPRESSION.
        "/version": (0, ABSENT),
        "/xdmSchema": ("<schema>", ABSENT),
        "/xdmVersion": ("1.0", ABSENT),
        "/id": (None, ABSENT),
        "/outputSchema/schemaRef/id": (ABSENT, "<schema>"),
        "/outputSchema/schemaRef/contentType": (ABSENT, "application/vnd.adobe.xed-full+json;version=1"),
        **{
            f"/mappings/{at}/{type_}": pair
            for at, (then, now, destination) in enumerate(
                (
                    ("first_name", "FirstName", "person.name.firstName"),
                    ("last_name", "LastName", "person.name.lastName"),
                    ("email", "Email", "personalEmail.address"),
                )
            )
            for type_, pair in {
                "destinationXdmPath": (destination, ABSENT),
                "sourceAttribute": (then, ABSENT),
                "identity": (False, ABSENT),
                "identityGroup": (None, ABSENT),
                "namespaceCode": (None, ABSENT),
                "version": (0, ABSENT),
                "source": (ABSENT, now),
                "destination": (ABSENT, destination),
                "sourceType": (ABSENT, "ATTRIBUTE"),
            }.items()
        },
    },
    FLOW_PATH: {
        # The tutorial uses the flow spec of files, CloudStorageToAEP; for a table it is CRMToAEP.
        "/flowSpec/id": ("9753525b-82c7-4dce-8a9b-5ccfce2b9876", "14518937-270c-4525-bdec-c2ba7cce3860"),
        # A flow pins a version of its mapping set.
        "/transformations/1/params/mappingVersion": (ABSENT, 0),
        # Platform accepts no past start time, and its schedule spec requires integers.
        "/scheduleParams/startTime": ("1567411548", "<ahead>"),
        "/scheduleParams/interval": ("30", 30),
        # The tutorial's own table of properties documents Salesforce's time format.
        "/transformations/0/params/deltaColumn/dateFormat": ("YYYY-MM-DD", "yyyy-MM-dd HH:mm:ss"),
    },
}
