"""Field groups: what makes one acceptable, and what it can become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.store import SCHEMAS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.evolution import check_evolution, is_in_use
from aep_pulumi.emulator.schema_registry.json_schemas import FIELD_GROUP
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]

TENANT_FIELD = f"_{organisation.TENANT}"

# The values of `meta:xdmType` that the registry derives; others, such as `long`, are set by the client.
DERIVED_TYPES = {"string", "date", "date-time", "int", "number", "boolean", "object", "array"}


def accepted(objects: Objects, body: object) -> Json:
    """The part of a field group that a client sets, once it is acceptable."""
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
    for each in [*references, *_references(definitions)]:
        local = each.startswith("#/definitions/") and each.removeprefix("#/definitions/") in definitions
        if not local and library.kind(each) not in {xdm.FIELD_GROUPS, xdm.DATA_TYPES}:
            raise errors.bad_request(f"The reference {each} is to nothing.")  # inferred
    for each in desired["meta:intendedToExtend"]:
        if library.kind(each) not in {xdm.CLASSES, xdm.BEHAVIORS}:
            raise errors.bad_request(f"The meta:intendedToExtend names {each}, which is no class.")  # inferred
    return {
        "title": desired["title"],
        "description": desired.get("description", ""),
        "meta:intendedToExtend": desired["meta:intendedToExtend"],
        "definitions": definitions,
        "allOf": [{"$ref": each} for each in references],
    }


def _references(node: object) -> Iterator[str]:
    """Every `$ref` of a definition's fields."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)


def composed(_: Objects, settable: Json) -> Json:
    """A field group as it is shown, from the part that a client sets."""
    return {
        **settable,
        "type": "object",
        "definitions": {name: _typed(node) for name, node in settable["definitions"].items()},
        "allOf": [{**part, "type": "object", "meta:xdmType": "object"} for part in settable["allOf"]],
        "meta:extensible": True,
        "meta:abstract": True,
    }


def _typed(node: Json) -> Json:
    outcome = dict(node)
    if "properties" in node:
        outcome = {"type": "object", **outcome}
        outcome["properties"] = {name: _typed(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            outcome[key] = _typed(node[key])
    if outcome.get("meta:xdmType") in DERIVED_TYPES:
        # Set again below, in case the type has changed.
        del outcome["meta:xdmType"]
    return xdm.typed(outcome)


def check_change(objects: Objects, before: Json, after: Json) -> None:
    """Reject what a schema in use with the field group cannot become."""
    for each in objects.all(SCHEMAS):
        if before["$id"] in each["meta:extends"] and is_in_use(objects, each):
            check_evolution(Library(objects).fields(each), Library(objects, instead=after).fields(each))


def check_delete(objects: Objects, found: Json) -> None:
    """Reject the deletion of a field group that a schema has (inferred)."""
    if any(found["$id"] in each["meta:extends"] for each in objects.all(SCHEMAS)):
        raise errors.bad_request(f"The field group {found['$id']} is used by a schema.")
