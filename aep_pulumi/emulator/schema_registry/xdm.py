"""XDM: Adobe's standard classes, field groups and data types, from the facts in `xdm.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Json = dict[str, Any]

BASE = "https://ns.adobe.com/"
CLASSES, FIELD_GROUPS, DATA_TYPES, BEHAVIORS = "classes", "mixins", "datatypes", "behaviors"

# A data type may hold itself (a place in a place); a tree has to end somewhere.
DEEPEST = 12


@cache
def facts() -> dict[str, Json]:
    """Per `$id`: kind, title, fields, what it includes, the classes it is meant for."""
    text = (files("aep_pulumi.emulator.schema_registry") / "xdm.json").read_text(encoding="utf-8")
    resources: dict[str, Json] = json.loads(text)["resources"]
    return resources


def alternate_id(resource_id: str) -> str:
    """A `$id` as `meta:altId` spells it."""
    return "_" + resource_id.removeprefix(BASE).replace("/", ".")


def lineage(resource_id: str) -> list[str]:
    """What a resource includes, and what that includes in turn; itself last."""
    found: list[str] = []
    for included in facts()[resource_id]["includes"]:
        found += [each for each in lineage(included) if each not in found]
    return [*found, resource_id]


@cache
def fields(resource_id: str, depth: int = 0) -> Json:
    """A standard resource's fields, with all it includes, and every reference followed."""
    tree: Json = {}
    for each in lineage(resource_id):
        tree = merged(tree, {name: _node(node, depth) for name, node in facts()[each]["properties"].items()})
    return tree


def typed(node: Json) -> Json:
    """A field with the `meta:xdmType` that the registry adds."""
    if "meta:xdmType" in node or "type" not in node:
        return node
    kind = node["type"]
    if kind == "string" and node.get("format") in {"date", "date-time"}:
        return {**node, "meta:xdmType": node["format"]}
    return {**node, "meta:xdmType": "int" if kind == "integer" else kind}


def merged(left: Json, right: Json) -> Json:
    """Two sets of fields as one; where both have an object, its fields as one."""
    outcome = dict(left)
    for name, node in right.items():
        mine = outcome.get(name)
        if mine and "properties" in mine and "properties" in node:
            outcome[name] = {**mine, **node, "properties": merged(mine["properties"], node["properties"])}
        else:
            outcome[name] = node
    return outcome


def referred(resource_id: str, depth: int = 0) -> Json:
    """What a `$ref` to a standard resource stands for."""
    fact = facts()[resource_id]
    if "type" in fact:
        return typed({key: value for key, value in fact.items() if key in {"type", "format", "enum", "pattern"}})
    return {"type": "object", "properties": fields(resource_id, depth), "meta:xdmType": "object"}


def _node(node: Json, depth: int) -> Json:
    if depth > DEEPEST:
        return typed({"type": "object"})
    if "ref" in node:
        return referred(node["ref"], depth + 1)
    outcome = dict(node)
    if "properties" in node:
        outcome["properties"] = {name: _node(child, depth + 1) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            outcome[key] = _node(node[key], depth + 1)
    return typed(outcome)


@cache
def document(resource_id: str) -> Json:
    """A standard resource as the registry shows it, its references not followed."""
    fact = facts()[resource_id]
    name = resource_id.rsplit("/", maxsplit=1)[-1]
    properties = {field: _unfollowed(node) for field, node in fact["properties"].items()}
    shown = {
        "$id": resource_id,
        "meta:altId": alternate_id(resource_id),
        "meta:resourceType": fact["kind"],
        "version": "1.0",
        "title": fact["title"],
        "type": "object",
        "definitions": {name: {"type": "object", "properties": properties, "meta:xdmType": "object"}},
        "allOf": [{"$ref": f"#/definitions/{name}"}, *({"$ref": each} for each in fact["includes"])],
        "meta:extends": lineage(resource_id)[:-1],
        "meta:extensible": True,
        "meta:abstract": True,
        "meta:xdmType": "object",
        "meta:containerId": "global",
        "meta:tenantNamespace": "_xdm",
    }
    if "intendedToExtend" in fact:
        shown["meta:intendedToExtend"] = fact["intendedToExtend"]
    return shown


def _unfollowed(node: Json) -> Json:
    if "ref" in node:
        return {"$ref": node["ref"], "type": "object", "meta:xdmType": "object"}
    outcome = dict(node)
    if "properties" in node:
        outcome["properties"] = {name: _unfollowed(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in node:
            outcome[key] = _unfollowed(node[key])
    return typed(outcome)
