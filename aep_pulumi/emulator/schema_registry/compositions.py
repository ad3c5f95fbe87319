"""Compositions: what classes and data types have in common: fields of their own, and references to other resources."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.json_schema import ANYTHING, NAME, TEXT, JsonSchema, closed, either, list_of
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.field_groups import TENANT_FIELD, with_xdm_types
from aep_pulumi.emulator.schema_registry.json_schemas import DEFINITION, FIELD, REFERENCE
from aep_pulumi.emulator.schema_registry.library import LOCAL, Library, references_in

Json = dict[str, Any]

_FIELDS: Json = {
    "type": {"const": "object"},
    "title": NAME,
    "description": TEXT,
    "definitions": {"type": "object", "additionalProperties": {"$ref": "#/definitions/definition"}},
    "properties": {"type": "object", "additionalProperties": {"$ref": "#/definitions/field"}},
    "allOf": list_of(REFERENCE),
    # Clients may send back server-managed fields as read.
    "meta:containerId": either({"const": "tenant"}, ANYTHING),
    "meta:resourceType": TEXT,
    "meta:xdmType": TEXT,
    "meta:extends": list_of(TEXT),
}
_SHARED: Json = {"field": FIELD, "definition": DEFINITION}

# OpenAPI requires the description, too; aepp omits it.
CLASS = JsonSchema({**closed(("type", "title", "allOf"), **_FIELDS), "definitions": _SHARED})
DATA_TYPE = JsonSchema({**closed(("type", "title"), **_FIELDS), "definitions": _SHARED})

# The fields that a client sets, in the order in which the registry returns them.
_CLIENT_FIELDS = ("title", "description", "definitions", "properties", "allOf")


def check_namespace(body: Json) -> None:
    """Reject custom fields outside the tenant's namespace; a data type has none, as its fields are nested in another one."""
    for fields in (body.get("properties", {}), *(each["properties"] for each in body.get("definitions", {}).values())):
        for name, node in fields.items():
            if name != TENANT_FIELD or node.get("type", "object") != "object":
                raise coded("XDM-1021-400", field=name, tenant=TENANT_FIELD)


def check_references(library: Library, body: Json, included: Collection[str]) -> None:
    """Reject references to resources that do not exist, or are not of the right kind: data types for fields."""
    parts = [part["$ref"] for part in body.get("allOf", [])]
    fields = references_in({name: body.get(name) for name in ("definitions", "properties")})
    for kinds, references in ((included, parts), (("datatypes",), fields)):
        for each in references:
            local = each.startswith(LOCAL) and each.removeprefix(LOCAL) in body.get("definitions", {})
            if not local and library.kind(each) not in kinds:
                raise errors.bad_request(f"The referenced resource {each} does not exist.")  # inferred


def client_fields(body: Json) -> Json:
    """The fields that a client has set."""
    fields = {name: body[name] for name in _CLIENT_FIELDS if name in body}
    if "allOf" in fields:
        fields["allOf"] = [{"$ref": part["$ref"]} for part in fields["allOf"]]
    return fields


def with_types(fields: Json) -> Json:
    """A resource with the types that the registry derives."""
    result = {**fields, "type": "object"}
    if "properties" in fields:
        result["properties"] = {name: with_xdm_types(node) for name, node in fields["properties"].items()}
    if "definitions" in fields:
        result["definitions"] = {name: with_xdm_types(node) for name, node in fields["definitions"].items()}
    if "allOf" in fields:
        result["allOf"] = [{**part, "type": "object", "meta:xdmType": "object"} for part in fields["allOf"]]
    return result
