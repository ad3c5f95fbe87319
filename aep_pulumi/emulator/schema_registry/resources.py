"""Schema Registry: schemas, field groups, descriptors, and Adobe's standard resources to look at."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.json_patch import OPERATIONS, PatchError, patched
from aep_pulumi.emulator.core.json_schema import Shape
from aep_pulumi.emulator.core.store import DESCRIPTORS, FIELD_GROUPS, SCHEMAS, Shelf
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import descriptors, xdm
from aep_pulumi.emulator.schema_registry import schemas as registry_rules
from aep_pulumi.emulator.schema_registry.library import Library
from aep_pulumi.emulator.schema_registry.representations import (
    card,
    check_descriptor_accept,
    descriptor_list_form,
    in_form,
    list_form,
    lookup_form,
    page,
)
from aep_pulumi.emulator.schema_registry.schemas import SERVER_SET

Json = dict[str, Any]

PATCH = Shape(OPERATIONS)
QUERY = ("property", "orderby", "start", "limit")


@dataclass(frozen=True)
class Kind:
    """What an organisation's own schemas and field groups have in common, and where they differ."""

    collection: str
    said: Callable[[Shelf, object], Json]
    """What a program may say of it, from a body; refuses what is wrong."""

    composed: Callable[[Shelf, Json], Json]
    """The resource as it is shown, from what was said."""

    check_change: Callable[[Shelf, Json, Json], None]
    check_delete: Callable[[Shelf, Json], None]


SCHEMA = Kind(
    SCHEMAS,
    registry_rules.schema,
    registry_rules.composed_schema,
    registry_rules.check_schema_change,
    registry_rules.check_schema_delete,
)
FIELD_GROUP = Kind(
    FIELD_GROUPS,
    registry_rules.field_group,
    registry_rules.composed_field_group,
    registry_rules.check_field_group_change,
    registry_rules.check_field_group_delete,
)


# --- schemas and field groups ---------------------------------------------------------------------------------------


def _create(kind: Kind, call: Call) -> Reply:
    body = call.json(refusals.bad_request)
    if isinstance(body, dict) and body.get("meta:immutableTags"):
        # inferred: the tag needs a descriptor, and a descriptor needs the schema.
        raise refusals.bad_request("A schema cannot be created with meta:immutableTags.")
    said = kind.said(call.shelf, body)
    registry_rules.check_title(call.shelf, said["title"], None)
    resource_id = f"{xdm.BASE}{ims.TENANT}/{kind.collection}/{uuid.uuid4().hex}{uuid.uuid4().hex[:16]}"
    shown = kind.composed(call.shelf, said)
    stored = registry_rules.stamped(call.shelf, kind.collection, resource_id, shown, None)
    call.shelf.add(kind.collection, resource_id, stored)
    return Reply(201, stored)


def _lookup(kind: Kind, call: Call) -> Reply:
    form, major = lookup_form(call)
    found = _found(kind, call, major)
    described = [each for each in call.shelf.all(DESCRIPTORS) if each["xdm:sourceSchema"] == found["$id"]]
    return Reply(200, in_form(Library(call.shelf), found, form, described))


def _list(kind: Kind, call: Call) -> Reply:
    show = card if list_form(call) == "id" else _whole
    return Reply(200, page(call, call.shelf.all(kind.collection), show))


def _replace(kind: Kind, call: Call) -> Reply:
    before = _found(kind, call)
    body = call.json(refusals.bad_request)
    if not isinstance(body, dict):
        raise refusals.bad_request("The body must be an object.")
    if body.get("$id", before["$id"]) != before["$id"]:
        raise refusals.bad_request("The $id of a resource cannot be changed.")  # inferred
    # A change may send back what was read; what the server sets, it sets again.
    wanted = {name: value for name, value in body.items() if name not in SERVER_SET or name == "meta:class"}
    if tags := before.get("meta:immutableTags"):
        wanted.setdefault("meta:immutableTags", tags)
    return _changed(kind, call, before, wanted)


