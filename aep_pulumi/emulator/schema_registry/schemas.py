"""Rules of the Schema Registry: what makes a schema, a field group or a descriptor acceptable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.json_schema import ANYTHING, FLAG, NAME, NUMBER, TEXT, Shape, closed, list_of
from aep_pulumi.emulator.core.store import DATASETS, DESCRIPTORS, FIELD_GROUPS, SCHEMAS, Shelf
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.descriptors import has_primary_identity
from aep_pulumi.emulator.schema_registry.library import UNION, Library, narrowed

Json = dict[str, Any]

TENANT_FIELD = f"_{ims.TENANT}"

# The server adds the last two to what was sent, and takes them back when it is sent again.
REFERENCE = closed(("$ref",), **{"$ref": NAME, "type": TEXT, "meta:xdmType": TEXT})

SCHEMA = Shape(
    closed(
        ("type", "title", "description", "allOf"),
        **{
            "type": {"const": "object"},
            "title": NAME,
            "description": TEXT,
            "allOf": list_of(REFERENCE, minItems=1),
            # Older samples send what the server sets; it must be what the server would set.
            "meta:containerId": {"const": "tenant"},
            "meta:resourceType": {"const": SCHEMAS},
            "meta:xdmType": {"const": "object"},
            "meta:class": NAME,
            # A change sends back what was read.
            "meta:extends": list_of(TEXT),
            "meta:immutableTags": list_of({"const": UNION}),
        },
    )
)

# The types that the registry adds by itself; others, such as `long`, are said.
OF_ITSELF = {"string", "date", "date-time", "int", "number", "boolean", "object", "array"}

FIELD_NAMES = {"pattern": "^[A-Za-z0-9-][A-Za-z0-9_-]*$"}

FIELD: Json = {
    **closed(
        **{
            "$ref": NAME,
            "type": {"enum": ["string", "integer", "number", "boolean", "object", "array"]},
            "title": TEXT,
            "description": TEXT,
            "format": TEXT,
            "enum": {"type": "array", "minItems": 1},
            "meta:enum": {"type": "object"},
            "default": ANYTHING,
            "examples": ANYTHING,
            "minimum": {"type": "number"},
            "maximum": {"type": "number"},
            "minLength": NUMBER,
            "maxLength": NUMBER,
            "pattern": TEXT,
            "items": {"$ref": "#/definitions/field"},
            "properties": {
                "type": "object",
                "propertyNames": FIELD_NAMES,
                "additionalProperties": {"$ref": "#/definitions/field"},
            },
            "additionalProperties": {"$ref": "#/definitions/field"},
            "required": list_of(NAME),
            "isRequired": FLAG,
            "meta:xdmType": TEXT,
            "meta:status": TEXT,
        }
    ),
    "anyOf": [{"required": ["type"]}, {"required": ["$ref"]}],
}

# The top of a definition may be named anything here: whose namespace it is in, the rules decide.
DEFINITION = closed(
    ("properties",),
    **{
        "type": {"const": "object"},
        "properties": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/field"}},
        "required": list_of(NAME),
        "meta:xdmType": TEXT,
        "title": TEXT,
        "description": TEXT,
    },
)

FIELD_GROUP = Shape(
    {
        **closed(
            ("type", "title", "meta:intendedToExtend"),
            **{
                "type": {"const": "object"},
                "title": NAME,
                "description": TEXT,
                "meta:intendedToExtend": list_of(NAME),
                "definitions": {"type": "object", "additionalProperties": {"$ref": "#/definitions/definition"}},
                "allOf": list_of(REFERENCE, minItems=1),
                "meta:containerId": {"const": "tenant"},
                "meta:resourceType": {"const": FIELD_GROUPS},
                "meta:xdmType": {"const": "object"},
                "meta:extends": list_of(TEXT),
            },
        ),
        "definitions": {"field": FIELD, "definition": DEFINITION},
    }
)

# What the server sets, and shows on read.
SERVER_SET = (
    "$id",
    "meta:altId",
    "meta:resourceType",
    "version",
    "imsOrg",
    "meta:class",
    "meta:extends",
    "meta:abstract",
    "meta:extensible",
    "meta:containerId",
    "meta:xdmType",
    "meta:registryMetadata",
    "meta:sandboxId",
    "meta:sandboxType",
    "meta:tenantNamespace",
)


def is_frozen(shelf: Shelf, schema: Json) -> bool:
    """True once rows may exist that a breaking change would betray.

    Adobe's pages differ on when that begins: with the first dataset, or with its first rows. The first dataset it is.
    """
    in_dataset = any(dataset["schemaRef"]["id"] == schema["$id"] for dataset in shelf.all(DATASETS))
    return in_dataset or UNION in schema.get("meta:immutableTags", [])


# --- schemas --------------------------------------------------------------------------------------------------------


def schema(shelf: Shelf, body: object) -> Json:
    """What a program may say of a schema, once it may be said."""
    wanted = refusals.in_shape(SCHEMA, body)
    references = [part["$ref"] for part in wanted["allOf"]]
    class_id = _class(Library(shelf), references)
    if wanted.get("meta:class", class_id) != class_id:
        raise refusals.bad_request(f"The meta:class is not the class of the schema, {class_id}.")  # inferred
    return {
        "title": wanted["title"],
        "description": wanted["description"],
        "allOf": [{"$ref": each} for each in references],
        **({"meta:immutableTags": [UNION]} if wanted.get("meta:immutableTags") else {}),
    }


def _class(library: Library, references: Sequence[str]) -> str:
    """The one class of a schema, whose field groups all fit it. The codes are inferred to be none."""
    kinds = {each: library.kind(each) for each in references}
    if unknown := [each for each, kind in kinds.items() if kind not in {xdm.CLASSES, xdm.FIELD_GROUPS}]:
        raise refusals.bad_request(f"The reference {unknown[0]} is to no class or field group.")
    if len(kinds) != len(references):
        raise refusals.bad_request("A reference is given twice.")
    classes = [each for each, kind in kinds.items() if kind == xdm.CLASSES]
    if len(classes) != 1:
        raise refusals.bad_request(f"A schema must have exactly one class, and this one has {len(classes)}.")
    ancestors = set(xdm.lineage(classes[0]))
    for each in references:
        intended = library.intended_classes(each) if kinds[each] == xdm.FIELD_GROUPS else []
        if intended and not ancestors.intersection(intended):
            raise refusals.bad_request(f"The field group {each} is not meant for the class {classes[0]}.")
    return classes[0]


def composed_schema(shelf: Shelf, said: Json) -> Json:
    """A schema as it is shown, from what a program says of it."""
    references = [part["$ref"] for part in said["allOf"]]
    extends: list[str] = []
    for each in references:
        lineage = xdm.lineage(each) if each in xdm.facts() else [each]
        extends += [one for one in lineage if one not in extends]
    return {
        **said,
        "type": "object",
        "allOf": [{"$ref": each, "type": "object", "meta:xdmType": "object"} for each in references],
        "meta:extensible": False,
        "meta:abstract": False,
        "meta:extends": extends,
        "meta:class": Library(shelf).class_of(references),
    }


def check_schema_change(shelf: Shelf, before: Json, after: Json) -> None:
    """Refuse what a schema in use cannot become. The codes of these refusals are undocumented."""
    if before["meta:class"] != after["meta:class"]:
        raise refusals.bad_request("The class of a schema cannot be changed.")  # inferred
    was, is_now = (UNION in each.get("meta:immutableTags", []) for each in (before, after))
    if was and not is_now:
        raise refusals.bad_request("The union tag of a schema cannot be removed.")
    if is_now and not was:
        _check_union(shelf, after)
    if is_frozen(shelf, before):
        _check_evolution(Library(shelf).fields(before), Library(shelf).fields(after))


def _check_union(shelf: Shelf, after: Json) -> None:
    if not has_primary_identity(shelf.all(DESCRIPTORS), after["$id"]) and "identityMap" not in Library(shelf).fields(after):
        raise refusals.registry("XDM-1528-400", id=after["$id"])


def _check_evolution(before: Json, after: Json) -> None:
    if place := narrowed(before, after):
        raise refusals.bad_request(
            f"The schema is in use, so that its fields can only be added to, and {place} would be removed or narrowed."
        )


def check_schema_delete(shelf: Shelf, found: Json) -> None:
    """Refuse the deletion of a schema in use."""
    if is_frozen(shelf, found):
        raise refusals.bad_request(f"The schema {found['$id']} is used by a dataset or in Profile.")


# --- field groups ---------------------------------------------------------------------------------------------------


def field_group(shelf: Shelf, body: object) -> Json:
    """What a program may say of a field group, once it may be said."""
    wanted = refusals.in_shape(FIELD_GROUP, body)
    definitions = wanted.get("definitions", {})
    for definition in definitions.values():
        for name, node in definition["properties"].items():
            if name != TENANT_FIELD:
                raise refusals.registry("XDM-1021-400", field=name, tenant=TENANT_FIELD)
            if node.get("type") != "object":
                raise refusals.registry("XDM-1021-400", field=name, tenant=TENANT_FIELD)
    library = Library(shelf)
    references = [part["$ref"] for part in wanted.get("allOf", [])]
    for each in [*references, *_references(definitions)]:
        local = each.startswith("#/definitions/") and each.removeprefix("#/definitions/") in definitions
        if not local and library.kind(each) not in {xdm.FIELD_GROUPS, xdm.DATA_TYPES}:
            raise refusals.bad_request(f"The reference {each} is to nothing.")  # inferred
    for each in wanted["meta:intendedToExtend"]:
        if library.kind(each) not in {xdm.CLASSES, xdm.BEHAVIORS}:
            raise refusals.bad_request(f"The meta:intendedToExtend names {each}, which is no class.")  # inferred
    return {
        "title": wanted["title"],
        "description": wanted.get("description", ""),
        "meta:intendedToExtend": wanted["meta:intendedToExtend"],
        "definitions": definitions,
        "allOf": [{"$ref": each} for each in references],
    }


def _references(node: object) -> Iterator[str]:
    """Every `$ref` of a definition's fields."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)


