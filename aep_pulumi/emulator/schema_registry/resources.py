"""Resources: what schemas and field groups have in common, and the calls that create, read, change and delete them."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply, Route
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.store import DESCRIPTORS, FIELD_GROUPS, SCHEMAS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import field_groups, schemas, xdm
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.listing import QUERY, page
from aep_pulumi.emulator.schema_registry.representations import (
    card,
    list_representation,
    lookup_representation,
    represented,
    whole,
)

Json = dict[str, Any]

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


@dataclass(frozen=True)
class Kind:
    """One kind of resource: where schemas and field groups differ."""

    collection: str
    accepted: Callable[[Objects, object], Json]
    """The part that a client sets, from a body; raises what is wrong with it."""

    composed: Callable[[Objects, Json], Json]
    """The resource as it is shown, from that part."""

    check_change: Callable[[Objects, Json, Json], None]
    check_delete: Callable[[Objects, Json], None]


SCHEMA = Kind(SCHEMAS, schemas.accepted, schemas.composed, schemas.check_change, schemas.check_delete)
FIELD_GROUP = Kind(
    FIELD_GROUPS, field_groups.accepted, field_groups.composed, field_groups.check_change, field_groups.check_delete
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
        # inferred: the tag needs a descriptor, and a descriptor needs the schema.
        raise errors.bad_request("A schema cannot be created with meta:immutableTags.")
    settable = kind.accepted(call.objects, body)
    _check_title(call.objects, settable["title"], None)
    resource_id = f"{xdm.BASE}{organisation.TENANT}/{kind.collection}/{uuid.uuid4().hex}{uuid.uuid4().hex[:16]}"
    shown = kind.composed(call.objects, settable)
    stored = _stamped(call.objects, kind.collection, resource_id, shown, None)
    call.objects.add(kind.collection, resource_id, stored)
    return Reply(201, stored)


def lookup(kind: Kind, call: Call) -> Reply:
    """Answer with one resource."""
    representation, major = lookup_representation(call)
    found = _existing(kind, call, major)
    described = [each for each in call.objects.all(DESCRIPTORS) if each["xdm:sourceSchema"] == found["$id"]]
    return Reply(200, represented(Library(call.objects), found, representation, described))


def list_all(kind: Kind, call: Call) -> Reply:
    """Answer with a page of the resources."""
    show = card if list_representation(call) == "id" else whole
    return Reply(200, page(call, call.objects.all(kind.collection), show))


def replace(kind: Kind, call: Call) -> Reply:
    """Give a resource a whole new body."""
    before = _existing(kind, call)
    body = call.json(errors.bad_request)
    if not isinstance(body, dict):
        raise errors.bad_request("The body must be an object.")
    if body.get("$id", before["$id"]) != before["$id"]:
        raise errors.bad_request("The $id of a resource cannot be changed.")  # inferred
    # A change may send back what was read; what the server sets, it sets again.
    desired = {name: value for name, value in body.items() if name not in SERVER_SET or name == "meta:class"}
    if tags := before.get("meta:immutableTags"):
        desired.setdefault("meta:immutableTags", tags)
    return _changed(kind, call, before, desired)


def patch(kind: Kind, call: Call) -> Reply:
    """Change a resource by JSON Patch."""
    before = _existing(kind, call)
    body = call.json(errors.bad_request)
    if violation := PATCH.violation(body):
        raise errors.bad_request(violation.message)
    assert isinstance(body, list)  # noqa: S101 - the schema says so
    try:
        after = patched(before, body)
    except PatchError as error:
        raise errors.bad_request(f"The patch cannot be applied: {error}.") from None
    for name in SERVER_SET:
        # Adobe's samples add to meta:extends along with allOf; the server sets it from allOf anyway.
        if name != "meta:extends" and after.get(name) != before.get(name):
            raise errors.bad_request(f"The field {name} cannot be changed.")  # inferred
    desired = {name: value for name, value in after.items() if name not in SERVER_SET or name == "meta:extends"}
    if not isinstance(desired.pop("meta:extends", []), list):
        raise errors.bad_request("The field meta:extends must be a list.")  # inferred
    if kind.collection == FIELD_GROUPS:
        desired.pop("meta:immutableTags", None)
    return _changed(kind, call, before, desired)


def _changed(kind: Kind, call: Call, before: Json, desired: Json) -> Reply:
    settable = kind.accepted(call.objects, desired)
    _check_title(call.objects, settable["title"], before["$id"])
    shown = kind.composed(call.objects, settable)
    stored = _stamped(call.objects, kind.collection, before["$id"], shown, before)
    kind.check_change(call.objects, before, stored)
    call.objects.replace(kind.collection, stored["$id"], stored)
    return Reply(200, stored)


def delete(kind: Kind, call: Call) -> Reply:
    """Delete a resource, and a schema's descriptors with it."""
    found = _existing(kind, call)
    kind.check_delete(call.objects, found)
    call.objects.remove(kind.collection, found["$id"])
    for each in call.objects.all(DESCRIPTORS):
        # inferred: a descriptor is of no use without its schema.
        if each["xdm:sourceSchema"] == found["$id"]:
            call.objects.remove(DESCRIPTORS, each["@id"])
    return Reply(204)


def _existing(kind: Kind, call: Call, major: int = 1) -> Json:
    """The resource that the path names by `$id` or by `meta:altId`."""
    given = call.ids["id"]
    found = call.objects.find(kind.collection, given) or next(
        (each for each in call.objects.all(kind.collection) if each["meta:altId"] == given), None
    )
    if found is None or major != int(found["version"].partition(".")[0]):
        raise _not_found(kind.collection, given, major)
    return found


def _not_found(collection: str, given: str, major: int) -> PlatformError:
    if collection == SCHEMAS:
        return coded("XDM-1012-404", id=given, version=major)
    # Adobe lists a code for each kind, and documents only which is the schemas'.
    return errors.problem(404, f"Object {given} with version {major} not found")


def _check_title(objects: Objects, title: str, resource_id: str | None) -> None:
    """Reject a title that another resource of the sandbox has, of whichever kind."""
    for collection in (SCHEMAS, FIELD_GROUPS):
        for each in objects.all(collection):
            if each["title"] == title and each["$id"] != resource_id:
                raise coded("XDM-1521-400", id=each["$id"])


def _stamped(objects: Objects, collection: str, resource_id: str, shown: Json, before: Json | None) -> Json:
    """A resource with everything that the server sets; its minor version changes with every effective change."""
    content = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
    metadata = before["meta:registryMetadata"] if before else {}
    version = before["version"] if before else "1.0"
    if before and metadata["eTag"] == content:
        return before
    if before:
        major, _, minor = version.partition(".")
        version = f"{major}.{int(minor) + 1}"
    now, sandbox = clock.now_ms(), sandboxes.of(objects)
    return {
        "$id": resource_id,
        "meta:altId": xdm.alternate_id(resource_id),
        "meta:resourceType": collection,
        "version": version,
        **shown,
        "imsOrg": organisation.ID,
        "meta:xdmType": "object",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:tenantNamespace": field_groups.TENANT_FIELD,
        "meta:registryMetadata": {
            "repo:createdDate": metadata.get("repo:createdDate", now),
            "repo:lastModifiedDate": now,
            "xdm:createdClientId": organisation.CLIENT_ID,
            "xdm:lastModifiedClientId": organisation.CLIENT_ID,
            "xdm:createdUserId": organisation.USER,
            "xdm:lastModifiedUserId": organisation.USER,
            "eTag": content,
        },
    }
