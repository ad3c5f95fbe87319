"""Schemas: validation of schemas and their changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import DESCRIPTORS, Objects
from aep_pulumi.emulator.schema_registry import relational, xdm
from aep_pulumi.emulator.schema_registry.descriptors import has_primary_identity
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.evolution import check_evolution, is_in_use
from aep_pulumi.emulator.schema_registry.json_schemas import SCHEMA
from aep_pulumi.emulator.schema_registry.library import UNION, Library

Json = dict[str, Any]


def validated(objects: Objects, body: object) -> Json:
    """Validate a schema, and return the fields set by the client."""
    if relational.is_relational(body):
        return relational.validated(Library(objects), body)
    desired = errors.validated(SCHEMA, body)
    references = [part["$ref"] for part in desired["allOf"]]
    class_id = _class(Library(objects), references)
    if desired.get("meta:class", class_id) != class_id:
        raise errors.bad_request(f"The meta:class is not the class of the schema, {class_id}.")  # inferred
    return {
        "title": desired["title"],
        "description": desired.get("description", ""),
        "allOf": [{"$ref": each} for each in references],
        **({"meta:immutableTags": [UNION]} if desired.get("meta:immutableTags") else {}),
    }


def _class(library: Library, references: Sequence[str]) -> str:
    """The class of a schema, which its field groups must extend. No error codes are documented (inferred)."""
    kinds = {each: library.kind(each) for each in references}
    if unknown := [each for each, kind in kinds.items() if kind not in {xdm.CLASSES, xdm.FIELD_GROUPS}]:
        raise errors.bad_request(f"The reference {unknown[0]} is not a class or field group.")
    if len(kinds) != len(references):
        raise errors.bad_request("A reference is specified twice.")
    classes = [each for each, kind in kinds.items() if kind == xdm.CLASSES]
    if len(classes) != 1:
        raise errors.bad_request(f"A schema must have exactly one class, but this one has {len(classes)}.")
    ancestors = set(library.lineage(classes[0]))
    for each in references:
        intended = library.intended_classes(each) if kinds[each] == xdm.FIELD_GROUPS else []
        if intended and not ancestors.intersection(intended):
            raise errors.bad_request(f"The field group {each} does not extend the class {classes[0]}.")
    return classes[0]


def representation(objects: Objects, client_fields: Json) -> Json:
    """The representation of a schema, from the fields set by the client."""
    if relational.is_relational(client_fields):
        return relational.representation(client_fields)
    references = [part["$ref"] for part in client_fields["allOf"]]
    library, extends = Library(objects), list[str]()
    for each in references:
        extends += [one for one in library.lineage(each) if one not in extends]
    return {
        **client_fields,
        "type": "object",
        "allOf": [{"$ref": each, "type": "object", "meta:xdmType": "object"} for each in references],
        "meta:extensible": False,
        "meta:abstract": False,
        "meta:extends": extends,
        "meta:class": library.class_of(references),
    }


def check_change(objects: Objects, before: Json, after: Json) -> None:
    """Reject invalid changes, such as breaking changes of a schema in use. The error codes are undocumented."""
    if before.get("meta:class") != after.get("meta:class"):
        raise errors.bad_request("The class of a schema cannot be changed.")  # inferred
    was, is_now = (UNION in each.get("meta:immutableTags", []) for each in (before, after))
    if was and not is_now:
        raise errors.bad_request("The union tag of a schema cannot be removed.")
    if is_now and not was:
        _check_union(objects, after)
    if is_in_use(objects, before):
        check_evolution(Library(objects).fields(before), Library(objects).fields(after))


def _check_union(objects: Objects, after: Json) -> None:
    if not has_primary_identity(objects.all(DESCRIPTORS), after["$id"]) and "identityMap" not in Library(objects).fields(after):
        raise coded("XDM-1528-400", id=after["$id"])


def check_delete(objects: Objects, schema: Json) -> None:
    """Reject the deletion of a schema in use."""
    if is_in_use(objects, schema):
        raise errors.bad_request(f"The schema {schema['$id']} is used by a dataset or in Profile.")
