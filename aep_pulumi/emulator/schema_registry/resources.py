"""Resources: the create, read, update and delete operations shared by all kinds of custom resources."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.objects import DESCRIPTORS, FIELD_GROUPS, SCHEMAS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import (
    audit_log,
    classes,
    compositions,
    data_types,
    field_groups,
    json_schemas,
    relational,
    schemas,
    standard,
    usage,
    xdm,
)
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import COLLECTIONS, Library
from aep_pulumi.emulator.schema_registry.listing import QUERY, page
from aep_pulumi.emulator.schema_registry.representations import (
    full_resource,
    list_representation,
    lookup_representation,
    represented,
    summary,
)

Json = dict[str, Any]

# Server-managed fields.
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


@dataclass(frozen=True)
class Kind:
    """A kind of resource: the differences between schemas, field groups, classes and data types."""

    collection: str
    schema: JsonSchema
    validated: Callable[[Objects, object], Json]
    """Validates a body, and returns the fields set by the client. Raises PlatformError."""

    representation: Callable[[Objects, Json], Json]
    """Builds the representation of the resource from these fields."""

    check_change: Callable[[Objects, Json, Json], None]
    check_delete: Callable[[Objects, Json], None]


SCHEMA = Kind(SCHEMAS, json_schemas.SCHEMA, schemas.validated, schemas.representation, schemas.check_change, schemas.check_delete)
FIELD_GROUP = Kind(
    FIELD_GROUPS,
    json_schemas.FIELD_GROUP,
    field_groups.validated,
    field_groups.representation,
    field_groups.check_change,
    field_groups.check_delete,
)
CLASS = Kind(
    xdm.CLASSES,
    compositions.CLASS,
    classes.validated,
    classes.representation,
    classes.check_change,
    usage.check_delete,
)
DATA_TYPE = Kind(
    xdm.DATA_TYPES,
    compositions.DATA_TYPE,
    data_types.validated,
    data_types.representation,
    usage.check_change,
    usage.check_delete,
)


def routes(kind: Kind, path: str) -> Sequence[Route]:
    """The routes of one kind."""

    def of_kind(handler: Callable[[Kind, Call], Reply]) -> Callable[[Call], Reply]:
        return lambda call: handler(kind, call)

    return (
        Route("POST", path, of_kind(create)),
        Route("GET", path, of_kind(list_all), query=QUERY),
        Route("GET", path + "/{id}", of_kind(lookup)),
        Route("PUT", path + "/{id}", of_kind(replace)),
        Route("PATCH", path + "/{id}", of_kind(patch)),
        Route("DELETE", path + "/{id}", of_kind(delete)),
    )


def create(kind: Kind, call: Call) -> Reply:
    """Create a resource."""
    body = call.json(errors.bad_request)
    if isinstance(body, dict) and body.get("meta:immutableTags"):
        # inferred: the tag requires a descriptor, which in turn requires the schema
        raise errors.bad_request("A schema cannot be created with meta:immutableTags.")
    client_fields = _client_fields(kind, call.objects, body)
    _check_title(call.objects, client_fields["title"], None)
    new_id = ids.new_hex(48, kind.collection, client_fields["title"])
    resource_id = f"{xdm.BASE}{organisation.TENANT}/{kind.collection}/{new_id}"
    representation = kind.representation(call.objects, client_fields)
    stored = _with_server_fields(call, kind.collection, resource_id, representation, None)
    call.objects.add(kind.collection, resource_id, stored)
    audit_log.record(call, {}, stored)
    return Reply(201, stored)


def _client_fields(kind: Kind, objects: Objects, body: object) -> Json:
    """The fields set by the client, including those that the registry keeps without knowing them."""
    known = kind.validated(objects, body)
    given: Json = dict(body)  # type: ignore[call-overload]  # guaranteed by the schema
    return {**{name: value for name, value in given.items() if name not in {*SERVER_SET, *kind.schema.fields}}, **known}


def lookup(kind: Kind, call: Call) -> Reply:
    """Return one resource."""
    if standard.resource_id(kind.collection, call.ids["id"]):
        return standard.lookup(kind.collection, call)
    representation, major = lookup_representation(call)
    resource = _existing(kind, call, major)
    described = [each for each in call.objects.all(DESCRIPTORS) if each["xdm:sourceSchema"] == resource["$id"]]
    return Reply(200, represented(Library(call.objects), resource, representation, described))


def list_all(kind: Kind, call: Call) -> Reply:
    """Return a page of resources."""
    show = summary if list_representation(call) == "id" else full_resource
    return Reply(200, page(call, call.objects.all(kind.collection), show))


def replace(kind: Kind, call: Call) -> Reply:
    """Replace a resource."""
    before = _existing(kind, call)
    body = call.json(errors.bad_request)
    if not isinstance(body, dict):
        raise errors.bad_request("The body must be an object.")
    if body.get("$id", before["$id"]) != before["$id"]:
        raise errors.bad_request("The $id of a resource cannot be changed.")  # inferred
    # Clients may send back server-managed fields as read; the server recomputes them.
    desired = _without_server_set(body)
    if "meta:class" in body:
        desired["meta:class"] = body["meta:class"]
    if tags := before.get("meta:immutableTags"):
        desired.setdefault("meta:immutableTags", tags)
    return _changed(kind, call, before, desired)


def patch(kind: Kind, call: Call) -> Reply:
    """Update a resource by JSON Patch."""
    before = _existing(kind, call)
    body = call.json(errors.bad_request)
    if violation := PATCH.violation(body):
        raise errors.bad_request(violation.message)
    assert isinstance(body, list)  # noqa: S101 - guaranteed by the schema
    try:
        after = patched(before, body)
    except PatchError as error:
        raise errors.bad_request(f"The patch cannot be applied: {error}.") from None
    for name in SERVER_SET:
        # Adobe's samples update meta:extends together with allOf; the server derives it from allOf.
        if name != "meta:extends" and after.get(name) != before.get(name):
            raise errors.bad_request(f"The field {name} cannot be changed.")  # inferred
    desired = {name: value for name, value in after.items() if name not in SERVER_SET or name == "meta:extends"}
    if not isinstance(desired.get("meta:extends", []), list):
        raise errors.bad_request("The field meta:extends must be a list.")  # inferred
    desired = _without_server_set(desired)
    if kind.collection != SCHEMAS:
        desired.pop("meta:immutableTags", None)
    return _changed(kind, call, before, desired)


def imported(kind: Kind, call: Call, resource_id: str, resource: Json) -> Json:
    """Create a resource of an export payload under its own id, or update it if it exists."""
    desired = _without_server_set(resource)
    if before := call.objects.find(kind.collection, resource_id):
        return _stored_change(kind, call, before, desired)
    client_fields = _client_fields(kind, call.objects, desired)
    _check_title(call.objects, client_fields["title"], None)
    stored = _with_server_fields(call, kind.collection, resource_id, kind.representation(call.objects, client_fields), None)
    call.objects.add(kind.collection, resource_id, stored)
    audit_log.record(call, {}, stored)
    return stored


def _without_server_set(body: Json) -> Json:
    """A body without server-managed fields, except for the one that makes a schema relational."""
    kept = {name: value for name, value in body.items() if name not in SERVER_SET}
    return {**kept, "meta:extends": [relational.MARK]} if relational.is_relational(body) else kept


def _changed(kind: Kind, call: Call, before: Json, desired: Json) -> Reply:
    return Reply(200, _stored_change(kind, call, before, desired))


def _stored_change(kind: Kind, call: Call, before: Json, desired: Json) -> Json:
    client_fields = _client_fields(kind, call.objects, desired)
    _check_title(call.objects, client_fields["title"], before["$id"])
    representation = kind.representation(call.objects, client_fields)
    stored = _with_server_fields(call, kind.collection, before["$id"], representation, before)
    kind.check_change(call.objects, before, stored)
    call.objects.replace(kind.collection, stored["$id"], stored)
    audit_log.record(call, before, stored)
    return stored


def delete(kind: Kind, call: Call) -> Reply:
    """Delete a resource, including the descriptors of a schema."""
    resource = _existing(kind, call)
    kind.check_delete(call.objects, resource)
    call.objects.remove(kind.collection, resource["$id"])
    audit_log.record(call, resource, {})
    for each in call.objects.all(DESCRIPTORS):
        # inferred: descriptors are deleted with their schema
        if each["xdm:sourceSchema"] == resource["$id"]:
            call.objects.remove(DESCRIPTORS, each["@id"])
    return Reply(204)


def _existing(kind: Kind, call: Call, major: int = 1) -> Json:
    """The resource with the `$id` or `meta:altId` in the path."""
    given = call.ids["id"]
    resource = call.objects.find(kind.collection, given) or next(
        (each for each in call.objects.all(kind.collection) if each["meta:altId"] == given), None
    )
    if resource is None or major != int(resource["version"].partition(".")[0]):
        raise _not_found(kind.collection, given, major)
    return resource


def _not_found(collection: str, given: str, major: int) -> PlatformError:
    if collection == SCHEMAS:
        return coded("XDM-1012-404", id=given, version=major)
    # Adobe lists one code per kind, but only documents the code for schemas.
    return errors.problem(404, f"Object {given} with version {major} not found")


def _check_title(objects: Objects, title: str, resource_id: str | None) -> None:
    """Reject a title that is already used in the sandbox, by a resource of any kind."""
    for collection in COLLECTIONS:
        for used_by, used in objects.values(collection, "title").items():
            if used == title and used_by != resource_id:
                raise coded("XDM-1521-400", id=used_by)


def _with_server_fields(call: Call, collection: str, resource_id: str, representation: Json, before: Json | None) -> Json:
    """A resource with all server-managed fields; the minor version increases with every effective change."""
    content = hashlib.sha256(json.dumps(representation, sort_keys=True).encode()).hexdigest()
    metadata = before["meta:registryMetadata"] if before else {}
    version = before["version"] if before else "1.0"
    if before and metadata["eTag"] == content:
        return before
    if before:
        major, _, minor = version.partition(".")
        version = f"{major}.{int(minor) + 1}"
    now, sandbox = clock.now_ms(), sandboxes.current(call.objects)
    return {
        "$id": resource_id,
        "meta:altId": xdm.alternate_id(resource_id),
        "meta:resourceType": collection,
        "version": version,
        **representation,
        "imsOrg": organisation.ID,
        "meta:xdmType": "object",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:tenantNamespace": field_groups.TENANT_FIELD,
        "meta:registryMetadata": {
            "repo:createdDate": metadata.get("repo:createdDate", now),
            "repo:lastModifiedDate": now,
            "xdm:createdClientId": metadata.get("xdm:createdClientId", call.client.id),
            "xdm:lastModifiedClientId": call.client.id,
            "xdm:createdUserId": metadata.get("xdm:createdUserId", call.client.user),
            "xdm:lastModifiedUserId": call.client.user,
            "eTag": content,
        },
    }
