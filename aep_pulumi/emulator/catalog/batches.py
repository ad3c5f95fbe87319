"""Batches: what runs have written, as Catalog shows it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from aep_pulumi.emulator.catalog.listing import listed
from aep_pulumi.emulator.core import errors
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
# What a list can be filtered by beside the values of fields.
QUERY = ("dataSet", "batch", "createdAfter", "createdBefore")

STATUSES = {runs.SUCCESS: "success", runs.FAILED: "failed", runs.IN_PROGRESS: "processing"}


def list_all(call: Call) -> Reply:
    """Answer with a page of the batches."""
    found = ((each["externalId"], each) for each in _written(call.objects))
    return listed(call, found, FILTERS, partial(_matches_query, call))


def get(call: Call) -> Reply:
    """Answer with one batch."""
    for each in _written(call.objects):
        if each["externalId"] == call.ids["id"]:
            return Reply(200, {each["externalId"]: each})
    raise errors.problem(404, f"The batch {call.ids['id']} was not found.")  # inferred envelope


def keep(objects: Objects, flow: Json) -> None:
    """Keep what a flow wrote, before the flow is deleted: its rows stay in the dataset. A run in progress ends (inferred)."""
    for run in runs.of_flow(objects, flow):
        if run.status == runs.SCHEDULED:
            continue
        kept = _batch(run)
        if run.status == runs.IN_PROGRESS:
            kept["status"] = "aborted"
        objects.global_settings.put(_kept_in(objects), run.batch_id, kept)


def drop(objects: Objects, dataset_id: str) -> None:
    """Remove the batches of a dataset that is deleted."""
    for each in objects.global_settings.all(_kept_in(objects)):
        if {"type": "dataSet", "id": dataset_id} in each["relatedObjects"]:
            objects.global_settings.remove(_kept_in(objects), each["externalId"])


def _kept_in(objects: Objects) -> str:
    return f"batches of {objects.sandbox}"


def _written(objects: Objects) -> Iterator[Json]:
    """The batches of a sandbox: those of deleted flows, and one for each run that has started."""
    yield from objects.global_settings.all(_kept_in(objects))
    yield from (_batch(run) for run in runs.of_sandbox(objects) if run.status != runs.SCHEDULED)


def _batch(run: runs.Run) -> Json:
    """A run's batch."""
    ended = run.status != runs.IN_PROGRESS
    updated = run.completed_ms if ended else run.started_ms
    size = run.written * runs.BYTES_PER_ROW if ended else 0
    counts = {"recordCount": run.written, "failedRecordCount": run.lost, "completed": run.completed_ms} if ended else {}
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
        "metrics": {"startTime": run.started_ms, "endTime": updated, "inputByteSize": run.read * runs.BYTES_PER_ROW},
        "inputFormat": {"format": "parquet"},
        "tags": {"flowId": [run.flow["id"]], "flowRunId": [run.slot.id]},  # inferred: a batch names its run by some tag
    }


def _error(error: Json) -> Json:
    last = error.get("recordCount", 0)
    rows = {"rows": ["1" if last == 1 else f"1-{last}"]} if last else {}
    return {"code": error["code"], **rows, "description": error["message"]}


def _matches_query(call: Call, body: Json) -> bool:
    for name, kind in (("dataSet", "dataSet"), ("batch", "batch")):
        given = call.one(name)
        if given is not None and {"type": kind, "id": given} not in body["relatedObjects"]:
            return False
    after, before = _milliseconds(call, "createdAfter"), _milliseconds(call, "createdBefore")
    return (after is None or body["created"] > after) and (before is None or body["created"] < before)


def _milliseconds(call: Call, name: str) -> int | None:
    given = call.one(name)
    number = whole_number(given) if given is not None else None
    if given is not None and number is None:
        raise errors.bad_request(f"The {name} must be a number of milliseconds.")  # inferred
    return number