def _patch(kind: Kind, call: Call) -> Reply:
    before = _found(kind, call)
    body = call.json(refusals.bad_request)
    if defect := PATCH.defect(body):
        raise refusals.bad_request(defect.words)
    assert isinstance(body, list)  # noqa: S101 - the shape says so
    try:
        after = patched(before, body)
    except PatchError as error:
        raise refusals.bad_request(f"The patch cannot be applied: {error}.") from None
    for name in SERVER_SET:
        # Adobe's samples add to meta:extends along with allOf; the server would do it anyway.
        if name != "meta:extends" and after.get(name) != before.get(name):
            raise refusals.bad_request(f"The field {name} cannot be changed.")  # inferred
    wanted = {name: value for name, value in after.items() if name not in SERVER_SET or name == "meta:extends"}
    if not isinstance(wanted.pop("meta:extends", []), list):
        raise refusals.bad_request("The field meta:extends must be a list.")  # inferred
    if kind is FIELD_GROUP:
        wanted.pop("meta:immutableTags", None)
    return _changed(kind, call, before, wanted)


def _changed(kind: Kind, call: Call, before: Json, wanted: Json) -> Reply:
    said = kind.said(call.shelf, wanted)
    registry_rules.check_title(call.shelf, said["title"], before["$id"])
    shown = kind.composed(call.shelf, said)
    stored = registry_rules.stamped(call.shelf, kind.collection, before["$id"], shown, before)
    kind.check_change(call.shelf, before, stored)
    call.shelf.replace(kind.collection, stored["$id"], stored)
    return Reply(200, stored)


def _delete(kind: Kind, call: Call) -> Reply:
    found = _found(kind, call)
    kind.check_delete(call.shelf, found)
    call.shelf.remove(kind.collection, found["$id"])
    for each in call.shelf.all(DESCRIPTORS):
        # inferred: nothing could be done with a descriptor of a schema that is gone.
        if each["xdm:sourceSchema"] == found["$id"]:
            call.shelf.remove(DESCRIPTORS, each["@id"])
    return Reply(204)


def _found(kind: Kind, call: Call, major: int = 1) -> Json:
    """The resource that the path names by `$id` or by `meta:altId`."""
    given = call.ids["id"]
    found = call.shelf.find(kind.collection, given) or next(
        (each for each in call.shelf.all(kind.collection) if each["meta:altId"] == given), None
    )
    if found is None or major != int(found["version"].partition(".")[0]):
        raise _gone(kind.collection, given, major)
    return found


def _gone(collection: str, given: str, major: int) -> refusals.Refusal:
    if collection == SCHEMAS:
        return refusals.registry("XDM-1012-404", id=given, version=major)
    # Adobe lists a code for each kind, and says of none but this one which.
    return refusals.placeholder(404, f"Object {given} with version {major} not found")


def _whole(resource: Json) -> Json:
    return resource


# --- Adobe's own ----------------------------------------------------------------------------------------------------


def _lookup_standard(kind: str, call: Call) -> Reply:
    form, major = lookup_form(call)
    given = call.ids["id"]
    found = next(
        (each for each, fact in xdm.facts().items() if fact["kind"] == kind and given in {each, xdm.alternate_id(each)}),
        None,
    )
    if found is None or major != 1:
        raise refusals.placeholder(404, f"Object {given} with version {major} not found")
    shown = xdm.document(found)
    if form and form.startswith("full"):
        whole = {name: value for name, value in shown.items() if name not in {"allOf", "definitions"}}
        return Reply(200, in_form(Library(call.shelf), {**whole, "allOf": [{"$ref": found}]}, form))
    return Reply(200, in_form(Library(call.shelf), shown, form))


def _list_standard(kind: str, call: Call) -> Reply:
    show = card if list_form(call) == "id" else _whole
    documents = [xdm.document(each) for each, fact in xdm.facts().items() if fact["kind"] == kind]
    return Reply(200, page(call, documents, show))


