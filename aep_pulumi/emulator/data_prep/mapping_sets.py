"""Mapping sets: validation, versions, and requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.objects import MAPPING_SETS, Objects
from aep_pulumi.emulator.data_prep.json_schemas import (
    CURRENT,
    LEGACY,
    MAPPING,
    MAPPING_READ_ONLY,
    PREVIEW,
    READ_BACK,
    READ_ONLY,
    STAMPS,
)
from aep_pulumi.emulator.data_prep.mapper import Mapper, mistake, source_type
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.representations import represented

Json = dict[str, Any]

MAPPING_FIELDS = MAPPING["properties"].keys() - {*STAMPS, *MAPPING_READ_ONLY}


# --- rules ----------------------------------------------------------------------------------------------------------


def _accepted(objects: Objects, body: object) -> Json:
    """The validated mapping set with the current field names."""
    desired = _current(body)
    fields = _output_fields(objects, desired)
    destinations = [mapping["destination"] for mapping in desired["mappings"]]
    for mapping in desired["mappings"]:
        if problem := mistake(mapping, fields, destinations):
            raise errors.bad_request(problem)
    return desired


def _current(body: object) -> Json:
    is_legacy = isinstance(body, dict) and "xdmSchema" in body and "outputSchema" not in body
    desired = errors.validated(LEGACY if is_legacy else CURRENT, body)
    if not is_legacy:
        server_set = {*STAMPS, *READ_ONLY}
        kept = {name: value for name, value in desired.items() if name in CURRENT.fields - server_set}
        return {**kept, "mappings": [_current_mapping(each) for each in desired["mappings"]]}
    return {
        **({"name": desired["name"]} if "name" in desired else {}),
        "outputSchema": {"schemaRef": {"id": desired["xdmSchema"], "contentType": desired.get("xdmVersion", "1.0")}},
        "mappings": [
            {"sourceType": "ATTRIBUTE", "source": each["sourceAttribute"], "destination": each["destinationXdmPath"]}
            for each in desired["mappings"]
        ],
    }


def _current_mapping(mapping: Json) -> Json:
    kept = {name: value for name, value in mapping.items() if name in MAPPING_FIELDS}
    return {**kept, "sourceType": source_type(mapping)}


def _output_fields(objects: Objects, desired: Json) -> Json:
    library = Library(objects)
    schema_id = desired["outputSchema"]["schemaRef"]["id"]
    schema = library.schema(schema_id)
    if schema is None:
        raise errors.bad_request(f"The output schema {schema_id} does not exist.")
    return library.fields(schema)


# --- requests -------------------------------------------------------------------------------------------------------


def create(call: Call) -> Reply:
    """Create a mapping set, whose first version is 0."""
    desired = _accepted(call.objects, call.json(errors.bad_request))
    set_id = ids.new_hex(32, MAPPING_SETS, desired.get("name") or desired["outputSchema"]["schemaRef"]["id"])
    version = _version(call, set_id, desired, [])
    stored = {"id": set_id, "name": desired.get("name"), "versions": [version]}
    call.objects.add(MAPPING_SETS, set_id, stored)
    # Adobe's page on mapping sets shows a part of this response, its tutorials on sources show it whole.
    return Reply(200, version)


def get(call: Call) -> Reply:
    """Respond with one version of a mapping set."""
    found = existing(call)
    # Adobe's default is the first version, not the last.
    number = whole_number(call.query_value("version") or "0")
    if number is None:
        raise errors.bad_request("The version must be a number.")
    if number >= len(found["versions"]):
        raise errors.problem(404, f"The mapping set {found['id']} has no version {number}.")
    return Reply(200, _expanded(call, found["versions"][number]))


def list_all(call: Call) -> Reply:
    """Respond with a page of the mapping sets, each in its newest version."""
    # OpenAPI requires both, but Adobe's page and clients in use omit `start`.
    first, limit = whole_number(call.query_value("start") or "0"), whole_number(call.query_value("limit") or "")
    if first is None or not limit:
        raise errors.bad_request("The limit is required, and limit and start are numbers, the limit above 0.")
    found = [each["versions"][-1] for each in call.objects.all(MAPPING_SETS)]
    if (name := call.query_value("name")) is not None:
        found = [each for each in found if each.get("name") == name]
    orderby = (call.query_value("orderBy") or "+createdDate").replace(" ", "+")
    # Adobe's own collection of calls writes the last one.
    keys = {"createdDate": "createdDate", "updatedDate": "modifiedDate", "lastUpdateDate": "modifiedDate"}
    key = keys.get(orderby.lstrip("+-"))
    if key is None:
        raise errors.bad_request("The orderBy must be createdDate or updatedDate, with + or - before it.")
    found.sort(key=lambda each: int(each[key]), reverse=orderby.startswith("-"))
    page = [_expanded(call, each) for each in found[first : first + limit]]
    return Reply(200, {"data": page, "_page": {"count": len(page), "limit": limit}, "_links": {}})


def replace(call: Call) -> Reply:
    """Add a version to a mapping set; its id stays."""
    return Reply(200, add_version(call, existing(call), call.json(errors.bad_request)))


def add_version(call: Call, found: Json, body: object, kept: Mapping[int, str] = MappingProxyType({})) -> Json:
    """Add a version with this body to a mapping set, and return it as it is read.

    Args:
        call: the request.
        found: the mapping set.
        body: the new version.
        kept: the ids that mappings keep, by the place of the mapping; all others are new.
    """
    desired = _accepted(call.objects, body)
    version = _version(call, found["id"], desired, found["versions"])
    for place, mapping_id in kept.items():
        version["mappings"][place]["id"] = mapping_id
    stored = {"id": found["id"], "name": desired.get("name"), "versions": [*found["versions"], version]}
    call.objects.replace(MAPPING_SETS, found["id"], stored)
    return version


def delete(call: Call) -> Reply:
    """Delete a mapping set with all its versions (inferred: the verb is not in the public specification)."""
    found = existing(call)
    call.objects.remove(MAPPING_SETS, found["id"])
    return Reply(204)


def validate(call: Call) -> Reply:
    """Validate each mapping of a set, without storing it."""
    desired = _current(call.json(errors.bad_request))
    fields = _output_fields(call.objects, desired)
    destinations = [mapping["destination"] for mapping in desired["mappings"]]
    return Reply(200, {"validationResponse": [_verdict(each, fields, destinations) for each in desired["mappings"]]})


def _verdict(mapping: Json, fields: Json, destinations: Sequence[str]) -> Json:
    problem = mistake(mapping, fields, destinations)
    if problem is None:
        return {"status": "SUCCESS", "errors": None}
    error = {key: mapping[key] for key in ("source", "sourceType", "destination")}
    return {"status": "FAILED", "errors": [{**error, "exception": problem}]}


def preview(call: Call) -> Reply:
    """Return the rows of the body, mapped by the mapping set of the body."""
    body = errors.validated(PREVIEW, call.json(errors.bad_request))
    mapping_set = _current(body["mappingSet"])
    mapper = Mapper(mapping_set, _output_fields(call.objects, mapping_set))
    rows = body["data"] if isinstance(body["data"], list) else [body["data"]]
    mapped = [mapper.map(row) for row in rows]
    return Reply(200, [{"data": each.data, "errors": each.errors or None} for each in mapped])


# --- responses ------------------------------------------------------------------------------------------------------


def _version(call: Call, set_id: str, desired: Json, versions: Sequence[Json]) -> Json:
    """A version as it is read: in both vocabularies, whichever it was written in."""
    now = clock.now_ms()
    schema = desired["outputSchema"]["schemaRef"]
    number, client = len(versions), call.client.id
    created = {name: versions[0][name] for name in ("createdDate", "createdBy")} if versions else {}
    stamps = {"createdDate": now, "createdBy": client, **created, "modifiedDate": now, "modifiedBy": client}
    return {
        **desired,
        "id": set_id,
        "version": number,
        **stamps,
        "inputSchemaRef": {"id": None, "contentType": None},
        "outputSchema": {"schemaRef": schema},
        "outputSchemaRef": schema,
        "schemaRef": schema,
        "xdmSchema": schema["id"],
        "xdmVersion": "1.0",
        "status": "PUBLISHED",
        "mappings": [_shown(mapping, number, stamps) for mapping in desired["mappings"]],
    }


def _shown(mapping: Json, number: int, stamps: Json) -> Json:
    return {
        **mapping,
        "id": ids.new_hex(32, "mappings", mapping["destination"]),
        "version": number,
        **stamps,
        "sourceType": READ_BACK[mapping["sourceType"]],
        "sourceAttribute": mapping["source"],
        "destinationXdmPath": mapping["destination"],
        "identity": False,
        "primaryIdentity": False,
        "matchScore": 0.0,
        "functionVersion": mapping.get("functionVersion", 1),
    }


def _expanded(call: Call, version: Json) -> Json:
    """A version with its whole output schema, if the call asks for it (inferred: in the field of OpenAPI's schema)."""
    if (call.query_value("expandSchema") or "").lower() != "true":
        return version
    library = Library(call.objects)
    schema = library.schema(version["xdmSchema"])
    document = represented(library, schema, frozenset({"full"})) if schema else None
    return {**version, "outputSchema": {**version["outputSchema"], "jsonSchema": document}}


def existing(call: Call) -> Json:
    """The mapping set in the path. Raises PlatformError if it does not exist."""
    found = call.objects.find(MAPPING_SETS, call.ids["id"])
    if found is None:
        raise errors.problem(404, f"The mapping set {call.ids['id']} was not found.")  # inferred envelope
    return found
