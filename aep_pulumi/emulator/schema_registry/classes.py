"""Classes: validation of custom classes and their changes."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.schema_registry import compositions, usage, xdm
from aep_pulumi.emulator.schema_registry.compositions import CLASS
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]


def validated(objects: Objects, body: object) -> Json:
    """Validate a class, and return the fields set by the client."""
    desired = errors.validated(CLASS, body)
    compositions.check_namespace(desired)
    library = Library(objects)
    compositions.check_references(library, desired, {xdm.BEHAVIORS, xdm.CLASSES, xdm.FIELD_GROUPS})
    behaviors = [each for each in _lineage(library, desired) if library.kind(each) == xdm.BEHAVIORS]
    if len(behaviors) != 1:
        raise errors.bad_request(f"A class must have exactly one behavior, but this one has {len(behaviors)}.")  # inferred
    return {"description": "", **compositions.client_fields(desired)}


def representation(objects: Objects, client_fields: Json) -> Json:
    """The representation of a class, from the fields set by the client."""
    return {
        **compositions.with_types(client_fields),
        "meta:extends": _lineage(Library(objects), client_fields),
        "meta:extensible": True,
        "meta:abstract": True,
    }


def check_change(objects: Objects, before: Json, after: Json) -> None:
    """Reject another behavior, and breaking changes if a schema in use has the class."""
    behaviors = [
        [each for each in body["meta:extends"] if Library(objects).kind(each) == xdm.BEHAVIORS] for body in (before, after)
    ]
    if behaviors[0] != behaviors[1]:
        raise errors.bad_request("The behavior of a class cannot be changed.")  # inferred
    usage.check_change(objects, before, after)


def _lineage(library: Library, body: Json) -> list[str]:
    extends: list[str] = []
    for part in body["allOf"]:
        if library.kind(part["$ref"]):
            extends += [each for each in library.lineage(part["$ref"]) if each not in extends]
    return extends
