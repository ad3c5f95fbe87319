"""Batch changes: creating, updating and deleting batches by Catalog, and what it tells about all batches of a dataset."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aep_pulumi.emulator.catalog import batches, stored_batches
from aep_pulumi.emulator.catalog.json_schemas import TAGS
from aep_pulumi.emulator.catalog.listing import list_response
from aep_pulumi.emulator.core import batch_files, errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.json_schema import ANYTHING, INTEGER, TEXT, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import DATASETS

Json = dict[str, Any]

_RELATED = closed(("type", "id"), type=TEXT, id=TEXT, tag=TEXT)
_FIELDS: Json = {
    **dict.fromkeys((*stored_batches.SERVER_SET, "failedBatchLocation"), ANYTHING),
    "externalId": TEXT,
    "started": INTEGER,
    "completed": INTEGER,
    "replay": {"type": "object"},
    "status": TEXT,
    "recordCount": INTEGER,
    "failedRecordCount": INTEGER,
    "errors": list_of({"type": "object"}),
    "size": INTEGER,
    "availableDates": {"type": "object", "properties": {"startDate": INTEGER, "endDate": INTEGER}},
    "relatedObjects": list_of(_RELATED),
    "metrics": {"type": "object"},
    "tags": TAGS,
    "inputFormat": {"type": "object"},
}
BATCH = JsonSchema(closed(("status",), **_FIELDS))
CHANGES = JsonSchema(closed((), **_FIELDS))
# What PUT keeps although it replaces the batch.
_KEPT = (*stored_batches.SERVER_SET, "externalId", "status", "errors", "relatedObjects", "metrics", "tags")

SUCCESSFUL, UNSUCCESSFUL = {"success", "active"}, {"failed", "failure"}
LAST_BATCH_FILTERS = (
    "dataSetId",
    "lastBatchId",
    "lastBatchStatus",
    "lastSuccessfulBatchId",
    "lastFailedBatchId",
    "created",
    "updated",
)


def create(call: Call) -> Reply:
    """Create a batch."""
    return _create(call, stored_batches.new_id(), {})


def create_with_id(call: Call) -> Reply:
    """Create a batch under an id; that of a dataset relates the batch to the dataset."""
    given = call.ids["id"]
    if any(each["id"] == given for each in batches.all_batches(call.objects)):
        raise errors.bad_request(f"The batch {given} already exists.")  # inferred
    related = {"relatedObjects": [{"type": "dataSet", "id": given}]} if call.objects.find(DATASETS, given) else {}
    return _create(call, given, related)


def _create(call: Call, batch_id: str, defaults: Json) -> Reply:
    fields = errors.validated(BATCH, call.json(errors.bad_request))
    stored_batches.create(call, batch_id, {**defaults, **fields})
    return Reply(201, [_reference(batch_id)], {"location": f"{call.base}/batches/{quote(batch_id, safe='')}"})


def patch(call: Call) -> Reply:
    """Update some fields of a batch."""
    before = batches.existing(call)
    fields = errors.validated(CHANGES, call.json(errors.bad_request))
    stored_batches.change(call, before, fields)
    return Reply(200, [_reference(before["id"])])


def replace(call: Call) -> Reply:
    """Replace the fields of a batch that clients may set."""
    before = batches.existing(call)
    fields = errors.validated(BATCH, call.json(errors.bad_request))
    kept = {name: before[name] for name in _KEPT if name in before}
    stored_batches.change(call, kept, fields)
    return Reply(200, [_reference(before["id"])])


def delete(call: Call) -> Reply:
    """Delete a batch."""
    batch = batches.existing(call)
    stored_batches.delete(call.objects, batch)
    for dataset_id in stored_batches.datasets_of(batch):
        batch_files.delete(call.objects.sandbox, dataset_id, batch["id"])
    return Reply(200, [_reference(batch["id"])])


def uniques(call: Call) -> Reply:
    """Return the different values that a field has in all batches that match the query."""
    values: list[object] = []
    for batch in batches.matching(call):
        value: object = batch
        for step in call.ids["field"].split("."):
            value = value.get(step) if isinstance(value, dict) else None
        values += value if isinstance(value, list) else [value]
    return Reply(200, list(dict.fromkeys(str(each) for each in values if each is not None)))


def last_batches(call: Call) -> Reply:
    """Return the last batch of each dataset, its last successful one, and its last failed one."""
    latest: dict[str, Json] = {}
    for batch in sorted(batches.all_batches(call.objects), key=lambda each: int(each["created"])):
        for dataset_id in stored_batches.datasets_of(batch):
            latest[dataset_id] = _with_batch(latest.get(dataset_id, {}), dataset_id, batch)
    return list_response(call, latest.items(), (), lambda _: True)


def _with_batch(before: Json, dataset_id: str, batch: Json) -> Json:
    after = {
        **before,
        "dataSetId": dataset_id,
        "lastBatchId": batch["id"],
        "lastBatchStatus": batch["status"],
        "imsOrg": batch["imsOrg"],
        "created": batch["created"],
        "updated": batch["updated"],
    }
    if batch["status"] in SUCCESSFUL:
        after["lastSuccessfulBatchId"] = batch["id"]
    if batch["status"] in UNSUCCESSFUL:
        after["lastFailedBatchId"] = batch["id"]
    return after


def _reference(batch_id: str) -> str:
    return f"@/batches/{batch_id}"