def _list_none(call: Call) -> Reply:
    list_form(call)
    return Reply(200, page(call, [], _whole))


def _lookup_none(call: Call) -> Reply:
    _, major = lookup_form(call)
    raise refusals.placeholder(404, f"Object {call.ids['id']} with version {major} not found")


# --- descriptors ----------------------------------------------------------------------------------------------------


def _create_descriptor(call: Call) -> Reply:
    wanted = descriptors.acceptable(call.shelf, call.json(refusals.bad_request))
    descriptor_id = uuid.uuid4().hex + uuid.uuid4().hex[:8]
    stored = _stamped_descriptor(call.shelf, descriptor_id, wanted)
    call.shelf.add(DESCRIPTORS, descriptor_id, stored)
    return Reply(201, stored)


def _stamped_descriptor(shelf: Shelf, descriptor_id: str, wanted: Json) -> Json:
    sandbox = sandboxes.of(shelf)
    return {
        "@id": descriptor_id,
        **wanted,
        "imsOrg": ims.ORGANISATION,
        "version": "1",
        "meta:containerId": "tenant",
        "meta:sandboxId": sandbox["id"],
        "meta:sandboxType": sandbox["type"],
        "meta:registryMetadata": {"repo:lastModifiedDate": clock.now_ms(), "xdm:createdClientId": ims.CLIENT_ID},
    }


def _lookup_descriptor(call: Call) -> Reply:
    check_descriptor_accept(call)
    return Reply(200, _found_descriptor(call))


def _replace_descriptor(call: Call) -> Reply:
    before = _found_descriptor(call)
    body = call.json(refusals.bad_request)
    # A change may send back what was read.
    server_set = {"@id", "imsOrg", "version", *(name for name in before if name.startswith("meta:"))}
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in server_set}
    wanted = descriptors.acceptable(call.shelf, body, before["@id"])
    descriptors.check_change(before, wanted)
    stored = _stamped_descriptor(call.shelf, before["@id"], wanted)
    call.shelf.replace(DESCRIPTORS, before["@id"], stored)
    # OpenAPI says 200, a sample 201: OpenAPI decides on statuses.
    return Reply(200, stored)


def _delete_descriptor(call: Call) -> Reply:
    found = _found_descriptor(call)
    descriptors.check_delete(call.shelf, found)
    call.shelf.remove(DESCRIPTORS, found["@id"])
    return Reply(204)


def _found_descriptor(call: Call) -> Json:
    found = call.shelf.find(DESCRIPTORS, call.ids["id"])
    if found is None:
        raise refusals.placeholder(404, f"Descriptor {call.ids['id']} not found")
    return found


def _list_descriptors(call: Call) -> Reply:
    form = descriptor_list_form(call) or ""
    show: Callable[[Json], object] = _whole
    if form.endswith("id"):
        show = _descriptor_id
    elif form.endswith("link"):
        show = _descriptor_link
    if form.startswith("v2"):
        return Reply(200, page(call, call.shelf.all(DESCRIPTORS), show))
    found = page(call, call.shelf.all(DESCRIPTORS), _whole)["results"]
    grouped: dict[str, list[object]] = {}
    for each in found:
        grouped.setdefault(each["@type"], []).append(show(each))
    return Reply(200, grouped)


def _descriptor_id(descriptor: Json) -> str:
    return str(descriptor["@id"])


def _descriptor_link(descriptor: Json) -> str:
    return f"/tenant/descriptors/{descriptor['@id']}"


# --- what there is --------------------------------------------------------------------------------------------------


