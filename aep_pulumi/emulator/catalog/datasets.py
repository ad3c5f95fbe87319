"""Datasets: validation, and the create, read, update and delete operations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.catalog.json_schemas import DATASET, PART_OF_DATASET
from aep_pulumi.emulator.catalog.listing import list_response, matches_tags, selected_fields
from aep_pulumi.emulator.core import clock, errors, ids
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.objects import DATASETS, Objects
from aep_pulumi.emulator.core.strictness import is_strict
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry import xdm
from aep_pulumi.emulator.schema_registry.library import UNION, Library
from aep_pulumi.emulator.schema_registry.relational import BEHAVIOR
from aep_pulumi.emulator.schema_registry.unions import union_class

Json = dict[str, Any]

PATCH_TYPE = "application/json-patch+json"

CONTENT_TYPE = re.compile(r"application/vnd\.adobe\.(xed|xdm)(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")

# The prefix of server-managed tags, which updates do not change.
SERVER_TAGS = "adobe/"

FILTERS = (
    "version",
    "created",
    "updated",
    "createdClient",
    "createdUser",
    "updatedUser",
    "name",
    "description",
    "enableErrorDiagnostics",
    "state",
    "namespace",
    "sandboxId",
    "imsOrg",
)

SERVER_SET = (
    "id",
    "version",
    "imsOrg",
    "sandboxId",
    "namespace",
    "state",
    "created",
    "updated",
    "createdClient",
    "createdUser",
    "updatedUser",
    "viewId",
    "basePath",
    "files",
)


# --- validation -----------------------------------------------------------------------------------------------------


def _validated(objects: Objects, body: object, schema: JsonSchema) -> Json:
    """Validate a body, including that its XDM schema exists."""
    desired = errors.validated(schema, body)
    if reference := desired.get("schemaRef"):
        _check_schema(objects, reference)
    return desired


def _check_schema(objects: Objects, reference: Json) -> None:
    if not CONTENT_TYPE.fullmatch(reference["contentType"]):
        raise errors.bad_request(f"The contentType {reference['contentType']} is not valid.")  # inferred
    # Adobe's tutorials on exports create datasets of the union of a class.
    if Library(objects).schema(reference["id"]) is None and union_class(objects, reference["id"]) is None:
        raise errors.bad_request(f"The schema {reference['id']} does not exist.")  # inferred


def _check_profile(objects: Objects, dataset: Json) -> None:
    """Check that the schema of a Profile-enabled dataset has the union tag."""
    tags = dataset.get("tags", {})
    # Adobe's samples use both "enabled:true" and "enabled: true".
    values = {tag.replace(" ", "") for name in ("unifiedProfile", "unifiedIdentity") for tag in tags.get(name, [])}
    if "enabled:true" in values:
        schema_id = dataset["schemaRef"]["id"]
        schema = Library(objects).schema(schema_id) or {}
        if UNION not in schema.get("meta:immutableTags", []) and union_class(objects, schema_id) is None:
            raise errors.bad_request("To enable profile datasets the schema should be valid")


def _with_server_fields(call: Call, dataset_id: str, desired: Json, before: Json | None) -> Json:
    """A dataset with all server-managed fields."""
    objects = call.objects
    if before and desired["schemaRef"]["id"] != before["schemaRef"]["id"]:
        raise errors.bad_request("The schema of a dataset cannot be changed.")  # inferred
    _check_profile(objects, desired)
    now = clock.now_ms()
    server_tags = {"adobe/pqs/table": [f"dataset_{dataset_id}"], "adobe/siphon/table/format": ["parquet"]}
    version = "1.0.0"
    if before:
        patch = int(before["version"].rpartition(".")[2]) + 1
        version = f"1.0.{patch}"
    return {
        "fileDescription": {"persisted": True, "containerFormat": "parquet", "format": "parquet"},
        "enableErrorDiagnostics": False,
        "classification": {"dataBehavior": _data_behavior(objects, desired["schemaRef"]["id"]), "managedBy": "CUSTOMER"},
        **{name: value for name, value in desired.items() if name not in SERVER_SET},
        "tags": {**desired.get("tags", {}), **server_tags},
        "id": dataset_id,
        "version": version,
        "imsOrg": organisation.ID,
        "sandboxId": sandboxes.current(objects)["id"],
        "namespace": "ACP",
        "state": "DRAFT",
        "created": before["created"] if before else now,
        "updated": now,
        "createdClient": before["createdClient"] if before else call.client.id,
        "createdUser": before["createdUser"] if before else call.client.user,
        "updatedUser": call.client.user,
        "viewId": dataset_id[::-1],
        "basePath": f"adl://local/platform/{dataset_id}",
        "files": f"@/dataSetFiles?dataSetId={dataset_id}",
    }


def _data_behavior(objects: Objects, schema_id: str) -> str:
    """The behavior of a schema's class: record, time-series or adhoc."""
    schema = Library(objects).schema(schema_id) or {}
    if BEHAVIOR in schema:
        return str(schema[BEHAVIOR])
    extends, standard = schema.get("meta:extends", []), xdm.standard_resources()
    behaviors = [each for each in extends if each in standard and standard[each]["kind"] == xdm.BEHAVIORS]
    return behaviors[0].rpartition("/")[2] if behaviors else "record"


