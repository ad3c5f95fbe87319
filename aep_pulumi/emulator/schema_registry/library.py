"""Library: all XDM resources of a sandbox, standard and custom, with references resolved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core.store import FIELD_GROUPS, SCHEMAS, Objects
from aep_pulumi.emulator.schema_registry import xdm

Json = dict[str, Any]

UNION = "union"


class Library:
    """The XDM resources of a sandbox; `override` replaces one resource, to evaluate a change."""

    def __init__(self, objects: Objects, override: Json | None = None) -> None:
        self._objects = objects
        self._override = override or {}

    def kind(self, resource_id: str) -> str | None:
        """`classes`, `mixins`, `datatypes`, `behaviors` or `schemas`; None for an id that does not exist."""
        if resource_id in xdm.standard_resources():
            return str(xdm.standard_resources()[resource_id]["kind"])
        return next((name for name in (FIELD_GROUPS, SCHEMAS) if self.tenant_resource(name, resource_id)), None)

    def tenant_resource(self, collection: str, resource_id: str) -> Json | None:
        """A custom resource."""
        if self._override.get("$id") == resource_id:
            return self._override
        return self._objects.find(collection, resource_id)

    def schema(self, resource_id: str) -> Json | None:
        """A custom schema."""
        return self.tenant_resource(SCHEMAS, resource_id)

    def intended_classes(self, field_group_id: str) -> list[str]:
        """The classes that a field group extends; empty for all classes."""
        own = self.tenant_resource(FIELD_GROUPS, field_group_id) or xdm.document(field_group_id)
        return list(own.get("meta:intendedToExtend", []))

    def class_of(self, references: Sequence[str]) -> str | None:
        """The class among a schema's references."""
        return next((each for each in references if self.kind(each) == xdm.CLASSES), None)

    def fields(self, body: Json) -> Json:
        """The fields of a schema or field group, with all references resolved."""
        tree: Json = {}
        for part in body.get("allOf", []):
            tree = xdm.merged(tree, self._part(body, part["$ref"]))
        return tree

    def _part(self, body: Json, reference: str) -> Json:
        if reference.startswith("#/definitions/"):
            definition = body.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {})
            return {name: self._node(node) for name, node in definition.get("properties", {}).items()}
        if own := self.tenant_resource(FIELD_GROUPS, reference):
            return self.fields(own)
        return xdm.fields(reference) if reference in xdm.standard_resources() else {}

    def _node(self, node: Json) -> Json:
        if node.get("$ref") in xdm.standard_resources():
            return xdm.resolved_reference(node["$ref"])
        result = dict(node)
        if "properties" in node:
            result["properties"] = {name: self._node(child) for name, child in node["properties"].items()}
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                result[key] = self._node(node[key])
        return xdm.with_xdm_type(result)


def field_at(fields: Json, steps: Sequence[str]) -> Json | None:
    """The field at a path, through object properties, array items, and maps with any key; None if it does not exist."""
    node: Json = {"type": "object", "properties": fields}
    for step in steps:
        while "items" in node:
            node = node["items"]
        if step in node.get("properties", {}):
            node = node["properties"][step]
        elif isinstance(node.get("additionalProperties"), dict):
            node = node["additionalProperties"]
        else:
            return None
    return node
