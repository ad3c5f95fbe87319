"""Catalog: datasets, and the batches that runs have written into them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from aep_pulumi.emulator.catalog import batches
from aep_pulumi.emulator.catalog.listing import QUERY, listed, shown
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, Reply, Route, Service
from aep_pulumi.emulator.core.json_patch import OPERATIONS, PatchError, patched
from aep_pulumi.emulator.core.json_schema import FLAG, NAME, NUMBER, TEXT, Shape, closed, list_of
from aep_pulumi.emulator.core.store import DATASETS, Shelf
from aep_pulumi.emulator.ims import tokens as ims
from aep_pulumi.emulator.sandboxes import sandboxes
from aep_pulumi.emulator.schema_registry.library import UNION, Library

Json = dict[str, Any]

PATCH_TYPE = "application/json-patch+json"
PATCH = Shape(OPERATIONS)

# What a program may say; `name` and `schemaRef` are required of a new dataset only (inferred: OpenAPI requires nothing).
FIELDS: Json = {
    "name": NAME,
    "description": TEXT,
    "schemaRef": closed(("id", "contentType"), id=NAME, contentType=TEXT),
    "tags": {"type": "object", "additionalProperties": list_of(TEXT)},
    "unifiedTags": list_of(TEXT),
    "enableErrorDiagnostics": FLAG,
    "observableSchema": {"type": "object"},
    "dataSourceId": NUMBER,
    "fileDescription": closed(
        format={"type": "string"},
        containerFormat=TEXT,
        persisted=FLAG,
        delimiters=list_of({"type": "string", "maxLength": 1}),
        quotes=list_of(TEXT),
        escapes=list_of(TEXT),
        nullMarkers=list_of(TEXT),
        header=FLAG,
        charset={"enum": ["US-ASCII", "UTF-8", "ISO-8859-1", ""]},
    ),
}
DATASET = Shape(closed(("name", "schemaRef"), **FIELDS))
PART_OF_DATASET = Shape(closed((), **FIELDS))

CONTENT_TYPE = re.compile(r"application/vnd\.adobe\.xed(-full)?(-notext)?\+json;\s*version=1(\.\d+)?")

# Tags of the server's own; a change leaves them where they are.
OWN_TAGS = "adobe/"

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


def _accepted(shelf: Shelf, body: object, shape: Shape) -> Json:
    """The body, once it has the shape of a dataset and names a schema that fits it."""
    wanted = refusals.in_shape(shape, body)
    if reference := wanted.get("schemaRef"):
        _check_schema(shelf, reference)
    return wanted


def _check_schema(shelf: Shelf, reference: Json) -> None:
    if not CONTENT_TYPE.fullmatch(reference["contentType"]):
        raise refusals.bad_request(f"The contentType {reference['contentType']} is not valid.")  # inferred
    if Library(shelf).schema(reference["id"]) is None:
        raise refusals.bad_request(f"The schema {reference['id']} does not exist.")  # inferred


def _check_profile(shelf: Shelf, dataset: Json) -> None:
    """A dataset feeds Profile only through a schema that is in its union."""
    tags = dataset.get("tags", {})
    # Adobe's samples write "enabled:true" and "enabled: true".
    said = {tag.replace(" ", "") for name in ("unifiedProfile", "unifiedIdentity") for tag in tags.get(name, [])}
    if "enabled:true" in said:
        found = Library(shelf).schema(dataset["schemaRef"]["id"]) or {}
        if UNION not in found.get("meta:immutableTags", []):
            raise refusals.bad_request("To enable profile datasets the schema should be valid")


def _stored(shelf: Shelf, dataset_id: str, wanted: Json, before: Json | None) -> Json:
    """A dataset with all that the server sets."""
    if before and wanted["schemaRef"]["id"] != before["schemaRef"]["id"]:
        raise refusals.bad_request("The schema of a dataset cannot be changed.")  # inferred
    _check_profile(shelf, wanted)
    now = clock.now_ms()
    own_tags = {"adobe/pqs/table": [f"dataset_{dataset_id}"], "adobe/siphon/table/format": ["parquet"]}
    version = "1.0.0"
    if before:
        patch = int(before["version"].rpartition(".")[2]) + 1
        version = f"1.0.{patch}"
    return {
        "fileDescription": {"persisted": True, "containerFormat": "parquet", "format": "parquet"},
        "enableErrorDiagnostics": False,
        **wanted,
        "tags": {**wanted.get("tags", {}), **own_tags},
        "id": dataset_id,
        "version": version,
        "imsOrg": ims.ORGANISATION,
        "sandboxId": sandboxes.of(shelf)["id"],
        "namespace": "ACP",
        "state": "DRAFT",
        "created": before["created"] if before else now,
        "updated": now,
        "createdClient": ims.CLIENT_ID,
        "createdUser": ims.USER,
        "updatedUser": ims.USER,
        "viewId": dataset_id[::-1],
        "basePath": f"adl://local/platform/{dataset_id}",
        "files": f"@/dataSetFiles?dataSetId={dataset_id}",
    }


def _said(dataset: Json) -> Json:
    """The part of a dataset that a program may say."""
    said = {name: value for name, value in dataset.items() if name in FIELDS}
    said["tags"] = {name: values for name, values in said["tags"].items() if not name.startswith(OWN_TAGS)}
    return said


# --- verbs ----------------------------------------------------------------------------------------------------------


def _create(call: Call) -> Reply:
    wanted = _accepted(call.shelf, call.json(refusals.bad_request), DATASET)
    dataset_id = secrets.token_hex(12)
    call.shelf.add(DATASETS, dataset_id, _stored(call.shelf, dataset_id, wanted, None))
    return Reply(201, [_reference(dataset_id)], {"location": f"{SERVICE.base}/dataSets/{dataset_id}"})


def _get(call: Call) -> Reply:
    found = _found(call)
    return Reply(200, {found["id"]: shown(call, found)})


def _list(call: Call) -> Reply:
    return listed(call, ((each["id"], each) for each in call.shelf.all(DATASETS)), FILTERS, partial(_has_tags, call))


def _replace(call: Call) -> Reply:
    before = _found(call)
    wanted = _accepted(call.shelf, _without_server_set(before, call.json(refusals.bad_request)), DATASET)
    return _kept(call, before, wanted)


def _patch(call: Call) -> Reply:
    before = _found(call)
    if call.headers.get("content-type", "").startswith(PATCH_TYPE):
        return _kept(call, before, _accepted(call.shelf, _json_patched(call, before), DATASET))
    part = _accepted(call.shelf, call.json(refusals.bad_request), PART_OF_DATASET)
    return _kept(call, before, {**_said(before), **part})


def _patch_v2(call: Call) -> Reply:
    """The second version of PATCH goes as deep as the body does."""
    before = _found(call)
    if "if-match" in call.headers and call.headers["if-match"].strip('"') != str(before["updated"]):
        raise refusals.placeholder(412, "The dataset was updated since.")  # inferred
    part = _accepted(call.shelf, call.json(refusals.bad_request), PART_OF_DATASET)
    return _kept(call, before, _deep(_said(before), part))


def _delete(call: Call) -> Reply:
    # A dataset that is not there is no refusal: the list of what was deleted is empty.
    removed = call.shelf.remove(DATASETS, call.ids["id"])
    return Reply(200, [_reference(call.ids["id"])] if removed else [])


def _kept(call: Call, before: Json, wanted: Json) -> Reply:
    call.shelf.replace(DATASETS, before["id"], _stored(call.shelf, before["id"], wanted, before))
    return Reply(200, [_reference(before["id"])])


def _json_patched(call: Call, before: Json) -> Json:
    body = call.json(refusals.bad_request)
    if defect := PATCH.defect(body):
        raise refusals.bad_request(defect.words)
    assert isinstance(body, list)  # noqa: S101 - the shape says so
    try:
        return patched(_said(before), body)
    except PatchError as error:
        raise refusals.bad_request(f"The patch cannot be applied: {error}.") from None


def _without_server_set(before: Json, body: object) -> object:
    """A whole body as it was read: what only the server sets may come back unchanged."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name in FIELDS or before.get(name) != value}


