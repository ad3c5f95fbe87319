"""Transfers: export payloads of custom resources, and their import into another sandbox or organisation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from aep_pulumi.emulator.core import errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.schema_registry import resources, xdm
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.lookups import custom_resource

Json = dict[str, Any]

PLACEHOLDER = "<XDM_TENANTID_PLACEHOLDER>"
# The tenant's id in a `$id`, a `meta:altId` or the name of the field that holds all custom fields.
TENANT_ID = re.compile(rf'(?P<prefix>https://ns\.adobe\.com/|_){organisation.TENANT}(?=[./"])')

_NOT_EXPORTED = {"imsOrg", "meta:containerId", "meta:tenantNamespace", "meta:registryMetadata", "meta:immutableTags"}
_KINDS = {kind.collection: kind for kind in (resources.DATA_TYPE, resources.CLASS, resources.FIELD_GROUP, resources.SCHEMA)}
# Adobe's newer samples use the present name of field groups.
_KINDS["fieldgroups"] = resources.FIELD_GROUP


def export(call: Call) -> Reply:
    """Return a resource and all custom resources it needs, without the tenant's id; the resource itself comes last."""
    resource = custom_resource(call)
    if resource is None:
        if standard := xdm.standard_document(call.ids["id"]):
            return Reply(200, [standard])
        raise errors.problem(404, f"Object {call.ids['id']} not found")
    exported = [*Library(call.objects).dependencies(resource), resource]
    return Reply(200, [_without_tenant(each) for each in exported])


def _without_tenant(resource: Json) -> Json:
    kept = {name: value for name, value in resource.items() if name not in _NOT_EXPORTED}
    result: Json = json.loads(TENANT_ID.sub(rf"\g<prefix>{PLACEHOLDER}", json.dumps(kept)))
    return result


def import_resources(call: Call) -> Reply:
    """Create the resources of an export payload, under their ids; those that exist are updated (inferred)."""
    body = json.loads(json.dumps(call.json(errors.bad_request)).replace(PLACEHOLDER, organisation.TENANT))
    if not isinstance(body, list) or not all(isinstance(each, dict) for each in body):
        raise errors.bad_request("The body must be an array of resources.")
    return Reply(200, list(_imported(call, body)))


def _imported(call: Call, payload: list[Json]) -> Iterator[Json]:
    for each in payload:
        resource_id, kind = each.get("$id"), _KINDS.get(str(each.get("meta:resourceType")))
        if not isinstance(resource_id, str) or kind is None:
            raise errors.bad_request("Each resource must have an $id and a meta:resourceType.")
        if resource_id in xdm.standard_resources():
            # Every sandbox has Adobe's resources.
            yield xdm.document(resource_id)
        else:
            yield resources.imported(kind, call, resource_id, each)
