"""Unions: one read-only view per class, of all its schemas in Profile."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.objects import SCHEMAS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.library import UNION, Library
from aep_pulumi.emulator.schema_registry.listing import QUERY, page
from aep_pulumi.emulator.schema_registry.representations import (
    full_resource,
    list_representation,
    lookup_representation,
    represented,
    summary,
)

Json = dict[str, Any]

SUFFIX = "__union"


def _list(call: Call) -> Reply:
    show = summary if list_representation(call) == "id" else full_resource
    return Reply(200, page(call, unions(call.objects), show))


def _lookup(call: Call) -> Reply:
    representation, major = lookup_representation(call)
    given = call.ids["id"]
    union = next((each for each in unions(call.objects) if given in {each["$id"], each["meta:altId"]}), None)
    if union is None or major != 1:
        raise errors.problem(404, f"Object {given} with version {major} not found")
    return Reply(200, represented(Library(call.objects), union, representation))


ROUTES = (
    Route("GET", "/tenant/unions", _list, query=QUERY),
    Route("GET", "/tenant/unions/{id}", _lookup),
)


def unions(objects: Objects) -> list[Json]:
    """The unions of a sandbox, by class, in the order in which their first schemas were created."""
    members: dict[str, list[Json]] = {}
    for schema in objects.all(SCHEMAS):
        if UNION in schema.get("meta:immutableTags", []) and "meta:class" in schema:
            members.setdefault(schema["meta:class"], []).append(schema)
    return [_union(objects, class_id, schemas) for class_id, schemas in members.items()]


def union_class(objects: Objects, union_id: str) -> str | None:
    """The class of a union, which exists before any schema is in it; None for an id that is not a union's."""
    class_id = union_id.removesuffix(SUFFIX)
    return class_id if class_id != union_id and Library(objects).kind(class_id) == xdm.CLASSES else None


def _union(objects: Objects, class_id: str, schemas: list[Json]) -> Json:
    library, sandbox = Library(objects), sandboxes.current(objects)
    references = list(dict.fromkeys(part["$ref"] for schema in schemas for part in schema["allOf"]))
    extends = [*(schema["$id"] for schema in schemas), *(each for schema in schemas for each in schema["meta:extends"])]
    own = library.tenant_resource(xdm.CLASSES, class_id)
    updated = max((each["meta:registryMetadata"] for each in schemas), key=lambda each: int(each["repo:lastModifiedDate"]))
    return {
        "$id": class_id + SUFFIX,
        "meta:altId": xdm.alternate_id(class_id) + SUFFIX,
        "meta:resourceType": "unions",
        "version": "1.0",
        "title": (own or xdm.document(class_id))["title"],
        "type": "object",
        "allOf": [{"$ref": each} for each in references],
        "imsOrg": organisation.ID,
        "meta:extends": list(dict.fromkeys(extends)),
        "meta:class": class_id,
        "meta:xdmType": "object",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:registryMetadata": updated,
    }