def _deep(left: Json, right: Mapping[str, Any]) -> Json:
    outcome = dict(left)
    for name, value in right.items():
        mine = outcome.get(name)
        outcome[name] = _deep(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return outcome


def _found(call: Call) -> Json:
    found = call.shelf.find(DATASETS, call.ids["id"])
    if found is None:
        raise refusals.placeholder(404, f"The dataset {call.ids['id']} was not found.")  # inferred envelope
    return found


def _reference(dataset_id: str) -> str:
    return f"@/dataSets/{dataset_id}"


def _has_tags(call: Call, dataset: Json) -> bool:
    return all(_has_tag(dataset, each) for value in call.query.get("tags", []) for each in value.split(","))


def _has_tag(dataset: Json, wanted: str) -> bool:
    name, _, pattern = wanted.rpartition(":")
    expression = re.escape(pattern).replace(r"\*", ".*")
    return any(re.fullmatch(expression, value) for value in dataset["tags"].get(name, []))


# --- batches --------------------------------------------------------------------------------------------------------


def _batches(call: Call) -> Reply:
    found = ((run.batch_id, batches.batch(run)) for run in batches.written(call.shelf))
    return listed(call, found, batches.FILTERS, partial(batches.wanted, call))


def _batch(call: Call) -> Reply:
    for run in batches.written(call.shelf):
        if run.batch_id == call.ids["id"]:
            return Reply(200, {run.batch_id: batches.batch(run)})
    raise refusals.placeholder(404, f"The batch {call.ids['id']} was not found.")  # inferred envelope


SERVICE = Service(
    base="/data/foundation/catalog",
    routes=(
        # Adobe's tutorials send requestDataSource, and OpenAPI does not know it.
        Route("POST", "/dataSets", _create, query=("requestDataSource",)),
        Route(
            "GET",
            "/dataSets",
            _list,
            query=(*FILTERS, *QUERY, "tags"),
        ),
        Route("GET", "/dataSets/{id}", _get, query=("properties",)),
        Route("PUT", "/dataSets/{id}", _replace),
        Route("PATCH", "/dataSets/{id}", _patch),
        Route("DELETE", "/dataSets/{id}", _delete),
        Route("PATCH", "/v2/dataSets/{id}", _patch_v2),
        Route("GET", "/batches", _batches, query=(*batches.FILTERS, *batches.QUERY, *QUERY)),
        Route("GET", "/batches/{id}", _batch, query=("aggregate",)),
    ),
    unknown_query=lambda name: refusals.bad_request(f"The query parameter {name} is not known."),  # inferred
    forbidden=refusals.forbidden,
    # inferred: the documents call the header required, and say of no refusal how it reads.
    sandbox_missing=lambda: refusals.bad_request("The header x-sandbox-name is missing."),
    sandbox_unknown=lambda name: refusals.placeholder(404, f"The sandbox {name} could not be found."),
)
