"""JSON schemas of Flow Service's request bodies."""

from __future__ import annotations

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, NAME, TEXT, JsonSchema, closed, list_of

SPEC = closed(("id",), id=NAME, version=TEXT)
PARAMS = {"type": "object", "additionalProperties": {"type": ["string", "boolean", "number"]}}
AUTH = closed(("specName",), specName=NAME, params=PARAMS)

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
        params=closed(
            tableName=NAME,
            path=NAME,
            recursive=BOOLEAN,
            columns=list_of(COLUMN, minItems=1),
            filters=closed(type=TEXT, format=TEXT, value=ANYTHING),
            cdcEnabled=BOOLEAN,
            type=TEXT,
            stream=NAME,
            eventHubName=NAME,
            consumerGroup=TEXT,
            dataType=TEXT,
            reset=TEXT,
        ),
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
