"""Batches: the data written by dataflow runs, as listed by Catalog."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.catalog import stored_batches
from aep_pulumi.emulator.catalog.listing import list_response, matches_filters, matches_tags
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.store import Objects
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

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
QUERY = (
    "tags",
    "aggregate",
    "dataSet",
    "batch",
    "transform",
    "createdAfter",
    "createdBefore",
    "startAfter",
    "startBefore",
    "endAfter",
    "endBefore",
)

STATUSES = {runs.SUCCESS: "success", runs.FAILED: "failed", runs.IN_PROGRESS: "processing"}


def list_all(call: Call) -> Reply:
    """Return a page of batches."""
    items = ((each["id"], each) for each in all_batches(call.objects))
    return list_response(call, items, QUERY, partial(_matches_query, call))


def matching(call: Call) -> list[Json]:
    """All batches that match the query of a list."""
    return [each for each in all_batches(call.objects) if matches_filters(call, each, QUERY) and _matches_query(call, each)]


def get(call: Call) -> Reply:
    """Return one batch, or several, separated by commas."""
    desired = call.ids["id"].split(",")
    found = {each["id"]: each for each in all_batches(call.objects) if each["id"] in desired}
    if not found:
        raise errors.problem(404, f"The batch {call.ids['id']} was not found.")  # inferred envelope
    return Reply(200, found)


def existing(call: Call) -> Json:
    """The batch whose id is in the path."""
    if (batch := call.objects.find(stored_batches.COLLECTION, call.ids["id"])) and stored_batches.DELETED not in batch:
        return batch
    for each in all_batches(call.objects):
        if each["id"] == call.ids["id"]:
            return each
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
    """Delete the batches of a deleted dataset."""
    for each in objects.all(stored_batches.COLLECTION):
        if dataset_id in stored_batches.datasets_of(each):
            objects.remove(stored_batches.COLLECTION, each["id"])
            uploads.delete_of_batch(objects, each["id"])
    for each in objects.global_settings.all(_archive_collection(objects)):
        if {"type": "dataSet", "id": dataset_id} in each["relatedObjects"]:
            objects.global_settings.remove(_archive_collection(objects), each["externalId"])


def add_streamed_row(objects: Objects, batch_id: str, dataset_id: str, size: int) -> None:
    """Add a row to a batch of streamed rows, and create the batch for its first one."""
    archive, now = _archive_collection(objects), clock.now_ms()
    batch = objects.global_settings.find(archive, batch_id) or {
        "id": batch_id,
        "imsOrg": organisation.ID,
        "sandboxId": sandboxes.current(objects)["id"],
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


def all_batches(objects: Objects) -> Iterator[Json]:
    """The batches of a sandbox: those of deleted flows, then one per started run, then those stored by clients."""
    stored = {each["id"]: each for each in objects.all(stored_batches.COLLECTION)}
    for each in _of_runs(objects):
        if each["id"] not in stored:
            yield each
    yield from (each for each in stored.values() if stored_batches.DELETED not in each)


def _of_runs(objects: Objects) -> Iterator[Json]:
    for each in objects.global_settings.all(_archive_collection(objects)):
        yield {"id": each["externalId"], **each}
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
        "id": run.batch_id,
        "imsOrg": organisation.ID,
        "sandboxId": run.flow["sandboxId"],
        "created": run.started_ms,
        "createdClient": run.flow["createdClient"],
        "createdUser": run.flow["createdBy"],
        "updatedUser": run.flow["createdBy"],
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
    for kind in ("dataSet", "batch", "transform"):
        given = call.query_value(kind)
        related = [each["id"] for each in body["relatedObjects"] if each.get("type") == kind]
        if given is not None and given not in ([*related, body["id"]] if kind == "batch" else related):
            return False
    if not matches_tags(call, body.get("tags") or {}) or not _matches_dates(call, body.get("availableDates") or {}):
        return False
    after, before = _milliseconds(call, "createdAfter"), _milliseconds(call, "createdBefore")
    return (after is None or body["created"] > after) and (before is None or body["created"] < before)


def _matches_dates(call: Call, dates: Json) -> bool:
    """True if the available dates of a batch, in seconds, match the query."""
    for name, field in (("start", "startDate"), ("end", "endDate")):
        after, before = _milliseconds(call, name + "After"), _milliseconds(call, name + "Before")
        if after is None and before is None:
            continue
        date = dates.get(field)
        if date is None or (after is not None and date <= after) or (before is not None and date >= before):
            return False
    return True


def _milliseconds(call: Call, name: str) -> int | None:
    given = call.query_value(name)
    number = whole_number(given) if given is not None else None
    if given is not None and number is None:
        raise errors.bad_request(f"The {name} must be a number.")  # inferred
    return number
