"""JSON schemas of Data Prep's request bodies."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, INTEGER, NAME, TEXT, JsonSchema, closed, either, list_of

Json = dict[str, Any]

# The source types in responses. A client that sends one of these in a request makes the set uneditable in Adobe's UI.
READ_BACK = {"ATTRIBUTE": "text/x.schema-path", "EXPRESSION": "text/x.aep-xl", "STATIC": "STATIC"}

SCHEMA_REFERENCE = closed(("schemaRef",), id=ANYTHING, version=ANYTHING, schemaRef=closed(("id",), id=NAME, contentType=TEXT))

# Fields that the server sets on a set and on each mapping; OpenAPI also allows them in the body of an update.
STAMPS: Json = dict.fromkeys(("id", "version", "createdDate", "modifiedDate", "createdBy", "modifiedBy"), ANYTHING)

# The rest of what is read of a set and of each mapping, in the vocabulary of Adobe's tutorials; accepted when sent back.
READ_ONLY: Json = dict.fromkeys(("inputSchemaRef", "outputSchemaRef", "schemaRef", "xdmSchema", "xdmVersion", "status"), ANYTHING)
MAPPING_READ_ONLY: Json = dict.fromkeys(
    (
        "sourceAttribute",
        "destinationXdmPath",
        "identity",
        "primaryIdentity",
        "identityGroup",
        "namespaceCode",
        "matchScore",
    ),
    ANYTHING,
)

MAPPING = closed(
    ("sourceType", "source", "destination"),
    **STAMPS,
    **MAPPING_READ_ONLY,
    # Platform accepts what it returns; strict mode does not, as such a set cannot be edited in Adobe's UI.
    sourceType=either({"enum": list(READ_BACK)}, {"enum": [*READ_BACK, *READ_BACK.values()]}),
    source=NAME,
    destination=NAME,
    name=TEXT,
    description=TEXT,
    functionVersion=INTEGER,
    expressionAttributes=list_of(TEXT),
)
CURRENT = JsonSchema(
    closed(
        ("outputSchema", "mappings"),
        **STAMPS,
        **READ_ONLY,
        name=TEXT,
        inputSchema={"type": ["object", "null"]},
        outputSchema=SCHEMA_REFERENCE,
        allowNullValues=BOOLEAN,
        supportVersion=TEXT,
        tags=list_of(closed(name=TEXT, values=list_of(TEXT))),
        mappings=list_of(MAPPING, minItems=1),
    )
)

# The field names of Adobe's tutorials, 2020 to 2025.
LEGACY = JsonSchema(
    closed(
        ("xdmSchema", "mappings"),
        version=INTEGER,
        xdmSchema=NAME,
        xdmVersion=TEXT,
        id=either({"type": "null"}, ANYTHING),
        name=TEXT,
        mappings=list_of(
            closed(
                ("destinationXdmPath", "sourceAttribute"),
                destinationXdmPath=NAME,
                sourceAttribute=NAME,
                identity=BOOLEAN,
                identityGroup=ANYTHING,
                namespaceCode=ANYTHING,
                version=INTEGER,
            ),
            minItems=1,
        ),
    )
)

# OpenAPI's example has a single row instead of a list.
PREVIEW = JsonSchema(
    closed(
        ("data", "mappingSet"),
        data={"anyOf": [{"type": "object"}, list_of({"type": "object"}, minItems=1)]},
        mappingSet={"type": "object"},
    )
)
EXPRESSION = JsonSchema(closed(("expression",), expression=TEXT, mappingSetId=TEXT, sampleData=TEXT, sampleDataType=TEXT))
