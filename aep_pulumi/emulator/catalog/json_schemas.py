"""JSON schemas of Catalog's request bodies."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import BOOLEAN, INTEGER, NAME, TEXT, JsonSchema, closed, list_of

Json = dict[str, Any]

TAGS: Json = {"type": "object", "additionalProperties": list_of(TEXT)}

# The fields that clients may set; a new dataset requires `name` and `schemaRef` (inferred: OpenAPI requires no field).
FIELDS: Json = {
    "name": NAME,
    "description": TEXT,
    "schemaRef": closed(("id", "contentType"), id=NAME, contentType=TEXT),
    "tags": TAGS,
    "unifiedTags": list_of(TEXT),
    "enableErrorDiagnostics": BOOLEAN,
    "extensions": {"type": "object"},
    "classification": closed(("dataBehavior", "managedBy"), dataBehavior=TEXT, managedBy={"enum": ["CUSTOMER", "SYSTEM"]}),
    "observableSchema": {"type": "object"},
    "dataSourceId": INTEGER,
    "fileDescription": closed(
        format={"type": "string"},
        containerFormat=TEXT,
        persisted=BOOLEAN,
        delimiters=list_of({"type": "string", "maxLength": 1}),
        quotes=list_of(TEXT),
        escapes=list_of(TEXT),
        nullMarkers=list_of(TEXT),
        header=BOOLEAN,
        charset={"enum": ["US-ASCII", "UTF-8", "ISO-8859-1", ""]},
    ),
}
DATASET = JsonSchema(closed(("name", "schemaRef"), **FIELDS))
PART_OF_DATASET = JsonSchema(closed((), **FIELDS))
