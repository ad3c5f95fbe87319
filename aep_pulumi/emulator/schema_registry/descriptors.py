"""Descriptors: what they may say about a schema's fields, identities above all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.json_schema import ANYTHING, FLAG, NAME, TEXT, Shape, closed
from aep_pulumi.emulator.core.store import DESCRIPTORS, Shelf
from aep_pulumi.emulator.identity.namespaces import namespaces
from aep_pulumi.emulator.schema_registry.library import UNION, Library, located

Json = dict[str, Any]

IDENTITY = "xdm:descriptorIdentity"

_DESCRIPTOR_FIELDS: Json = {
    "xdm:sourceSchema": NAME,
    # OpenAPI types it as a string, every sample sends a number.
    "xdm:sourceVersion": {"enum": [1, "1"]},
    "xdm:sourceProperty": NAME,
}
_DESCRIPTOR_TYPES: Json = {
    IDENTITY: {
        "xdm:namespace": {"type": ["string", "integer"]},
        "xdm:property": {"enum": ["xdm:code", "xdm:id"]},
        "xdm:isPrimary": FLAG,
    },
    "xdm:descriptorReferenceIdentity": {"xdm:identityNamespace": NAME},
    "xdm:descriptorOneToOne": {
        "xdm:destinationSchema": NAME,
        "xdm:destinationVersion": {"enum": [1, "1"]},
        "xdm:destinationProperty": NAME,
    },
    "xdm:descriptorRelationship": {
        "xdm:destinationSchema": NAME,
        "xdm:destinationVersion": {"enum": [1, "1"]},
        "xdm:destinationNamespace": NAME,
        "xdm:destinationToSourceTitle": TEXT,
        "xdm:sourceToDestinationTitle": TEXT,
        "xdm:cardinality": TEXT,
    },
    "xdm:alternateDisplayInfo": {"xdm:title": ANYTHING, "xdm:description": ANYTHING, "meta:enum": ANYTHING},
}
_DESCRIPTOR_OPTIONAL = {
    "xdm:isPrimary",
    "xdm:title",
    "xdm:description",
    "meta:enum",
    "xdm:destinationProperty",
    "xdm:destinationToSourceTitle",
    "xdm:sourceToDestinationTitle",
    "xdm:cardinality",
}

DESCRIPTOR_TYPE = Shape(
    {
        "type": "object",
        "required": ["@type"],
        "properties": {"@type": {"enum": list(_DESCRIPTOR_TYPES)}},
    }
)
DESCRIPTORS_BY_TYPE = {
    kind: Shape(
        closed(
            ("@type", *_DESCRIPTOR_FIELDS, *(name for name in fields if name not in _DESCRIPTOR_OPTIONAL)),
            **{"@type": {"const": kind}, **_DESCRIPTOR_FIELDS, **fields},
        )
    )
    for kind, fields in _DESCRIPTOR_TYPES.items()
}


def acceptable(shelf: Shelf, body: object, own_id: str | None = None) -> Json:
    """A descriptor, once it is acceptable; most codes of these refusals are undocumented."""
    kind = refusals.in_shape(DESCRIPTOR_TYPE, body)["@type"]
    wanted = refusals.in_shape(DESCRIPTORS_BY_TYPE[kind], body)
    library = Library(shelf)
    found = library.schema(wanted["xdm:sourceSchema"])
    if found is None:
        raise refusals.registry("XDM-1012-404", id=wanted["xdm:sourceSchema"], version=1)
    path = wanted["xdm:sourceProperty"]
    steps = path.split("/")[1:]
    if not path.startswith("/") or path.endswith("/") or "properties" in steps:
        raise refusals.bad_request(f"The xdm:sourceProperty {path} must be like /person/name: no properties inside.")
    if located(library.fields(found), steps) is None:
        raise refusals.bad_request(f"The schema has no field {path}.")
    if "xdm:destinationSchema" in wanted and library.schema(wanted["xdm:destinationSchema"]) is None:
        raise refusals.registry("XDM-1012-404", id=wanted["xdm:destinationSchema"], version=1)
    others = [each for each in shelf.all(DESCRIPTORS) if each["@id"] != own_id]
    place = ("@type", "xdm:sourceSchema", "xdm:sourceProperty")
    if any(all(each[name] == wanted[name] for name in place) for each in others):
        raise refusals.bad_request(f"The field {path} has a {kind} already.")  # inferred
    if kind == IDENTITY:
        _check_identity(shelf, wanted, others)
    return wanted


def _check_identity(shelf: Shelf, wanted: Json, others: Sequence[Json]) -> None:
    key = "code" if wanted["xdm:property"] == "xdm:code" else "id"
    # OpenAPI types an id as a text, too.
    if str(wanted["xdm:namespace"]) not in {str(each[key]) for each in namespaces(shelf)}:
        raise refusals.bad_request(f"There is no identity namespace {wanted['xdm:namespace']}.")  # inferred
    schema_id = wanted["xdm:sourceSchema"]
    if wanted.get("xdm:isPrimary") and has_primary_identity(others, schema_id):
        raise refusals.bad_request(f"The schema {schema_id} has a primary identity already.")


def check_change(before: Json, after: Json) -> None:
    """Refuse to make a descriptor another one (inferred)."""
    for name in ("@type", "xdm:sourceSchema"):
        if before[name] != after[name]:
            raise refusals.bad_request(f"The {name} of a descriptor cannot be changed.")


def check_delete(shelf: Shelf, found: Json) -> None:
    """Refuse to take the primary identity from a schema in Profile (inferred; OpenAPI knows the status)."""
    owner = Library(shelf).schema(found["xdm:sourceSchema"]) or {}
    if found.get("xdm:isPrimary") and UNION in owner.get("meta:immutableTags", []):
        raise refusals.placeholder(403, "The primary identity of a schema in Profile cannot be deleted.")


def has_primary_identity(descriptors: Iterable[Json], schema_id: str) -> bool:
    """True where one of the descriptors makes a field of the schema its primary identity."""
    return any(each.get("xdm:isPrimary") and each["xdm:sourceSchema"] == schema_id for each in descriptors)
