"""Descriptor types: the fields of each type of descriptor, and what they mean for the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, NAME, TEXT, JsonSchema, closed, list_of

Json = dict[str, Any]

IDENTITY = "xdm:descriptorIdentity"
DEPRECATED = "xdm:descriptorDeprecated"
LABEL = "xdm:descriptorLabel"
GRANULARITY = "xdm:descriptorTimeSeriesGranularity"
# The types of relational schemas, whose samples have no version.
RELATIONAL = {"xdm:descriptorPrimaryKey", "xdm:descriptorVersion", "xdm:descriptorTimestamp"}

# A string in OpenAPI, but a number in all samples.
VERSION: Json = {"enum": [1, "1"]}
PATH: Json = NAME
PATHS: Json = {"anyOf": [NAME, list_of(NAME, minItems=1)]}

_DESTINATION: Json = {
    "xdm:destinationSchema": NAME,
    "xdm:destinationVersion": VERSION,
    "xdm:destinationProperty": PATH,
    "xdm:destinationNamespace": NAME,
    "xdm:destinationToSourceTitle": TEXT,
    "xdm:sourceToDestinationTitle": TEXT,
    "xdm:destinationToSourceName": TEXT,
    "xdm:sourceToDestinationName": TEXT,
    "xdm:cardinality": TEXT,
}
# By type: the type of xdm:sourceProperty, the other required fields, and all other fields.
_TYPES: dict[str, tuple[Json, tuple[str, ...], Json]] = {
    IDENTITY: (
        PATH,
        # Clients in use omit xdm:property (default: `xdm:code`).
        ("xdm:namespace",),
        {
            "xdm:namespace": {"type": ["string", "integer"]},
            "xdm:property": {"enum": ["xdm:code", "xdm:id"]},
            "xdm:isPrimary": BOOLEAN,
        },
    ),
    "xdm:descriptorReferenceIdentity": (PATH, ("xdm:identityNamespace",), {"xdm:identityNamespace": NAME}),
    "xdm:descriptorOneToOne": (PATH, ("xdm:destinationSchema",), _DESTINATION),
    "xdm:descriptorRelationship": (PATH, ("xdm:destinationSchema",), _DESTINATION),
    "xdm:alternateDisplayInfo": (
        PATH,
        (),
        {
            "xdm:title": ANYTHING,
            "xdm:description": ANYTHING,
            "meta:enum": ANYTHING,
            # Adobe's page spells this field both ways.
            "xdm:excludeMetaEnum": ANYTHING,
            "meta:excludeMetaEnum": ANYTHING,
        },
    ),
    "xdm:descriptorPrimaryKey": (PATHS, (), {}),
    "xdm:descriptorVersion": (PATH, (), {}),
    "xdm:descriptorTimestamp": (PATH, (), {}),
    DEPRECATED: (PATHS, (), {}),
    LABEL: (PATHS, (), {"xdm:labels": list_of(NAME), "xdm:label": ANYTHING, "xdm:isEnabled": ANYTHING}),
    # Written by a client in use, for the metrics of a time series; it describes the schema rather than a field.
    GRANULARITY: (PATHS, ("xdm:granularity",), {"xdm:granularity": TEXT, "xdm:ianaTimezone": TEXT}),
}

DESCRIPTOR_TYPE = JsonSchema({"type": "object", "required": ["@type"], "properties": {"@type": {"enum": list(_TYPES)}}})
DESCRIPTORS_BY_TYPE = {
    kind: JsonSchema(
        closed(
            (
                "@type",
                "xdm:sourceSchema",
                *(() if kind == GRANULARITY else ("xdm:sourceProperty",)),
                *(() if kind in RELATIONAL else ("xdm:sourceVersion",)),
                *required,
            ),
            **{
                "@type": {"const": kind},
                "xdm:sourceSchema": NAME,
                "xdm:sourceVersion": VERSION,
                "xdm:sourceProperty": path,
                **fields,
            },
        )
    )
    for kind, (path, required, fields) in _TYPES.items()
}


def paths_of(descriptor: Json) -> list[str]:
    """The paths of a descriptor's fields, most of which have exactly one."""
    given = descriptor.get("xdm:sourceProperty", [])
    return given if isinstance(given, list) else [given]


def steps_of(path: str) -> list[str]:
    """The names in a path; Adobe's business schemas write `[*]` after an array, which their paths need not have."""
    return [step.removesuffix("[*]") for step in path.split("/")[1:]]


def with_deprecated_fields(fields: Json, descriptors: Sequence[Json]) -> Json:
    """The fields of a schema, marked as deprecated where a descriptor says so."""
    for descriptor in descriptors:
        for path in paths_of(descriptor) if descriptor["@type"] == DEPRECATED else ():
            fields = _with_status(fields, steps_of(path))
    return fields


def _with_status(fields: Json, steps: list[str]) -> Json:
    name, *inner = steps
    node = fields.get(name)
    if node is None:
        return fields
    if not inner:
        return {**fields, name: {**node, "meta:status": "deprecated"}}
    if "items" in node:
        return {**fields, name: {**node, "items": _inside(node["items"], inner)}}
    return {**fields, name: _inside(node, inner)}


def _inside(node: Json, steps: list[str]) -> Json:
    return {**node, "properties": _with_status(node["properties"], steps)} if "properties" in node else node