def _stats(call: Call) -> Reply:
    schemas, groups = call.shelf.all(SCHEMAS), call.shelf.all(FIELD_GROUPS)
    newest = sorted([*schemas, *groups], key=_created, reverse=True)
    usage = {each["meta:class"]: [one for one in schemas if one["meta:class"] == each["meta:class"]] for each in schemas}
    return Reply(
        200,
        {
            "imsOrg": ims.ORGANISATION,
            "tenantId": ims.TENANT,
            "counts": {"schemas": len(schemas), "mixins": len(groups), "datatypes": 0, "classes": 0, "unions": 0},
            "recentlyCreatedResources": [card(each) for each in newest[:10]],
            "recentlyUpdatedResources": [card(each) for each in newest[:10]],
            "classUsage": [
                {
                    "$id": class_id,
                    "title": xdm.document(class_id)["title"],
                    "numberOfSchemas": len(members),
                    "schemas": [{key: one[key] for key in ("$id", "title", "description")} for one in members],
                }
                for class_id, members in usage.items()
            ],
        },
    )


def _created(resource: Json) -> int:
    return int(resource["meta:registryMetadata"]["repo:createdDate"])


# --- the table ------------------------------------------------------------------------------------------------------


def _own_routes(kind: Kind, path: str) -> Sequence[Route]:
    def answer(verb: Callable[[Kind, Call], Reply]) -> Callable[[Call], Reply]:
        return lambda call: verb(kind, call)

    return (
        Route("POST", path, answer(_create)),
        Route("GET", path, answer(_list), query=QUERY),
        Route("GET", path + "/{id}", answer(_lookup)),
        Route("PUT", path + "/{id}", answer(_replace)),
        Route("PATCH", path + "/{id}", answer(_patch)),
        Route("DELETE", path + "/{id}", answer(_delete)),
    )


def _standard_routes(kind: str, path: str) -> Sequence[Route]:
    return (
        Route("GET", path, lambda call: _list_standard(kind, call), query=QUERY),
        Route("GET", path + "/{id}", lambda call: _lookup_standard(kind, call)),
    )


SERVICE = Service(
    base="/data/foundation/schemaregistry",
    routes=(
        *_own_routes(SCHEMA, "/tenant/schemas"),
        *_own_routes(FIELD_GROUP, "/tenant/fieldgroups"),
        # The endpoint's name before field groups were called so; ids still say it.
        *_own_routes(FIELD_GROUP, "/tenant/mixins"),
        *_standard_routes(xdm.CLASSES, "/global/classes"),
        *_standard_routes(xdm.FIELD_GROUPS, "/global/fieldgroups"),
        *_standard_routes(xdm.FIELD_GROUPS, "/global/mixins"),
        *_standard_routes(xdm.DATA_TYPES, "/global/datatypes"),
        *_standard_routes(xdm.BEHAVIORS, "/global/behaviors"),
        Route("GET", "/global/schemas", _list_none, query=QUERY),
        Route("GET", "/tenant/classes", _list_none, query=QUERY),
        Route("GET", "/tenant/datatypes", _list_none, query=QUERY),
        Route("GET", "/global/schemas/{id}", _lookup_none),
        Route("GET", "/tenant/classes/{id}", _lookup_none),
        Route("GET", "/tenant/datatypes/{id}", _lookup_none),
        Route("POST", "/tenant/descriptors", _create_descriptor),
        Route("GET", "/tenant/descriptors", _list_descriptors, query=QUERY),
        Route("GET", "/tenant/descriptors/{id}", _lookup_descriptor),
        Route("PUT", "/tenant/descriptors/{id}", _replace_descriptor),
        Route("DELETE", "/tenant/descriptors/{id}", _delete_descriptor),
        Route("GET", "/stats", _stats),
    ),
    unknown_query=lambda name: refusals.bad_request(f"The query parameter {name} is not known."),  # inferred
    forbidden=refusals.forbidden,
    # inferred: the documents call the header required, and say of no refusal how it reads.
    sandbox_missing=lambda: refusals.bad_request("The header x-sandbox-name is missing."),
    sandbox_unknown=lambda name: refusals.placeholder(404, f"The sandbox {name} could not be found."),
)
