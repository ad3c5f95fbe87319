"""Library: all XDM resources of a sandbox, standard and custom, with references resolved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from aep_pulumi.emulator.core.objects import FIELD_GROUPS, SCHEMAS, Objects
from aep_pulumi.emulator.schema_registry import xdm

Json = dict[str, Any]

UNION = "union"

LOCAL = "#/definitions/"

# The required fields of standard classes: the others have none.
REQUIRED = {"https://ns.adobe.com/xdm/context/experienceevent": frozenset({"_id", "timestamp"})}

# The collections of custom resources. Data types come first: each kind only refers to earlier ones and to its own kind.
COLLECTIONS = (xdm.DATA_TYPES, xdm.CLASSES, FIELD_GROUPS, SCHEMAS)


class Library:
    """The XDM resources of a sandbox; `override` replaces one resource, to evaluate a change."""

    def __init__(self, objects: Objects, override: Json | None = None) -> None:
        self._objects = objects
        self._override = override or {}

    def kind(self, resource_id: str) -> str | None:
        """`classes`, `mixins`, `datatypes`, `behaviors` or `schemas`; None for an id that does not exist."""
        if resource_id in xdm.standard_resources():
            return str(xdm.standard_resources()[resource_id]["kind"])
        return next((name for name in COLLECTIONS if self.tenant_resource(name, resource_id)), None)

    def tenant_resource(self, collection: str, resource_id: str) -> Json | None:
        """A custom resource."""
        if self._override.get("$id") == resource_id and self._override["meta:resourceType"] == collection:
            return self._override
        return self._objects.find(collection, resource_id)

    def custom(self, resource_id: str) -> Json | None:
        """A custom resource of any kind."""
        return next((found for name in COLLECTIONS if (found := self.tenant_resource(name, resource_id))), None)

    def dependencies(self, resource: Json) -> list[Json]:
        """All custom resources that a custom resource refers to, directly and indirectly, before the resources that need them."""
        found: dict[str, Json] = {}
        self._collect(resource, found, {resource["$id"]})
        return list(found.values())

    def _collect(self, resource: Json, found: dict[str, Json], visited: set[str]) -> None:
        references = [*references_in(resource), *resource.get("meta:intendedToExtend", [])]
        for reference in references:
            needed = None if reference in visited else self.custom(reference)
            if needed:
                visited.add(reference)
                self._collect(needed, found, visited)
                found[reference] = needed

    def lineage(self, resource_id: str) -> list[str]:
        """All resources that a class or field group includes, directly and indirectly, followed by the resource itself."""
        if resource_id in xdm.standard_resources():
            return xdm.lineage(resource_id)
        included: list[str] = []
        for part in (self.tenant_resource(xdm.CLASSES, resource_id) or {}).get("allOf", []):
            if self.kind(part["$ref"]):
                included += [each for each in self.lineage(part["$ref"]) if each not in included]
        return [*included, resource_id]

    def schema(self, resource_id: str) -> Json | None:
        """A schema, custom or Adobe's."""
        if self.kind(resource_id) == SCHEMAS and resource_id in xdm.standard_resources():
            return xdm.document(resource_id)
        return self.tenant_resource(SCHEMAS, resource_id)

    def intended_classes(self, field_group_id: str) -> list[str]:
        """The classes that a field group extends; empty for all classes."""
        own = self.tenant_resource(FIELD_GROUPS, field_group_id) or xdm.document(field_group_id)
        return list(own.get("meta:intendedToExtend", []))

    def class_of(self, references: Sequence[str]) -> str | None:
        """The class among a schema's references."""
        return next((each for each in references if self.kind(each) == xdm.CLASSES), None)

    def fields(self, body: Json, depth: int = 0) -> Json:
        """The fields of a custom resource, with all references resolved."""
        tree: Json = {}
        for part in body.get("allOf", []):
            tree = xdm.merged(tree, self._part(body, part["$ref"], depth))
        return xdm.merged(tree, {name: self._node(node, depth) for name, node in body.get("properties", {}).items()})

    def required(self, body: Json) -> set[str]:
        """The names of the top-level fields of a custom resource that each row must have."""
        names = _required(body)
        for part in body.get("allOf", []):
            reference = part["$ref"]
            if reference.startswith(LOCAL):
                names |= _required(body.get("definitions", {}).get(reference.removeprefix(LOCAL), {}))
            elif own := self.custom(reference):
                names |= self.required(own)
            else:
                names |= REQUIRED.get(reference, frozenset())
        return names

    def _part(self, body: Json, reference: str, depth: int) -> Json:
        if reference.startswith(LOCAL):
            definition = body.get("definitions", {}).get(reference.removeprefix(LOCAL), {})
            return {name: self._node(node, depth) for name, node in definition.get("properties", {}).items()}
        if own := self.custom(reference):
            return self.fields(own, depth)
        return xdm.fields(reference) if reference in xdm.standard_resources() else {}

    def _node(self, node: Json, depth: int) -> Json:
        if node.get("$ref") in xdm.standard_resources():
            return xdm.resolved_reference(node["$ref"])
        if "$ref" in node and (data_type := self.tenant_resource(xdm.DATA_TYPES, node["$ref"])):
            # Data types may be recursive, so the depth is limited.
            fields = self.fields(data_type, depth + 1) if depth < xdm.MAX_DEPTH else {}
            return {"type": "object", "properties": fields, "meta:xdmType": "object"}
        result = dict(node)
        if "properties" in node:
            result["properties"] = {name: self._node(child, depth) for name, child in node["properties"].items()}
        for key in ("items", "additionalProperties"):
            if isinstance(node.get(key), dict):
                result[key] = self._node(node[key], depth)
        return xdm.with_xdm_type(result)


def _required(node: Json) -> set[str]:
    flagged = {name for name, field in node.get("properties", {}).items() if field.get("isRequired") is True}
    return {*node.get("required", ()), *flagged}


def references_in(node: object) -> Iterator[str]:
    """All `$ref` values in a resource or a part of one."""
    if isinstance(node, list):
        for item in node:
            yield from references_in(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references_in(value)


def field_at(fields: Json, steps: Sequence[str]) -> Json | None:
    """The field at a path, through object properties, array items, and maps with any key; None if it does not exist."""
    node: Json = {"type": "object", "properties": fields}
    for step in steps:
        while "items" in node:
            node = node["items"]
        child = child_of(node, step)
        if child is None:
            return None
        node = child
    return node


def child_of(node: Json, name: str) -> Json | None:
    """The field with a name in an object, or in a map with any key; None if there is none."""
    if name in node.get("properties", {}):
        child: Json = node["properties"][name]
        return child
    others = node.get("additionalProperties")
    return others if isinstance(others, dict) else None
