"""Datasets: what makes one acceptable, and the calls that create, read, change and delete them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.catalog.json_schemas import DATASET, FIELDS, PART_OF_DATASET
from aep_pulumi.emulator.catalog.listing import listed, shown
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.json_patch import PATCH, PatchError, patched
from aep_pulumi.emulator.core.json_schema import JsonSchema
from aep_pulumi.emulator.core.store import DATASETS, Objects
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry.library import UNION, Library

Json = dict[str, Any]

PATCH_TYPE = "application/json-patch+json"

CONTENT_TYPE = re.compile(r"application/vnd\.adobe\.xed(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")

# Tags that the server sets; a change leaves them as they are.
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
)


# --- rules ----------------------------------------------------------------------------------------------------------


def _accepted(objects: Objects, body: object, schema: JsonSchema) -> Json:
    """The body, once it is valid and names an XDM schema that exists."""
    desired = errors.validated(schema, body)
    if reference := desired.get("schemaRef"):
        _check_schema(objects, reference)
    return desired


def _check_schema(objects: Objects, reference: Json) -> None:
    if not CONTENT_TYPE.fullmatch(reference["contentType"]):
        raise errors.bad_request(f"The contentType {reference['contentType']} is not valid.")  # inferred
    if Library(objects).schema(reference["id"]) is None:
        raise errors.bad_request(f"The schema {reference['id']} does not exist.")  # inferred


def _check_profile(objects: Objects, dataset: Json) -> None:
    """A dataset feeds Profile only through a schema that has the union tag."""
    tags = dataset.get("tags", {})
    # Adobe's samples write "enabled:true" and "enabled: true".
    values = {tag.replace(" ", "") for name in ("unifiedProfile", "unifiedIdentity") for tag in tags.get(name, [])}
    if "enabled:true" in values:
        schema = Library(objects).schema(dataset["schemaRef"]["id"]) or {}
        if UNION not in schema.get("meta:immutableTags", []):
            raise errors.bad_request("To enable profile datasets the schema should be valid")


def _stored(objects: Objects, dataset_id: str, desired: Json, before: Json | None) -> Json:
    """A dataset with everything that the server sets."""
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
        **desired,
        "tags": {**desired.get("tags", {}), **server_tags},
        "id": dataset_id,
        "version": version,
        "imsOrg": organisation.ID,
        "sandboxId": sandboxes.of(objects)["id"],
        "namespace": "ACP",
        "state": "DRAFT",
        "created": before["created"] if before else now,
        "updated": now,
        "createdClient": organisation.CLIENT_ID,
        "createdUser": organisation.USER,
        "updatedUser": organisation.USER,
        "viewId": dataset_id[::-1],
        "basePath": f"adl://local/platform/{dataset_id}",
        "files": f"@/dataSetFiles?dataSetId={dataset_id}",
    }


def _settable(dataset: Json) -> Json:
    """The part of a dataset that a client may set."""
    settable = {name: value for name, value in dataset.items() if name in FIELDS}
    settable["tags"] = {name: values for name, values in settable["tags"].items() if not name.startswith(SERVER_TAGS)}
    return settable


# --- calls ----------------------------------------------------------------------------------------------------------


def create(call: Call) -> Reply:
    """Create a dataset."""
    desired = _accepted(call.objects, call.json(errors.bad_request), DATASET)
    dataset_id = secrets.token_hex(12)
    call.objects.add(DATASETS, dataset_id, _stored(call.objects, dataset_id, desired, None))
    return Reply(201, [_reference(dataset_id)], {"location": f"{call.base}/dataSets/{dataset_id}"})


def get(call: Call) -> Reply:
    """Answer with one dataset."""
    found = _existing(call)
    return Reply(200, {found["id"]: shown(call, found)})


def list_all(call: Call) -> Reply:
    """Answer with a page of the datasets."""
    return listed(call, ((each["id"], each) for each in call.objects.all(DATASETS)), FILTERS, partial(_has_tags, call))


def replace(call: Call) -> Reply:
    """Give a dataset a whole new body."""
    before = _existing(call)
    desired = _accepted(call.objects, _without_server_set(before, call.json(errors.bad_request)), DATASET)
    return _changed(call, before, desired)


def patch(call: Call) -> Reply:
    """Change a dataset by JSON Patch, or by a body that replaces the top-level fields it has."""
    before = _existing(call)
    if call.headers.get("content-type", "").startswith(PATCH_TYPE):
        return _changed(call, before, _accepted(call.objects, _json_patched(call, before), DATASET))
    part = _accepted(call.objects, call.json(errors.bad_request), PART_OF_DATASET)
    return _changed(call, before, {**_settable(before), **part})


def patch_v2(call: Call) -> Reply:
    """Change a dataset by a body that is merged into it at every depth, as the second version of PATCH does."""
    before = _existing(call)
    if "if-match" in call.headers and call.headers["if-match"].strip('"') != str(before["updated"]):
        raise errors.problem(412, "The dataset was updated since.")  # inferred
    part = _accepted(call.objects, call.json(errors.bad_request), PART_OF_DATASET)
    return _changed(call, before, _merged(_settable(before), part))


def delete(call: Call) -> Reply:
    """Delete a dataset."""
    batches.drop(call.objects, call.ids["id"])
    # Deleting a dataset that does not exist is not an error: the list of what was deleted is empty.
    removed = call.objects.remove(DATASETS, call.ids["id"])
    return Reply(200, [_reference(call.ids["id"])] if removed else [])


def _changed(call: Call, before: Json, desired: Json) -> Reply:
    call.objects.replace(DATASETS, before["id"], _stored(call.objects, before["id"], desired, before))
    return Reply(200, [_reference(before["id"])])


def _json_patched(call: Call, before: Json) -> Json:
    body = call.json(errors.bad_request)
    if violation := PATCH.violation(body):
        raise errors.bad_request(violation.message)
    assert isinstance(body, list)  # noqa: S101 - the schema says so
    try:
        return patched(_settable(before), body)
    except PatchError as error:
        raise errors.bad_request(f"The patch cannot be applied: {error}.") from None


def _without_server_set(before: Json, body: object) -> object:
    """A whole body as it was read: what only the server sets may be sent back unchanged."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name in FIELDS or before.get(name) != value}


def _merged(left: Json, right: Mapping[str, Any]) -> Json:
    outcome = dict(left)
    for name, value in right.items():
        old = outcome.get(name)
        outcome[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return outcome


def _existing(call: Call) -> Json:
    found = call.objects.find(DATASETS, call.ids["id"])
    if found is None:
        raise errors.problem(404, f"The dataset {call.ids['id']} was not found.")  # inferred envelope
    return found


def _reference(dataset_id: str) -> str:
    return f"@/dataSets/{dataset_id}"


def _has_tags(call: Call, dataset: Json) -> bool:
    return all(_has_tag(dataset, each) for value in call.query.get("tags", []) for each in value.split(","))


def _has_tag(dataset: Json, tag: str) -> bool:
    name, _, pattern = tag.rpartition(":")
    expression = re.escape(pattern).replace(r"\*", ".*")
    return any(re.fullmatch(expression, value) for value in dataset["tags"].get(name, []))
