"""Batches: the data written by dataflow runs, as listed by Catalog."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from aep_pulumi.emulator.catalog.listing import list_response
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.store import Objects
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.ims import organisation

Json = dict[str, Any]

FILTERS = (
    "version",
    "created",
    "updated",
    "createdClient",
    "createdUser",
    "updatedUser",
    "externalId",
    "status",
    "recordCount",
    "failedRecordCount",
    "size",
    "started",
    "completed",
)
# The filters of a list in addition to field values.
QUERY = ("dataSet", "batch", "createdAfter", "createdBefore")

STATUSES = {runs.SUCCESS: "success", runs.FAILED: "failed", runs.IN_PROGRESS: "processing"}


def list_all(call: Call) -> Reply:
    """Return a page of batches."""
    items = ((each["externalId"], each) for each in _all_batches(call.objects))
    return list_response(call, items, FILTERS, partial(_matches_query, call))


def get(call: Call) -> Reply:
    """Return one batch."""
    for each in _all_batches(call.objects):
        if each["externalId"] == call.ids["id"]:
            return Reply(200, {each["externalId"]: each})
    raise errors.problem(404, f"The batch {call.ids['id']} was not found.")  # inferred envelope


def archive(objects: Objects, flow: Json) -> None:
    """Archive a flow's batches before it is deleted, as its rows stay in the dataset. Aborts active runs (inferred)."""
    for run in runs.of_flow(objects, flow):
        if run.status == runs.SCHEDULED:
            continue
        batch = _batch(run)
        if run.status == runs.IN_PROGRESS:
            batch["status"] = "aborted"
        objects.global_settings.put(_archive_collection(objects), run.batch_id, batch)


def delete_for_dataset(objects: Objects, dataset_id: str) -> None:
    """Delete the archived batches of a deleted dataset."""
    for each in objects.global_settings.all(_archive_collection(objects)):
        if {"type": "dataSet", "id": dataset_id} in each["relatedObjects"]:
            objects.global_settings.remove(_archive_collection(objects), each["externalId"])


def add_streamed_row(objects: Objects, batch_id: str, dataset_id: str, size: int) -> None:
    """Add a row to a batch of streamed rows, and create the batch for its first one."""
    archive, now = _archive_collection(objects), clock.now_ms()
    batch = objects.global_settings.find(archive, batch_id) or {
        "imsOrg": organisation.ID,
        "created": now,
        "createdClient": "acp_core_streaming",  # inferred
        "createdUser": organisation.ID,
        "updatedUser": organisation.ID,
        "externalId": batch_id,
        "status": "success",
        "errors": [],
        "version": "1.0.1",
        "started": now,
        "recordCount": 0,
        "failedRecordCount": 0,
        "size": 0,
        "relatedObjects": [{"type": "dataSet", "id": dataset_id}, {"type": "batch", "id": batch_id}],
        "inputFormat": {"format": "json"},
        "tags": {},
    }
    counts = {"recordCount": batch["recordCount"] + 1, "size": batch["size"] + size}
    objects.global_settings.put(archive, batch_id, {**batch, **counts, "updated": now, "completed": now})


def delete_archive(objects: Objects) -> None:
    """Delete all archived batches of a sandbox."""
    for each in objects.global_settings.all(_archive_collection(objects)):
        objects.global_settings.remove(_archive_collection(objects), each["externalId"])


def _archive_collection(objects: Objects) -> str:
    return f"batches of {objects.sandbox}"


def _all_batches(objects: Objects) -> Iterator[Json]:
    """The batches of a sandbox: those of deleted flows, then one per started run."""
    yield from objects.global_settings.all(_archive_collection(objects))
    yield from (_batch(run) for run in runs.of_sandbox(objects) if run.status != runs.SCHEDULED)


def _batch(run: runs.Run) -> Json:
    """The batch of a run."""
    ended = run.status != runs.IN_PROGRESS
    updated = run.completed_ms if ended else run.started_ms
    size = run.rows_written * runs.BYTES_PER_ROW if ended else 0
    counts = (
        {"recordCount": run.rows_written, "failedRecordCount": run.rows_failed, "completed": run.completed_ms} if ended else {}
    )
    return {
        "imsOrg": organisation.ID,
        "created": run.started_ms,
        "createdClient": organisation.CLIENT_ID,
        "createdUser": organisation.USER,
        "updatedUser": organisation.USER,
        "updated": updated,
        "externalId": run.batch_id,
        "status": STATUSES[run.status],
        "errors": [_error(each) for each in runs.errors_of(run)],
        "version": "1.0.2" if ended else "1.0.1",
        "started": run.started_ms,
        **counts,
        "size": size,
        "relatedObjects": [{"type": "dataSet", "id": run.dataset_id}, {"type": "batch", "id": run.batch_id}],
        "metrics": {"startTime": run.started_ms, "endTime": updated, "inputByteSize": run.rows_read * runs.BYTES_PER_ROW},
        "inputFormat": {"format": "parquet"},
        "tags": {"flowId": [run.flow["id"]], "flowRunId": [run.slot.id]},  # inferred: the tags that link a batch to its run
    }


def _error(error: Json) -> Json:
    last = error.get("recordCount", 0)
    rows = {"rows": ["1" if last == 1 else f"1-{last}"]} if last else {}
    return {"code": error["code"], **rows, "description": error["message"]}


def _matches_query(call: Call, body: Json) -> bool:
    for name, kind in (("dataSet", "dataSet"), ("batch", "batch")):
        given = call.query_value(name)
        if given is not None and {"type": kind, "id": given} not in body["relatedObjects"]:
            return False
    after, before = _milliseconds(call, "createdAfter"), _milliseconds(call, "createdBefore")
    return (after is None or body["created"] > after) and (before is None or body["created"] < before)


def _milliseconds(call: Call, name: str) -> int | None:
    given = call.query_value(name)
    number = whole_number(given) if given is not None else None
    if given is not None and number is None:
        raise errors.bad_request(f"The {name} must be a number of milliseconds.")  # inferred
    return number