def composed_field_group(_shelf: Shelf, said: Json) -> Json:
    """A field group as it is shown, from what a program says of it."""
    return {
        **said,
        "type": "object",
        "definitions": {name: _typed(node) for name, node in said["definitions"].items()},
        "allOf": [{**part, "type": "object", "meta:xdmType": "object"} for part in said["allOf"]],
        "meta:extensible": True,
        "meta:abstract": True,
    }


def _typed(node: Json) -> Json:
    outcome = dict(node)
    if "properties" in node:
        outcome = {"type": "object", **outcome}
        outcome["properties"] = {name: _typed(child) for name, child in node["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            outcome[key] = _typed(node[key])
    if outcome.get("meta:xdmType") in OF_ITSELF:
        # A field that changed its type has another.
        del outcome["meta:xdmType"]
    return xdm.typed(outcome)


def check_field_group_change(shelf: Shelf, before: Json, after: Json) -> None:
    """Refuse what any schema that is in use and holds the field group cannot become."""
    for each in shelf.all(SCHEMAS):
        if before["$id"] in each["meta:extends"] and is_frozen(shelf, each):
            _check_evolution(Library(shelf).fields(each), Library(shelf, instead=after).fields(each))


def check_field_group_delete(shelf: Shelf, found: Json) -> None:
    """Refuse the deletion of a field group that a schema holds (inferred)."""
    if any(found["$id"] in each["meta:extends"] for each in shelf.all(SCHEMAS)):
        raise refusals.bad_request(f"The field group {found['$id']} is used by a schema.")


# --- what both have in common ---------------------------------------------------------------------------------------


def check_title(shelf: Shelf, title: str, resource_id: str | None) -> None:
    """Refuse a title that another resource of the sandbox has, of whatever kind."""
    for collection in (SCHEMAS, FIELD_GROUPS):
        for each in shelf.all(collection):
            if each["title"] == title and each["$id"] != resource_id:
                raise refusals.registry("XDM-1521-400", id=each["$id"])


def stamped(shelf: Shelf, collection: str, resource_id: str, shown: Json, before: Json | None) -> Json:
    """A resource with all that the server sets; its minor version moves with every effective change."""
    content = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    metadata = before["meta:registryMetadata"] if before else {}
    version = before["version"] if before else "1.0"
    if before and metadata["eTag"] == content:
        return before
    if before:
        major, _, minor = version.partition(".")
        version = f"{major}.{int(minor) + 1}"
    now, sandbox = clock.now_ms(), sandboxes.of(shelf)
    return {
        "$id": resource_id,
        "meta:altId": xdm.alternate_id(resource_id),
        "meta:resourceType": collection,
        "version": version,
        **shown,
        "imsOrg": ims.ORGANISATION,
        "meta:xdmType": "object",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:tenantNamespace": TENANT_FIELD,
        "meta:registryMetadata": {
            "repo:createdDate": metadata.get("repo:createdDate", now),
            "repo:lastModifiedDate": now,
            "xdm:createdClientId": ims.CLIENT_ID,
            "xdm:lastModifiedClientId": ims.CLIENT_ID,
            "xdm:createdUserId": ims.USER,
            "xdm:lastModifiedUserId": ims.USER,
            "eTag": content,
        },
    }
