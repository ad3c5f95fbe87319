"""Batches: the data written by dataflow runs, as listed by Catalog."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.catalog import stored_batches
from aep_pulumi.emulator.catalog.listing import list_response, matches_filters, matches_tags
from aep_pulumi.emulator.core import batch_files, clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply, whole_number
from aep_pulumi.emulator.core.errors import PlatformError
from aep_pulumi.emulator.core.objects import DATASETS, DELETED_FLOWS, FLOWS, RUN_BATCHES, RUN_RESULTS, STREAMED_ROWS, Objects
from aep_pulumi.emulator.flow_service import run_inputs, run_record, runs
from aep_pulumi.emulator.flow_service.run_work import FAILED, MS, SUCCESS, batch_id_of
from aep_pulumi.emulator.flow_service.slots import RUN_RECORD, slots
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

STATUSES = {SUCCESS: "success", FAILED: "failed", runs.IN_PROGRESS: "processing", runs.ABORTED: "aborted"}


def list_all(call: Call) -> Reply:
    """Return a page of batches."""
    sizes = "size" in call.query or "size" in (call.query_value("orderBy") or "") or bool(call.query.get("property"))
    reader = BatchReader(call.objects)
    items = [(each["id"], each) for each in reader.all(call.query_value("dataSet"), with_files=sizes)]
    reader.check()
    reply = list_response(call, items, QUERY, partial(_matches_query, call))
    # The files of small runs are only written if somebody sees their size.
    reply = replace(reply, body={key: reader.with_size(key, body) for key, body in dict(reply.body).items()})  # type: ignore[call-overload]
    reader.check()
    return reply


def matching(call: Call) -> list[Json]:
    """All batches that match the query of a list."""
    return [
        each
        for each in all_batches(call.objects, call.query_value("dataSet"))
        if matches_filters(call, each, QUERY) and _matches_query(call, each)
    ]


def get(call: Call) -> Reply:
    """Return one batch, or several, separated by commas."""
    reader = BatchReader(call.objects)
    batches = {each: batch for each in call.ids["id"].split(",") if (batch := reader.find(each))}
    reader.check()
    if not batches:
        raise _not_found(call.ids["id"])
    return Reply(200, batches)


def existing(call: Call) -> Json:
    """The batch whose id is in the path."""
    reader = BatchReader(call.objects)
    batch = reader.find(call.ids["id"])
    reader.check()
    if batch is None:
        raise _not_found(call.ids["id"])
    return batch


def _not_found(batch_id: str) -> PlatformError:
    return errors.problem(404, f"The batch {batch_id} was not found.")  # inferred envelope


def all_batches(objects: Objects, dataset_id: str | None = None) -> list[Json]:
    """The batches of a sandbox or dataset: those of dataflow runs, then those stored by clients."""
    reader = BatchReader(objects)
    batches = list(reader.all(dataset_id, with_files=True))
    reader.check()
    return batches


class BatchReader:
    """Reads batches for one request."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._reader = runs.RunReader(objects)
        self._runs: dict[str, runs.Run] = {}
        self._datasets: dict[str, bool] = {}

    def check(self) -> None:
        """Have the runs executed whose batches were read, if they have to be. Raises Unfinished."""
        self._reader.check()

    def all(self, dataset_id: str | None, *, with_files: bool) -> Iterator[Json]:
        """All batches, or those of one dataset; the sizes of those of dataflow runs only if their files are needed."""
        stored = {each["id"]: each for each in self._objects.all(stored_batches.COLLECTION)}
        for each in self._of_runs(dataset_id, with_files=with_files):
            if each["id"] not in stored:
                yield each
        yield from (each for each in stored.values() if stored_batches.DELETED not in each)

    def find(self, batch_id: str) -> Json | None:
        """One batch, or None."""
        if batch := self._objects.find(stored_batches.COLLECTION, batch_id):
            return None if stored_batches.DELETED in batch else batch
        if archived := self._objects.global_settings.find(_archive_collection(self._objects), batch_id):
            return {"id": batch_id, **archived}
        run = self.run(batch_id)
        return _batch(run) if run and self._is_kept(run) else None

    def run(self, batch_id: str) -> runs.Run | None:
        """The run that has written a batch, or None."""
        indexed = self._objects.find(RUN_BATCHES, batch_id)
        for flow in self._flows([indexed["flow"]] if indexed else None):
            for slot in slots(flow):
                started_ms = int(run_record.started_at(flow, slot)) * MS
                if (indexed is None or slot.key == indexed["run"]) and batch_id_of(slot, started_ms) == batch_id:
                    return self._reader.run(flow, slot, with_files=True)
        return None

    def with_size(self, batch_id: str, body: Json) -> Json:
        """A batch of a list, with its size."""
        run = self._runs.get(batch_id)
        if run is None or "size" not in body or "writtenBytes" in run.result or not run.rows_written:
            return body
        return {**body, "size": self._reader.run(run.flow, run.slot, with_files=True).bytes_written}

    def _flows(self, ids: Sequence[str] | None) -> Iterator[Json]:
        for collection in (DELETED_FLOWS, FLOWS):
            if ids is None:
                yield from self._objects.all(collection)
            else:
                yield from (flow for each in ids if (flow := self._objects.find(collection, each)))

    def _of_runs(self, dataset_id: str | None, *, with_files: bool) -> Iterator[Json]:
        for each in self._objects.global_settings.all(_archive_collection(self._objects)):
            yield {"id": each["externalId"], **each}
        for flow in self._flows(None):
            if dataset_id and self._reader.dataset_of(flow) != dataset_id:
                continue
            for run in runs.of_flow(self._reader, flow, with_files=with_files):
                if run.status != runs.SCHEDULED and self._is_kept(run):
                    self._runs[run.batch_id] = run
                    yield _batch(run)

    def _is_kept(self, run: runs.Run) -> bool:
        """False if the batch has been deleted with its dataset."""
        if run.dataset_id not in self._datasets:
            self._datasets[run.dataset_id] = self._objects.find(DATASETS, run.dataset_id) is not None
        return run.has_batch and self._datasets[run.dataset_id]


