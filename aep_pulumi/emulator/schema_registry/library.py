"""Library: all XDM resources that a sandbox can use, Adobe's and its own, and the fields they resolve to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core.store import FIELD_GROUPS, SCHEMAS, Objects
from aep_pulumi.emulator.schema_registry import xdm

Json = dict[str, Any]

UNION = "union"


class Library:
    """A sandbox's view of the registry; `instead` shows one resource as it would be after a change."""

    def __init__(self, objects: Objects, instead: Json | None = None) -> None:
        self._objects = objects
        self._instead = instead or {}

    def kind(self, resource_id: str) -> str | None:
        """`classes`, `mixins`, `datatypes`, `behaviors` or `schemas`; None for an id that does not exist."""
        if resource_id in xdm.facts():
            return str(xdm.facts()[resource_id]["kind"])
        return next((name for name in (FIELD_GROUPS, SCHEMAS) if self.own(name, resource_id)), None)

    def own(self, collection: str, resource_id: str) -> Json | None:
        """A resource of the organisation."""
        if self._instead.get("$id") == resource_id:
            return self._instead
        return self._objects.find(collection, resource_id)

    def schema(self, resource_id: str) -> Json | None:
        """A schema of the organisation."""
        return self.own(SCHEMAS, resource_id)

    def intended_classes(self, field_group_id: str) -> list[str]:
        """The classes a field group is for; none means all."""
        own = self.own(FIELD_GROUPS, field_group_id) or xdm.document(field_group_id)
        return list(own.get("meta:intendedToExtend", []))

    def class_of(self, references: Sequence[str]) -> str | None:
        """The class among a schema's references."""
        return next((each for each in references if self.kind(each) == xdm.CLASSES), None)

    def fields(self, body: Json) -> Json:
        """A schema's or field group's fields, all references resolved."""
        tree: Json = {}
        for part in body.get("allOf", []):
            tree = xdm.merged(tree, self._part(body, part["$ref"]))
        return tree

    def _part(self, body: Json, reference: str) -> Json:
        if reference.startswith("#/definitions/"):
            definition = body.get("definitions", {}).get(reference.removeprefix("#/definitions/"), {})
            return {name: self._node(node) for name, node in definition.get("properties", {}).items()}
        if own := self.own(FIELD_GROUPS, reference):
            return self.fields(own)
        return xdm.fields(reference) if reference in xdm.facts() else {}

    def _node(self, node: Json) -> Json:
        if node.get("$ref") in xdm.facts():
            return xdm.referred(node["$ref"])
        outcome = dict(node)
        if "properties" in node:
            outcome["properties"] = {name: self._node(child) for name, child in node["properties"].items()}
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                outcome[key] = self._node(node[key])
        return xdm.typed(outcome)


def located(fields: Json, steps: Sequence[str]) -> Json | None:
    """The field at a path: into objects by name, into arrays through their items, into maps by any key."""
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
