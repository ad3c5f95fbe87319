"""JSON schemas of Flow Service's request bodies."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, INTEGER, NAME, TEXT, JsonSchema, closed, list_of

Json = dict[str, Any]

SPEC = closed(("id",), id=NAME, version=TEXT)
# The auth spec tells which params may be objects.
AUTH = closed(("specName",), specName=NAME, params={"type": "object"})

BASE_CONNECTION = JsonSchema(
    closed(("name", "connectionSpec"), name=NAME, description=TEXT, auth=AUTH, connectionSpec=SPEC, providerId=TEXT)
)

# Adobe's pages use different formats for the type of a column: `xdm` or `meta`, `String` or `string`.
COLUMN = closed(
    ("name", "type"),
    **{
        "name": NAME,
        "type": NAME,
        "xdm": closed(("type",), type=NAME, format=NAME),
        "meta:xdmType": NAME,
        "meta": closed(originalType=NAME),
    },
)

FILE_PROPERTIES = closed(columnDelimiter=NAME, encoding=NAME, compressionType=NAME)

SOURCE_CONNECTION = JsonSchema(
    closed(
        ("name", "connectionSpec"),
        name=NAME,
        description=TEXT,
        baseConnectionId=NAME,
        data=closed(("format",), format=TEXT, properties=FILE_PROPERTIES),
        connectionSpec=SPEC,
        # Which of them are known depends on the source.
        params={
            "type": "object",
            "properties": {
                "tableName": NAME,
                "path": NAME,
                "recursive": BOOLEAN,
                "columns": list_of(COLUMN, minItems=1),
                "filters": closed(type=TEXT, format=TEXT, value=ANYTHING),
                "cdcEnabled": BOOLEAN,
                "type": TEXT,
                "stream": NAME,
                "eventHubName": NAME,
                "consumerGroup": TEXT,
                "dataType": TEXT,
                "reset": TEXT,
            },
        },
        # Missing in OpenAPI, but in Adobe's samples of streaming connections.
        providerId=TEXT,
    )
)

TARGET_CONNECTION = JsonSchema(
    closed(
        ("data", "connectionSpec"),
        name=NAME,
        description=TEXT,
        data=closed(format=NAME, schema=closed(("id", "version"), id=NAME, version=TEXT)),
        connectionSpec=SPEC,
        params=closed(dataSetId={"type": ["string", "null"]}),
    )
)

FLOW = JsonSchema(
    closed(
        ("flowSpec",),
        name=NAME,
        description=TEXT,
        flowSpec=SPEC,
        sourceConnectionIds=list_of(NAME),
        targetConnectionIds=list_of(NAME),
        transformations=list_of(closed(("name", "params"), name=NAME, params={"type": "object"})),
        scheduleParams=closed(startTime=ANYTHING, frequency=ANYTHING, interval=ANYTHING, backfill=ANYTHING),
        options=closed(
            errorDiagnosticsEnabled=BOOLEAN,
            partialIngestionPercent={"type": "number", "exclusiveMinimum": 0},
        ),
    )
)

# The params of each transformation.
TRANSFORMATIONS = {
    "Copy": JsonSchema(closed(deltaColumn=closed(("name",), name=NAME, dateFormat=TEXT, timezone=TEXT))),
    "Mapping": JsonSchema(
        # The version is a string in the flow spec, but a number in all samples.
        closed(
            ("mappingId",), mappingId=NAME, mappingVersion={"type": ["integer", "string"], "minimum": 0, "pattern": r"^\d{1,9}$"}
        )
    ),
}

# An on-demand run, and its params.
RUN = JsonSchema(closed((), flowId={"type": ["string", "null"]}, params={"type": ["object", "null"]}))
RUN_PARAMS = JsonSchema(
    closed(
        ("startTime", "windowStartTime", "windowEndTime"),
        startTime=ANYTHING,
        windowStartTime=ANYTHING,
        windowEndTime=ANYTHING,
        deltaColumn=closed(("name",), name=NAME),
    )
)

# The specs that services create. Their own JSON Schemas are described as far as connections are checked against them.
_PARAMETER: Json = {"type": "object", "properties": {"type": {"type": ["string", "array"], "items": TEXT}}}
_SCHEMA: Json = {
    "type": "object",
    "properties": {"required": list_of(TEXT), "properties": {"type": "object", "additionalProperties": _PARAMETER}},
}
_WITH_SCHEMA: Json = {"type": "object", "properties": {"name": NAME, "type": TEXT, "spec": _SCHEMA}}
_NAMED: Json = {**_WITH_SCHEMA, "required": ["name"]}
_OBJECT: Json = {"type": "object"}
_SPEC_FIELDS = {
    "name": NAME,
    "providerId": NAME,
    "version": NAME,
    "type": TEXT,
    "description": TEXT,
    "attributes": _OBJECT,
    "permissionsInfo": _OBJECT,
    "entitlementInfo": ANYTHING,
    "policy": _OBJECT,
}
CONNECTION_SPEC = JsonSchema(
    closed(
        ("name", "providerId"),
        **_SPEC_FIELDS,
        settings=_OBJECT,
        authSpec=list_of(_NAMED),
        encryptionSpecs=list_of(_OBJECT),
        sourceSpec=_WITH_SCHEMA,
        targetSpec=_OBJECT,
        exploreSpec=_WITH_SCHEMA,
    )
)
FLOW_SPEC = JsonSchema(
    closed(
        ("name", "providerId"),
        **_SPEC_FIELDS,
        sourceConnectionSpecIds=list_of(NAME),
        targetConnectionSpecIds=list_of(NAME),
        **dict.fromkeys(("transformationSpecs", "transformationSpecDTOS", "transformationSpec"), list_of(_WITH_SCHEMA)),
        optionSpec=_OBJECT,
        scheduleSpec=_OBJECT,
        runSpec=_OBJECT,
    )
)

# The update of a run; its flow stays.
RUN_UPDATE = JsonSchema(
    closed(
        (),
        flowId=TEXT,
        flowSpec=_OBJECT,
        providerRefId=TEXT,
        parentFlowRunId=TEXT,
        childFlowRunIds=list_of(TEXT),
        params=_OBJECT,
        predecessors=list_of(_OBJECT),
        metrics={
            "type": "object",
            "properties": {
                "durationSummary": {
                    "type": "object",
                    "properties": {"startedAtUTC": INTEGER, "completedAtUTC": INTEGER},
                },
                "statusSummary": {"type": "object", "properties": {"status": NAME}},
            },
        },
        activities=list_of(_OBJECT),
        recordTypes=list_of(TEXT),
    )
)
