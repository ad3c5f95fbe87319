"""Field groups: validation of field groups and their changes."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import SCHEMAS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.evolution import check_evolution, is_in_use
from aep_pulumi.emulator.schema_registry.json_schemas import FIELD_GROUP
from aep_pulumi.emulator.schema_registry.library import Library, references_in

Json = dict[str, Any]

TENANT_FIELD = f"_{organisation.TENANT}"

# The values of `meta:xdmType` derived by the registry; others, such as `long`, are set by clients.
DERIVED_TYPES = {"string", "date", "date-time", "int", "number", "boolean", "object", "array"}


def validated(objects: Objects, body: object) -> Json:
    """Validate a field group, and return the fields set by the client."""
    desired = errors.validated(FIELD_GROUP, body)
    definitions = desired.get("definitions", {})
    for definition in definitions.values():
        for name, node in definition["properties"].items():
            if name != TENANT_FIELD:
                raise coded("XDM-1021-400", field=name, tenant=TENANT_FIELD)
            if node.get("type") != "object":
                raise coded("XDM-1021-400", field=name, tenant=TENANT_FIELD)
    library = Library(objects)
    references = [part["$ref"] for part in desired.get("allOf", [])]
    for each in [*references, *references_in(definitions)]:
        local = each.startswith("#/definitions/") and each.removeprefix("#/definitions/") in definitions
        if not local and library.kind(each) not in {xdm.FIELD_GROUPS, xdm.DATA_TYPES}:
            raise errors.bad_request(f"The referenced resource {each} does not exist.")  # inferred
    for each in desired["meta:intendedToExtend"]:
        if library.kind(each) not in {xdm.CLASSES, xdm.BEHAVIORS}:
            raise errors.bad_request(f"The meta:intendedToExtend contains {each}, which is not a class.")  # inferred
    return {
        "title": desired["title"],
        "description": desired.get("description", ""),
        "meta:intendedToExtend": desired["meta:intendedToExtend"],
        "definitions": definitions,
        "allOf": [{"$ref": each} for each in references],
    }


def representation(_: Objects, client_fields: Json) -> Json:
    """The representation of a field group, from the fields set by the client."""
    return {
        **client_fields,
        "type": "object",
        "definitions": {name: with_xdm_types(node) for name, node in client_fields["definitions"].items()},
        "allOf": [{**part, "type": "object", "meta:xdmType": "object"} for part in client_fields["allOf"]],
        "meta:extensible": True,
        "meta:abstract": True,
    }


def with_xdm_types(node: Json) -> Json:
    """A field, with the types that the registry derives for it and all fields inside."""
    result = dict(node)
    if "properties" in node:
        result = {"type": "object", **result}
        result["properties"] = {name: with_xdm_types(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            result[key] = with_xdm_types(node[key])
    if result.get("meta:xdmType") in DERIVED_TYPES:
        # Derived again below, as the type may have changed.
        del result["meta:xdmType"]
    return xdm.with_xdm_type(result)


def check_change(objects: Objects, before: Json, after: Json) -> None:
    """Reject breaking changes if a schema in use contains the field group."""
    for each in objects.all(SCHEMAS):
        if before["$id"] in each["meta:extends"] and is_in_use(objects, each):
            check_evolution(Library(objects).fields(each), Library(objects, override=after).fields(each))


def check_delete(objects: Objects, field_group: Json) -> None:
    """Reject the deletion of a field group in use (inferred)."""
    if any(field_group["$id"] in each["meta:extends"] for each in objects.all(SCHEMAS)):
        raise errors.bad_request(f"The field group {field_group['$id']} is used by a schema.")
