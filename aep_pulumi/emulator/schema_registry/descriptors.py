"""Descriptors: validation, especially of identities, and the create, read, update and delete operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import DESCRIPTORS, Objects
from aep_pulumi.emulator.identity.namespaces import namespaces
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry.descriptor_types import (
    DESCRIPTOR_TYPE,
    DESCRIPTORS_BY_TYPE,
    IDENTITY,
    LABEL,
    paths_of,
    steps_of,
)
from aep_pulumi.emulator.schema_registry.errors import coded
from aep_pulumi.emulator.schema_registry.library import UNION, Library, field_at
from aep_pulumi.emulator.schema_registry.listing import page
from aep_pulumi.emulator.schema_registry.representations import (
    check_descriptor_accept,
    descriptor_list_representation,
    full_resource,
)

Json = dict[str, Any]


SERVER_SET = {
    "@id",
    "imsOrg",
    "version",
    "meta:containerId",
    "meta:sandboxId",
    "meta:sandboxType",
    "meta:registryMetadata",
}


# --- validation -----------------------------------------------------------------------------------------------------


def _validated(objects: Objects, body: object, own_id: str | None = None) -> Json:
    """Validate a descriptor; most of these errors have no documented code."""
    kind = errors.validated(DESCRIPTOR_TYPE, body)["@type"]
    desired = errors.validated(DESCRIPTORS_BY_TYPE[kind], body)
    library = Library(objects)
    # A client in use labels the fields of field groups, too.
    find = library.custom if kind == LABEL else library.schema
    described = find(desired["xdm:sourceSchema"])
    if described is None:
        raise coded("XDM-1012-404", id=desired["xdm:sourceSchema"], version=1)
    fields = library.fields(described)
    for path in paths_of(desired):
        _check_path(fields, path)
    if "xdm:destinationSchema" in desired and library.schema(desired["xdm:destinationSchema"]) is None:
        raise coded("XDM-1012-404", id=desired["xdm:destinationSchema"], version=1)
    others = [each for each in objects.all(DESCRIPTORS) if each["@id"] != own_id]
    place = ("@type", "xdm:sourceSchema", "xdm:sourceProperty")
    if any(all(each.get(name) == desired.get(name) for name in place) for each in others):
        owner = f"field {desired['xdm:sourceProperty']}" if paths_of(desired) else "schema"
        raise errors.bad_request(f"The {owner} already has a {kind}.")  # inferred
    if kind == IDENTITY:
        _check_identity(objects, desired, others)
    return desired


def _check_path(fields: Json, path: str) -> None:
    steps = steps_of(path)
    if not path.startswith("/") or path.endswith("/") or "properties" in steps:
        raise errors.bad_request(f"The xdm:sourceProperty {path} must be a path like /person/name, without properties segments.")
    if field_at(fields, steps) is None:
        raise errors.bad_request(f"The schema has no field {path}.")


def _check_identity(objects: Objects, desired: Json, others: Sequence[Json]) -> None:
    key = "code" if desired.get("xdm:property", "xdm:code") == "xdm:code" else "id"
    # OpenAPI also allows ids as strings.
    if str(desired["xdm:namespace"]) not in {str(each[key]) for each in namespaces(objects)}:
        raise errors.bad_request(f"The identity namespace {desired['xdm:namespace']} does not exist.")  # inferred
    schema_id = desired["xdm:sourceSchema"]
    if desired.get("xdm:isPrimary") and has_primary_identity(others, schema_id):
        raise errors.bad_request(f"The schema {schema_id} already has a primary identity.")


def _check_change(before: Json, after: Json) -> None:
    """Reject a change of the type or the schema of a descriptor (inferred)."""
    for name in ("@type", "xdm:sourceSchema"):
        if before[name] != after[name]:
            raise errors.bad_request(f"The {name} of a descriptor cannot be changed.")


def _check_delete(objects: Objects, descriptor: Json) -> None:
    """Reject the deletion of the primary identity of a Profile schema (inferred; OpenAPI documents the status)."""
    owner = Library(objects).schema(descriptor["xdm:sourceSchema"]) or {}
    if descriptor.get("xdm:isPrimary") and UNION in owner.get("meta:immutableTags", []):
        raise errors.problem(403, "The primary identity of a schema in Profile cannot be deleted.")


def has_primary_identity(descriptors: Iterable[Json], schema_id: str) -> bool:
    """True if one of the descriptors is a primary identity of the schema."""
    return any(each.get("xdm:isPrimary") and each["xdm:sourceSchema"] == schema_id for each in descriptors)


# --- operations -----------------------------------------------------------------------------------------------------


def create(call: Call) -> Reply:
    """Create a descriptor."""
    desired = _validated(call.objects, call.json(errors.bad_request))
    descriptor_id = ids.new_hex(40, DESCRIPTORS, str(desired["xdm:sourceSchema"]))
    stored = _with_server_fields(call, descriptor_id, desired, None)
    call.objects.add(DESCRIPTORS, descriptor_id, stored)
    return Reply(201, stored)


def _with_server_fields(call: Call, descriptor_id: str, desired: Json, before: Json | None) -> Json:
    sandbox, now = sandboxes.current(call.objects), clock.now_ms()
    metadata = before["meta:registryMetadata"] if before else {}
    return {
        **_client_fields(desired),
        "@id": descriptor_id,
        "imsOrg": organisation.ID,
        "version": "1",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:registryMetadata": {
            "repo:createdDate": metadata.get("repo:createdDate", now),
            "repo:lastModifiedDate": now,
            "xdm:createdClientId": metadata.get("xdm:createdClientId", call.client.id),
            "xdm:lastModifiedClientId": call.client.id,
            "xdm:createdUserId": metadata.get("xdm:createdUserId", call.client.user),
            "xdm:lastModifiedUserId": call.client.user,
        },
    }


def _client_fields(body: Json) -> Json:
    return {name: value for name, value in body.items() if name not in SERVER_SET}


def lookup(call: Call) -> Reply:
    """Return one descriptor."""
    check_descriptor_accept(call)
    return Reply(200, _existing(call))


def replace(call: Call) -> Reply:
    """Replace a descriptor."""
    before = _existing(call)
    body = call.json(errors.bad_request)
    if isinstance(body, dict):
        # Clients may send back server-managed fields as read.
        body = _client_fields(body)
    desired = _validated(call.objects, body, before["@id"])
    _check_change(before, desired)
    stored = _with_server_fields(call, before["@id"], desired, before)
    call.objects.replace(DESCRIPTORS, before["@id"], stored)
    # OpenAPI documents 200, a sample 201; OpenAPI takes precedence for statuses.
    return Reply(200, stored)


def delete(call: Call) -> Reply:
    """Delete a descriptor."""
    descriptor = _existing(call)
    _check_delete(call.objects, descriptor)
    call.objects.remove(DESCRIPTORS, descriptor["@id"])
    return Reply(204)


def _existing(call: Call) -> Json:
    descriptor = call.objects.find(DESCRIPTORS, call.ids["id"])
    if descriptor is None:
        raise errors.problem(404, f"Descriptor {call.ids['id']} not found")
    return descriptor


def list_standard(call: Call) -> Reply:
    """Return Adobe's own descriptors: none, as Adobe does not publish them."""
    return _listed(call, [])


def lookup_standard(call: Call) -> Reply:
    """Return one of Adobe's own descriptors."""
    check_descriptor_accept(call)
    raise errors.problem(404, f"Descriptor {call.ids['id']} not found")


def list_all(call: Call) -> Reply:
    """Return descriptors, grouped by type, or as a page in v2 representations."""
    return _listed(call, call.objects.all(DESCRIPTORS))


def _listed(call: Call, matching: Sequence[Json]) -> Reply:
    representation = descriptor_list_representation(call) or ""
    show: Callable[[Json], object] = full_resource
    if representation.endswith("id"):
        show = _id
    elif representation.endswith("link"):
        show = _link
    if representation.startswith("v2"):
        return Reply(200, page(call, matching, show))
    descriptors = page(call, matching, full_resource)["results"]
    grouped: dict[str, list[object]] = {}
    for each in descriptors:
        grouped.setdefault(each["@type"], []).append(show(each))
    return Reply(200, grouped)


def _id(descriptor: Json) -> str:
    return str(descriptor["@id"])


def _link(descriptor: Json) -> str:
    return f"/tenant/descriptors/{descriptor['@id']}"
