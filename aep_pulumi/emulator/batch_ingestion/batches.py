"""Batches: creating them, and completing, aborting, failing or reverting them."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.batch_ingestion import ingestion, uploads
from aep_pulumi.emulator.batch_ingestion.records import FORMATS
from aep_pulumi.emulator.catalog import batches, stored_batches
from aep_pulumi.emulator.catalog.json_schemas import TAGS
from aep_pulumi.emulator.core import clock, errors
from aep_pulumi.emulator.core.calls import Call, Reply
from aep_pulumi.emulator.core.json_schema import ANYTHING, BOOLEAN, NAME, TEXT, JsonSchema, closed, list_of
from aep_pulumi.emulator.core.objects import DATASETS

Json = dict[str, Any]

LOADING = "loading"

BATCH = JsonSchema(
    closed(
        ("datasetId", "inputFormat"),
        datasetId=NAME,
        inputFormat={
            **closed(
                ("format",),
                format=NAME,
                isMultiLineJson=ANYTHING,
                delimiter=TEXT,
                quote=TEXT,
                escape=TEXT,
                charset=TEXT,
                header=ANYTHING,
            ),
        },
        externalId=NAME,
        replay=closed(
            (),
            reason=TEXT,
            predecessors=list_of(NAME),
            predecessorsByExternalId=list_of(NAME),
        ),
        tags=TAGS,
        enableErrorDiagnostics=BOOLEAN,
        partialIngestionPercent={"type": "number", "minimum": 0, "maximum": 100},
    )
)

# After these, a batch does not change any more; a revert takes back what was ingested.
ENDED = {"ABORT": "aborted", "FAIL": "failed", "REVERT": "inactive"}


def create(call: Call) -> Reply:
    """Create a batch, which clients then upload files to."""
    desired = errors.validated(BATCH, call.json(errors.bad_request))
    if call.objects.find(DATASETS, desired["datasetId"]) is None:
        raise errors.bad_request(f"The dataset {desired['datasetId']} does not exist.")  # inferred
    if desired["inputFormat"]["format"].lower() not in FORMATS:
        raise errors.bad_request(f"The format {desired['inputFormat']['format']} is not supported.")
    batch_id = stored_batches.new_id()
    tags = {**desired.get("tags", {}), **_options(desired)}
    related = [{"type": "batch", "id": batch_id}, {"type": "dataSet", "id": desired["datasetId"]}]
    optional: Json = {name: desired[name] for name in ("externalId", "replay") if name in desired}
    input_format = {**desired["inputFormat"], "format": desired["inputFormat"]["format"].lower()}
    fields: Json = {"status": LOADING, "relatedObjects": related, "tags": tags, "inputFormat": input_format, **optional}
    return Reply(201, stored_batches.create(call, batch_id, fields))


def _options(desired: Json) -> Json:
    """The tags by which a batch keeps the options of its ingestion."""
    options = {
        ingestion.DIAGNOSTICS: desired.get("enableErrorDiagnostics"),
        ingestion.TOLERATED_PERCENT: desired.get("partialIngestionPercent"),
    }
    return {name: [str(value).lower()] for name, value in options.items() if value is not None}


def act(call: Call) -> Reply:
    """Complete, abort, fail or revert a batch."""
    batch, action = batches.existing(call), (call.query_value("action") or "").upper()
    if action == "COMPLETE":
        return Reply(200, _completed(call, batch))
    if action not in ENDED:
        raise errors.bad_request("The action must be COMPLETE, ABORT, FAIL or REVERT.")
    if action != "REVERT":
        check_loading(batch)
    if action == "REVERT":
        uploads.delete_of_batch(call.objects, batch["id"])
    fields = {"status": ENDED[action], "completed": clock.now_ms()}
    return Reply(200, stored_batches.change(call, batch, fields))


def check_loading(batch: Json) -> None:
    """Reject a change of a batch that no longer takes files (inferred)."""
    if batch["status"] != LOADING:
        raise errors.bad_request(f"The batch {batch['id']} is not loading any more: its status is {batch['status']}.")


def _completed(call: Call, batch: Json) -> Json:
    check_loading(batch)
    if unfinished := [each.path for each in uploads.files_of(call.objects, batch["id"], incomplete=True) if not each.is_complete]:
        raise errors.bad_request(f"The upload of the file {unfinished[0]} is not complete.")  # inferred
    completed = stored_batches.change(call, batch, ingestion.outcome(call.objects, batch))
    if completed["status"] == "success":
        _replace_predecessors(call, completed)
    return completed


def _replace_predecessors(call: Call, batch: Json) -> None:
    """Make the batches inactive that this one replays."""
    replay = batch.get("replay") or {}
    ids = {each.removeprefix("$") for each in replay.get("predecessors", [])}
    external_ids = {each.removeprefix("$") for each in replay.get("predecessorsByExternalId", [])}
    for each in list(batches.all_batches(call.objects)) if ids or external_ids else ():
        if each["id"] != batch["id"] and (each["id"] in ids or each["externalId"] in external_ids):
            stored_batches.change(call, each, {"status": "inactive"})
