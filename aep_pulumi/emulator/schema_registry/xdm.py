"""XDM: Adobe's standard classes, field groups, data types and schemas, defined in `xdm.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

BASE = "https://ns.adobe.com/"
CLASSES, FIELD_GROUPS, DATA_TYPES, BEHAVIORS, SCHEMAS = "classes", "mixins", "datatypes", "behaviors", "schemas"

# Data types may be recursive (a place contains places), so the depth is limited.
MAX_DEPTH = 12


@cache
def standard_resources() -> dict[str, Json]:
    """The standard resources by `$id`: kind, title, fields, included resources, intended classes."""
    text = (files("aep_pulumi.emulator.schema_registry") / "xdm.json").read_text(encoding="utf-8")
    resources: dict[str, Json] = json.loads(text)["resources"]
    return resources


def alternate_id(resource_id: str) -> str:
    """The `meta:altId` of a `$id`."""
    return "_" + resource_id.removeprefix(BASE).replace("/", ".")


@cache
def ids_by_alternate_id() -> dict[str, str]:
    """The `$id` of each standard resource, by its `meta:altId`."""
    return {alternate_id(each): each for each in standard_resources()}


@cache
def _places() -> dict[str, int]:
    return {each: place for place, each in enumerate(standard_resources(), 1)}


def place(resource_id: str) -> int:
    """The place of a standard resource among all of them, from 1; 0 for any other."""
    return _places().get(resource_id, 0)


def lineage(resource_id: str) -> list[str]:
    """All directly and indirectly included resources, followed by the resource itself."""
    resource_ids: list[str] = []
    for included in standard_resources()[resource_id]["includes"]:
        resource_ids += [each for each in lineage(included) if each not in resource_ids]
    return [*resource_ids, resource_id]


@cache
def fields(resource_id: str, depth: int = 0) -> Json:
    """The fields of a standard resource and all included resources, with references resolved."""
    tree: Json = {}
    for each in lineage(resource_id):
        tree = merged(tree, {name: _node(node, depth) for name, node in standard_resources()[each]["properties"].items()})
    return tree


def with_xdm_type(node: Json) -> Json:
    """A field with `meta:xdmType`, which the registry derives unless set."""
    if "meta:xdmType" in node or "type" not in node:
        return node
    kind = node["type"]
    if kind == "string" and node.get("format") in {"date", "date-time"}:
        return {**node, "meta:xdmType": node["format"]}
    return {**node, "meta:xdmType": "int" if kind == "integer" else kind}


def merged(left: Json, right: Json) -> Json:
    """Merge two sets of fields; objects with the same name are merged recursively."""
    result = dict(left)
    for name, node in right.items():
        existing = result.get(name)
        if existing and "properties" in existing and "properties" in node:
            required = [*existing.get("required", ()), *node.get("required", ())]
            both = {**existing, **node, "properties": merged(existing["properties"], node["properties"])}
            result[name] = {**both, "required": list(dict.fromkeys(required))} if required else both
        else:
            result[name] = node
    return result


def resolved_reference(resource_id: str, depth: int = 0) -> Json:
    """Resolve a `$ref` to a standard resource."""
    definition = standard_resources()[resource_id]
    if "type" in definition:
        return with_xdm_type({key: value for key, value in definition.items() if key in {"type", "format", "enum", "pattern"}})
    return {"type": "object", "properties": fields(resource_id, depth), "meta:xdmType": "object"}


def _node(node: Json, depth: int) -> Json:
    if depth > MAX_DEPTH:
        return with_xdm_type({"type": "object"})
    if "ref" in node:
        return resolved_reference(node["ref"], depth + 1)
    result = dict(node)
    if "properties" in node:
        result["properties"] = {name: _node(child, depth + 1) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            result[key] = _node(node[key], depth + 1)
    return with_xdm_type(result)


@cache
def document(resource_id: str) -> Json:
    """A standard resource as returned by the registry, with references unresolved."""
    definition = standard_resources()[resource_id]
    name = resource_id.rsplit("/", maxsplit=1)[-1]
    is_component = definition["kind"] != SCHEMAS
    classes = [each for each in definition["includes"] if standard_resources()[each]["kind"] == CLASSES]
    properties = {field: _unresolved(node) for field, node in definition["properties"].items()}
    result = {
        "$id": resource_id,
        "meta:altId": alternate_id(resource_id),
        "meta:resourceType": definition["kind"],
        "version": "1.0",
        "title": definition["title"],
        "type": "object",
        "definitions": {name: {"type": "object", "properties": properties, "meta:xdmType": "object"}},
        "allOf": [{"$ref": f"#/definitions/{name}"}, *({"$ref": each} for each in definition["includes"])],
        "meta:extends": lineage(resource_id)[:-1],
        "meta:extensible": is_component,
        "meta:abstract": is_component,
        "meta:xdmType": "object",
        "meta:containerId": "global",
        "meta:tenantNamespace": "_xdm",
    }
    if "intendedToExtend" in definition:
        result["meta:intendedToExtend"] = definition["intendedToExtend"]
    if classes and not is_component:
        result["meta:class"] = classes[0]
    return result


def standard_document(given: str) -> Json | None:
    """The standard resource with a `$id` or `meta:altId`, or None."""
    resource_id = given if given in standard_resources() else ids_by_alternate_id().get(given)
    return document(resource_id) if resource_id else None


def _unresolved(node: Json) -> Json:
    if "ref" in node:
        return {"$ref": node["ref"], "type": "object", "meta:xdmType": "object"}
    result = dict(node)
    if "properties" in node:
        result["properties"] = {name: _unresolved(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            result[key] = _unresolved(node[key])
    return with_xdm_type(result)
