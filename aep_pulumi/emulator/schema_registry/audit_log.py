"""Audit log: every change of a custom resource, with what was added, replaced and removed."""

from __future__ import annotations

import time
from typing import Any

import jsonpatch

from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.objects import AUDIT_LOG
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.lookups import custom_resource

Json = dict[str, Any]

# Not changes of their own: they follow from a change.
_BOOKKEEPING = {"version", "meta:registryMetadata"}


def record(call: Call, before: Json, after: Json) -> None:
    """Record a change; an empty `before` is a creation, an empty `after` a deletion."""
    resource = after or before
    updates = [_update(resource, {}, {"op": verb, "path": "/", "value": body}) for verb, body in _whole(before, after)]
    if before and after:
        old, new = ({name: value for name, value in body.items() if name not in _BOOKKEEPING} for body in (before, after))
        updates = [_update(resource, old, operation) for operation in jsonpatch.make_patch(old, new)]
    if not updates:
        return
    entry = {
        "id": resource["$id"],
        "updatedUser": call.client.user,
        "imsOrg": organisation.ID,
        "updatedTime": time.strftime("%m-%d-%Y %H:%M:%S", time.gmtime(clock.now())),
        "requestId": call.headers.get("x-request-id") or ids.of_request().replace("-", ""),
        "clientId": call.client.id,
        "sandBoxId": sandboxes.current(call.objects)["id"],
        "updates": updates,
    }
    call.objects.add(AUDIT_LOG, ids.new_hex(32, AUDIT_LOG, resource["$id"]), entry)


def _whole(before: Json, after: Json) -> list[tuple[str, Json]]:
    return [] if before and after else [("add", after)] if after else [("remove", before)]


def _update(resource: Json, old: Json, operation: Json) -> Json:
    value = operation["value"] if "value" in operation else jsonpatch.JsonPointer(operation["path"]).resolve(old, None)
    return {
        "id": resource["$id"],
        "xdmType": resource["meta:resourceType"],
        "action": operation["op"],
        "path": operation["path"],
        "value": value,
    }


def audit_log(call: Call) -> Reply:
    """Return the changes of a resource and of all resources that it contains, newest first."""
    resource = custom_resource(call)
    entries = call.objects.all(AUDIT_LOG)
    if resource is None:
        # The log of a deleted resource remains.
        given = call.ids["id"]
        if not any(entry["id"] == given for entry in entries):
            raise errors.problem(404, f"Object {given} not found")
        contained = {given}
    else:
        library = Library(call.objects)
        contained = {resource["$id"], *(each["$id"] for each in library.dependencies(resource))}
    name = resource["$id"] if resource else call.ids["id"]
    return Reply(200, [{**entry, "id": name} for entry in reversed(entries) if entry["id"] in contained])
