"""JSON schemas of the Schema Registry's request bodies."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, INTEGER, NAME, TEXT, JsonSchema, closed, either, list_of
from aep_pulumi.emulator.core.store import FIELD_GROUPS, SCHEMAS
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

# --- descriptors ----------------------------------------------------------------------------------------------------

IDENTITY = "xdm:descriptorIdentity"
DEPRECATED = "xdm:descriptorDeprecated"
PRIMARY_KEY = "xdm:descriptorPrimaryKey"

_DESCRIPTOR_FIELDS: Json = {
    "xdm:sourceSchema": NAME,
    # A string in OpenAPI, but a number in all samples.
    "xdm:sourceVersion": {"enum": [1, "1"]},
    # Adobe's page on descriptors allows lists of paths for some types.
    "xdm:sourceProperty": {"anyOf": [NAME, list_of(NAME, minItems=1)]},
}
_DESCRIPTOR_TYPES: Json = {
    IDENTITY: {
        "xdm:namespace": {"type": ["string", "integer"]},
        "xdm:property": {"enum": ["xdm:code", "xdm:id"]},
        "xdm:isPrimary": BOOLEAN,
    },
    "xdm:descriptorReferenceIdentity": {"xdm:identityNamespace": NAME},
    "xdm:descriptorOneToOne": {
        "xdm:destinationSchema": NAME,
        "xdm:destinationVersion": {"enum": [1, "1"]},
        "xdm:destinationProperty": NAME,
    },
    "xdm:descriptorRelationship": {
        "xdm:destinationSchema": NAME,
        "xdm:destinationVersion": {"enum": [1, "1"]},
        "xdm:destinationProperty": NAME,
        "xdm:destinationNamespace": NAME,
        "xdm:destinationToSourceName": TEXT,
        "xdm:sourceToDestinationName": TEXT,
        "xdm:destinationToSourceTitle": TEXT,
        "xdm:sourceToDestinationTitle": TEXT,
        "xdm:cardinality": TEXT,
    },
    "xdm:alternateDisplayInfo": {
        "xdm:title": ANYTHING,
        "xdm:description": ANYTHING,
        "meta:enum": ANYTHING,
        # The sample and the table of Adobe's page spell it differently.
        "xdm:excludeMetaEnum": ANYTHING,
        "meta:excludeMetaEnum": ANYTHING,
    },
    DEPRECATED: {},
    PRIMARY_KEY: {},
    "xdm:descriptorVersion": {},
    "xdm:descriptorTimestamp": {},
}
# Several paths are only documented for these types.
SEVERAL_PATHS = {DEPRECATED, PRIMARY_KEY}
_DESCRIPTOR_OPTIONAL = {
    "xdm:isPrimary",
    "xdm:title",
    "xdm:description",
    "meta:enum",
    "xdm:excludeMetaEnum",
    "meta:excludeMetaEnum",
    # Clients in use omit it (default: `xdm:code`).
    "xdm:property",
    "xdm:destinationProperty",
    "xdm:destinationToSourceName",
    "xdm:sourceToDestinationName",
    "xdm:destinationToSourceTitle",
    "xdm:sourceToDestinationTitle",
    "xdm:cardinality",
}

DESCRIPTOR_TYPE = JsonSchema(
    {
        "type": "object",
        "required": ["@type"],
        "properties": {"@type": {"enum": list(_DESCRIPTOR_TYPES)}},
    }
)


def _is_optional(kind: str, name: str) -> bool:
    if kind == "xdm:descriptorRelationship" and name in {"xdm:destinationVersion", "xdm:destinationNamespace"}:
        # Missing in the minimal sample of Adobe's page.
        return True
    # The samples for relational schemas have no version.
    relational = kind in {PRIMARY_KEY, "xdm:descriptorVersion", "xdm:descriptorTimestamp"}
    return name in _DESCRIPTOR_OPTIONAL or (relational and name == "xdm:sourceVersion")


DESCRIPTORS_BY_TYPE = {
    kind: JsonSchema(
        closed(
            ("@type", *(name for name in (*_DESCRIPTOR_FIELDS, *fields) if not _is_optional(kind, name))),
            **{"@type": {"const": kind}, **_DESCRIPTOR_FIELDS, **fields},
        )
    )
    for kind, fields in _DESCRIPTOR_TYPES.items()
}
