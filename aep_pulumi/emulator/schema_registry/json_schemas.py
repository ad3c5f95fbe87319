"""JSON schemas of the Schema Registry's request bodies."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, INTEGER, NAME, TEXT, JsonSchema, closed, either, list_of
from aep_pulumi.emulator.core.objects import FIELD_GROUPS, SCHEMAS
from aep_pulumi.emulator.schema_registry.library import UNION

Json = dict[str, Any]

# --- schemas and field groups ---------------------------------------------------------------------------------------

# The server adds the last two fields, and accepts them when clients send them back.
REFERENCE = closed(("$ref",), **{"$ref": NAME, "type": TEXT, "meta:xdmType": TEXT})

SCHEMA = JsonSchema(
    closed(
        # OpenAPI also requires `type` and `description`, but Platform accepts schemas without them.
        ("title", "allOf"),
        **{
            "type": {"const": "object"},
            "title": NAME,
            "description": TEXT,
            "allOf": list_of(REFERENCE, minItems=1),
            # Older samples contain server-managed fields.
            "meta:containerId": either({"const": "tenant"}, ANYTHING),
            "meta:resourceType": either({"const": SCHEMAS}, ANYTHING),
            "meta:xdmType": either({"const": "object"}, ANYTHING),
            "meta:class": NAME,
            # Clients may send back server-managed fields as read.
            "meta:extends": list_of(TEXT),
            "meta:immutableTags": list_of({"const": UNION}),
        },
    )
)

FIELD_NAMES = {"pattern": "^[A-Za-z0-9-][A-Za-z0-9_-]*$"}

FIELD: Json = {
    **closed(
        **{
            "$ref": NAME,
            "type": {"enum": ["string", "integer", "number", "boolean", "object", "array"]},
            "title": TEXT,
            "description": TEXT,
            "format": TEXT,
            "enum": {"type": "array", "minItems": 1},
            "meta:enum": {"type": "object"},
            "default": ANYTHING,
            "examples": ANYTHING,
            "minimum": {"type": "number"},
            "maximum": {"type": "number"},
            "minLength": INTEGER,
            "maxLength": INTEGER,
            "pattern": TEXT,
            "items": {"$ref": "#/definitions/field"},
            "properties": {
                "type": "object",
                "propertyNames": FIELD_NAMES,
                "additionalProperties": {"$ref": "#/definitions/field"},
            },
            "additionalProperties": {"$ref": "#/definitions/field"},
            "required": list_of(NAME),
            "isRequired": BOOLEAN,
            "meta:xdmType": TEXT,
            "meta:status": TEXT,
        }
    ),
    "anyOf": [{"required": ["type"]}, {"required": ["$ref"]}],
}

# Any name is valid here for the top-level field; `field_groups` checks its namespace.
DEFINITION = closed(
    ("properties",),
    **{
        "type": {"const": "object"},
        # A client in use creates its field groups empty, and adds the fields later.
        "properties": {"type": "object", "additionalProperties": {"$ref": "#/definitions/field"}},
        "required": list_of(NAME),
        "meta:xdmType": TEXT,
        "title": TEXT,
        "description": TEXT,
    },
)

FIELD_GROUP = JsonSchema(
    {
        **closed(
            ("type", "title", "meta:intendedToExtend"),
            **{
                "type": {"const": "object"},
                "title": NAME,
                "description": TEXT,
                "meta:intendedToExtend": list_of(NAME),
                "definitions": {"type": "object", "additionalProperties": {"$ref": "#/definitions/definition"}},
                "allOf": list_of(REFERENCE, minItems=1),
                "meta:containerId": either({"const": "tenant"}, ANYTHING),
                "meta:resourceType": either({"const": FIELD_GROUPS}, ANYTHING),
                "meta:xdmType": either({"const": "object"}, ANYTHING),
                "meta:extends": list_of(TEXT),
            },
        ),
        "definitions": {"field": FIELD, "definition": DEFINITION},
    }
)