# --- deletion -------------------------------------------------------------------------------------------------------


def archive(objects: Objects, flow: Json) -> None:
    """Keep a deleted flow, as its rows stay in the dataset. Aborts active runs (inferred)."""
    if not flow[RUN_RECORD]["periods"]:
        return
    run_inputs.keep(objects, flow)
    objects.add(DELETED_FLOWS, flow["id"], run_record.ended(flow, runs.RunReader(objects).dataset_of(flow)))


def delete_for_dataset(objects: Objects, dataset_id: str) -> None:
    """Delete the batches of a deleted dataset."""
    for each in objects.all(stored_batches.COLLECTION):
        if dataset_id in stored_batches.datasets_of(each):
            objects.remove(stored_batches.COLLECTION, each["id"])
            uploads.delete_of_batch(objects, each["id"])
    for each in objects.global_settings.all(_archive_collection(objects)):
        if {"type": "dataSet", "id": dataset_id} in each["relatedObjects"]:
            objects.global_settings.remove(_archive_collection(objects), each["externalId"])
            objects.clear_collection(STREAMED_ROWS + each["externalId"])
    for flow in objects.all(DELETED_FLOWS):
        if flow[RUN_RECORD]["dataset"] == dataset_id:
            objects.remove(DELETED_FLOWS, flow["id"])
            objects.clear_collection(RUN_RESULTS + flow["id"])
    if dataset_id:
        batch_files.delete(objects.sandbox, dataset_id)


def delete_archive(objects: Objects) -> None:
    """Delete all archived batches of a sandbox, and the files of all batches."""
    for each in objects.global_settings.all(_archive_collection(objects)):
        objects.global_settings.remove(_archive_collection(objects), each["externalId"])
    batch_files.delete(objects.sandbox)


def _archive_collection(objects: Objects) -> str:
    return f"batches of {objects.sandbox}"


# --- streamed rows --------------------------------------------------------------------------------------------------


def add_streamed_row(objects: Objects, batch_id: str, dataset_id: str, row: Json) -> None:
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
    counts = {"recordCount": batch["recordCount"] + 1, "size": batch["size"] + len(json.dumps(row))}
    objects.in_sandbox(objects.sandbox).add(STREAMED_ROWS + batch_id, str(counts["recordCount"]), row)
    objects.global_settings.put(archive, batch_id, {**batch, **counts, "updated": now, "completed": now})


# --- representation -------------------------------------------------------------------------------------------------


def _batch(run: runs.Run) -> Json:
    """The batch of a run."""
    updated = run.completed_ms if run.has_ended else run.started_ms
    counts: Json = {}
    if run.has_ended:
        counts = {"recordCount": run.rows_written, "failedRecordCount": run.rows_failed, "completed": run.completed_ms}
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
        "version": "1.0.2" if run.has_ended else "1.0.1",
        "started": run.started_ms,
        **counts,
        "size": run.bytes_written,
        "relatedObjects": [{"type": "dataSet", "id": run.dataset_id}, {"type": "batch", "id": run.batch_id}],
        "metrics": {"startTime": run.started_ms, "endTime": updated, "inputByteSize": int(run.result.get("readBytes", 0))},
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
