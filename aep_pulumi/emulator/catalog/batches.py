"""Batches: what runs have written, as Catalog shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aep_pulumi.emulator.core import errors as refusals
from aep_pulumi.emulator.core.calls import Call, whole_number
from aep_pulumi.emulator.core.store import Shelf
from aep_pulumi.emulator.flow_service import runs
from aep_pulumi.emulator.ims import tokens as ims

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
# What a list can be asked for beside the values of fields.
QUERY = ("dataSet", "batch", "createdAfter", "createdBefore")

STATUSES = {runs.SUCCESS: "success", runs.FAILED: "failed", runs.IN_PROGRESS: "processing"}


def written(shelf: Shelf) -> Iterator[runs.Run]:
    """The runs that have begun, each of which has a batch."""
    return (run for run in runs.of_sandbox(shelf) if run.status != runs.SCHEDULED)


def batch(run: runs.Run) -> Json:
    """A run's batch."""
    ended = run.status != runs.IN_PROGRESS
    updated = run.completed_ms if ended else run.started_ms
    size = run.written * runs.BYTES_PER_ROW if ended else 0
    counts = {"recordCount": run.written, "failedRecordCount": run.lost, "completed": run.completed_ms} if ended else {}
    return {
        "imsOrg": ims.ORGANISATION,
        "created": run.started_ms,
        "createdClient": ims.CLIENT_ID,
        "createdUser": ims.USER,
        "updatedUser": ims.USER,
        "updated": updated,
        "externalId": run.batch_id,
        "status": STATUSES[run.status],
        "errors": [_error(each) for each in runs.errors(run)],
        "version": "1.0.2" if ended else "1.0.1",
        "started": run.started_ms,
        **counts,
        "size": size,
        "relatedObjects": [{"type": "dataSet", "id": run.dataset_id}, {"type": "batch", "id": run.batch_id}],
        "metrics": {"startTime": run.started_ms, "endTime": updated, "inputByteSize": run.read * runs.BYTES_PER_ROW},
        "inputFormat": {"format": "parquet"},
        "tags": {"flowId": [run.flow["id"]], "flowRunId": [run.slot.id]},  # inferred: by some tag a batch names its run
    }


def _error(error: Json) -> Json:
    last = error.get("recordCount", 0)
    rows = {"rows": ["1" if last == 1 else f"1-{last}"]} if last else {}
    return {"code": error["code"], **rows, "description": error["message"]}


def wanted(call: Call, body: Json) -> bool:
    """True for a batch that the query asks for."""
    for name, kind in (("dataSet", "dataSet"), ("batch", "batch")):
        given = call.one(name)
        if given is not None and {"type": kind, "id": given} not in body["relatedObjects"]:
            return False
    after, before = _moment(call, "createdAfter"), _moment(call, "createdBefore")
    return (after is None or body["created"] > after) and (before is None or body["created"] < before)


def _moment(call: Call, name: str) -> int | None:
    given = call.one(name)
    number = whole_number(given) if given is not None else None
    if given is not None and number is None:
        raise refusals.bad_request(f"The {name} must be a number of milliseconds.")  # inferred
    return number