def _client_fields(dataset: Json) -> Json:
    """The fields of a dataset that clients may set."""
    fields = {name: value for name, value in dataset.items() if name not in SERVER_SET}
    fields["tags"] = {name: values for name, values in fields["tags"].items() if not name.startswith(SERVER_TAGS)}
    return fields


# --- operations -----------------------------------------------------------------------------------------------------


def create(call: Call) -> Reply:
    """Create a dataset."""
    desired = _validated(call.objects, call.json(errors.bad_request), DATASET)
    dataset_id = ids.new_hex(24, DATASETS, desired["name"])
    call.objects.add(DATASETS, dataset_id, _with_server_fields(call, dataset_id, desired, None))
    return Reply(201, [_reference(dataset_id)], {"location": f"{call.base}/dataSets/{dataset_id}"})


def get(call: Call) -> Reply:
    """Return one dataset, or several, separated by commas."""
    found = [dataset for each in call.ids["id"].split(",") if (dataset := call.objects.find(DATASETS, each))]
    if not found:
        raise _not_found(call.ids["id"])
    return Reply(200, {dataset["id"]: selected_fields(call, dataset) for dataset in found})


def list_all(call: Call) -> Reply:
    """Return a page of datasets."""
    items = ((each["id"], each) for each in call.objects.all(DATASETS))
    return list_response(call, items, ("tags",), lambda each: matches_tags(call, each["tags"]))


def replace(call: Call) -> Reply:
    """Replace a dataset."""
    before = _existing(call)
    desired = _validated(call.objects, _without_server_set(before, call.json(errors.bad_request)), DATASET)
    return _changed(call, before, desired)


def patch(call: Call) -> Reply:
    """Update a dataset by JSON Patch, or by a partial body whose top-level fields replace the existing ones.

    A client in use sends a JSON Patch as `application/json`.
    """
    before = _existing(call)
    if call.headers.get("content-type", "").startswith(PATCH_TYPE) or isinstance(call.json(errors.bad_request), list):
        return _changed(call, before, _validated(call.objects, _json_patched(call, before), DATASET))
    part = _validated(call.objects, _without_server_set(before, call.json(errors.bad_request)), PART_OF_DATASET)
    return _changed(call, before, {**_client_fields(before), **part})


def patch_v2(call: Call) -> Reply:
    """Update a dataset by a partial body that is merged recursively (PATCH v2)."""
    before = _existing(call)
    if "if-match" in call.headers and call.headers["if-match"].strip('"') != str(before["updated"]):
        raise errors.problem(412, "The dataset has been updated in the meantime.")  # inferred
    if call.headers.get("if-none-match", "").strip('"') in {"*", str(before["updated"])}:
        raise errors.problem(412, "The dataset has the version that it must not have.")  # inferred
    part = _validated(call.objects, _without_server_set(before, call.json(errors.bad_request)), PART_OF_DATASET)
    return _changed(call, before, _merged(_client_fields(before), part))


def delete(call: Call) -> Reply:
    """Delete a dataset."""
    batches.delete_for_dataset(call.objects, call.ids["id"])
    # Deleting a nonexistent dataset is not an error: the list of deleted datasets is empty.
    removed = call.objects.remove(DATASETS, call.ids["id"])
    return Reply(200, [_reference(call.ids["id"])] if removed else [])


def _changed(call: Call, before: Json, desired: Json) -> Reply:
    call.objects.replace(DATASETS, before["id"], _with_server_fields(call, before["id"], desired, before))
    return Reply(200, [_reference(before["id"])])


def _json_patched(call: Call, before: Json) -> Json:
    body = call.json(errors.bad_request)
    if violation := PATCH.violation(body):
        raise errors.bad_request(violation.message)
    assert isinstance(body, list)  # noqa: S101 - guaranteed by the schema
    try:
        return patched(_client_fields(before), body)
    except PatchError as error:
        raise errors.bad_request(f"The patch cannot be applied: {error}.") from None


def _without_server_set(before: Json, body: object) -> object:
    """Remove server-managed fields, which clients may send back as read; in strict mode, changed ones are rejected later."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name not in SERVER_SET or (is_strict() and before.get(name) != value)}


def _merged(left: Json, right: Mapping[str, Any]) -> Json:
    result = dict(left)
    for name, value in right.items():
        old = result.get(name)
        result[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def _existing(call: Call) -> Json:
    dataset = call.objects.find(DATASETS, call.ids["id"])
    if dataset is None:
        raise _not_found(call.ids["id"])
    return dataset


def _not_found(dataset_id: str) -> PlatformError:
    return errors.problem(404, f"The dataset {dataset_id} was not found.")  # inferred envelope


def _reference(dataset_id: str) -> str:
    return f"@/dataSets/{dataset_id}"
