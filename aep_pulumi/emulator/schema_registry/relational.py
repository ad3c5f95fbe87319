"""Relational schemas: schemas with fields of their own, without a class and field groups (Adobe's page on schemas)."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.json_schema import ANYTHING, NAME, TEXT, JsonSchema, closed, either, list_of
from aep_pulumi.emulator.core.objects import SCHEMAS
from aep_pulumi.emulator.schema_registry.compositions import check_references, client_fields, with_types
from aep_pulumi.emulator.schema_registry.json_schemas import DEFINITION, FIELD, REFERENCE
from aep_pulumi.emulator.schema_registry.library import LOCAL, Library

Json = dict[str, Any]

MARK = "https://ns.adobe.com/xdm/data/adhoc-v2"
"""What a relational schema extends; neither a class nor a behavior."""

BEHAVIOR = "meta:behaviorType"

SCHEMA = JsonSchema(
    {
        **closed(
            ("title", "definitions", "allOf", "meta:extends"),
            **{
                "type": {"const": "object"},
                "title": NAME,
                "description": TEXT,
                "definitions": {"type": "object", "additionalProperties": {"$ref": "#/definitions/definition"}},
                "properties": {"type": "object", "additionalProperties": {"$ref": "#/definitions/field"}},
                "required": list_of(NAME),
                "allOf": list_of(REFERENCE, minItems=1),
                "meta:extends": list_of({"const": MARK}, minItems=1),
                BEHAVIOR: {"enum": ["record", "time-series"]},
                # Clients may send back server-managed fields as read.
                "meta:containerId": either({"const": "tenant"}, ANYTHING),
                "meta:resourceType": either({"const": SCHEMAS}, ANYTHING),
                "meta:xdmType": either({"const": "object"}, ANYTHING),
            },
        ),
        "definitions": {"field": FIELD, "definition": DEFINITION},
    }
)


def is_relational(schema: object) -> bool:
    """True for a relational schema, or the body of one."""
    return isinstance(schema, dict) and isinstance(schema.get("meta:extends"), list) and MARK in schema["meta:extends"]


def validated(library: Library, body: object) -> Json:
    """Validate a relational schema, and return the fields set by the client."""
    desired = errors.validated(SCHEMA, body)
    for part in desired["allOf"]:
        if not part["$ref"].startswith(LOCAL):
            raise errors.bad_request(f"A relational schema has no classes and field groups, but refers to {part['$ref']}.")
    check_references(library, desired, ())
    return {
        **client_fields(desired),
        "description": desired.get("description", ""),
        **({"required": desired["required"]} if "required" in desired else {}),
        BEHAVIOR: desired.get(BEHAVIOR, "record"),
        "meta:extends": [MARK],
    }


def representation(client_fields: Json) -> Json:
    """The representation of a relational schema, from the fields set by the client."""
    return {**with_types(client_fields), "meta:extensible": False, "meta:abstract": False}
