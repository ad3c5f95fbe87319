"""Usage: which resources depend on a class or a data type, and what this forbids."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.objects import SCHEMAS, Objects
from aep_pulumi.emulator.schema_registry.evolution import check_evolution, is_in_use
from aep_pulumi.emulator.schema_registry.library import COLLECTIONS, Library, references_in

Json = dict[str, Any]


def check_change(objects: Objects, before: Json, after: Json) -> None:
    """Reject breaking changes if a schema in use depends on the resource."""
    library, changed = Library(objects), Library(objects, override=after)
    for schema in objects.all(SCHEMAS):
        depends = any(each["$id"] == before["$id"] for each in library.dependencies(schema))
        if depends and is_in_use(objects, schema):
            check_evolution(library.fields(schema), changed.fields(schema))


def check_delete(objects: Objects, resource: Json) -> None:
    """Reject the deletion of a resource that another one refers to (inferred)."""
    for collection in COLLECTIONS:
        for each in objects.all(collection):
            references = {*references_in(each), *each.get("meta:intendedToExtend", [])}
            if each["$id"] != resource["$id"] and resource["$id"] in references:
                raise errors.bad_request(f"The resource {resource['$id']} is used by {each['$id']}.")
