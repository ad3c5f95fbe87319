"""Run representation: runs as returned by Flow Service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.flow_service import schedules
from aep_pulumi.emulator.flow_service.run_work import FAILED, MS, SUCCESS
from aep_pulumi.emulator.flow_service.runs import IN_PROGRESS, SCHEDULED, Run, duration, errors_of
from aep_pulumi.emulator.flow_service.slots import derived_id
from aep_pulumi.emulator.ims import organisation
from aep_pulumi.emulator.sandboxes import sandboxes

Json = dict[str, Any]

EXPORT = "https://platform.adobe.io/data/foundation/export/batches"


def representation(objects: Objects, run: Run) -> Json:
    """A run as returned by Flow Service."""
    return {**summary(run), **_sandbox(objects), "metrics": _metrics(run), "activities": _activities(run), **run.update}


def selectable(objects: Objects, names: frozenset[str]) -> Callable[[Run], Json]:
    """A function that returns at least these fields of a run: a year of runs is too many to build all fields of each."""
    constant = _sandbox(objects)
    parts = [part for name, part in (("metrics", _metrics), ("activities", _activities)) if name in names]
    fields = [part.__name__.removeprefix("_") for part in parts]
    return lambda run: {**summary(run), **constant} | dict(zip(fields, (part(run) for part in parts), strict=True)) | run.update


def summary(run: Run) -> Json:
    """The fields of a run that do not depend on its result, except for the etag."""
    created = run.slot.due * MS
    updated = run.completed_ms if run.has_ended else min(clock.now_ms(), run.started_ms)
    return {
        "id": run.slot.id,
        "createdAt": created,
        "updatedAt": max(created, updated),
        "createdBy": run.flow["createdBy"],
        "updatedBy": run.flow["updatedBy"],
        "createdClient": run.flow["createdClient"],
        "updatedClient": run.flow["updatedClient"],
        "flowId": run.flow["id"],
        "flowSpec": run.flow["flowSpec"],
        "providerRefId": run.flow["flowSpec"]["id"],
        "etag": etag(run),
    }


def _sandbox(objects: Objects) -> Json:
    return {
        "sandboxId": sandboxes.current(objects)["id"],
        "sandboxName": objects.sandbox,
        "imsOrgId": organisation.ID,
    }


def etag(run: Run) -> str:
    """The etag of a run, which changes with its status, and with an update."""
    if "etag" in run.update:
        return str(run.update["etag"])
    digest = hashlib.sha256(f"{run.slot.id}/{run.started_ms}/{run.status}".encode()).hexdigest()
    return f'"{digest[:8]}-0000-0200-0000-{digest[8:20]}"'


def _metrics(run: Run) -> Json:
    if not run.has_ended:
        return {"durationSummary": duration(run), "statusSummary": {"status": run.status}}
    status: Json = {"status": run.status}
    if errors := _status_errors(run):
        status |= {"errors": errors, "activityRefs": ["promotionActivity"]}
    return {
        "durationSummary": duration(run),
        "sizeSummary": _size_summary(run),
        "recordSummary": _record_summary(run),
        "fileSummary": {
            "inputFileCount": _input_files(run),
            "outputFileCount": int(run.rows_written > 0),
            "activityRefs": ["promotionActivity"],
        },
        "statusSummary": status,
    }


def _status_errors(run: Run) -> list[Json]:
    """The errors of a run as a whole; the promotion activity has the details."""
    errors = run.result.get("errors", [])
    if not errors:
        return []
    if run.status == FAILED:
        return [{"code": errors[0]["code"], "message": errors[0]["message"]}]
    # As in Adobe's sample of a partial success, the run refers to the activity for details.
    return [{"code": "CONNECTOR-2001-500", "message": "Error occurred at promotion activity."}]


def _size_summary(run: Run) -> Json:
    return {"inputBytes": run.result["readBytes"], "outputBytes": run.bytes_written}


def _record_summary(run: Run) -> Json:
    failed = {"failedRecordCount": run.rows_failed} if run.rows_failed else {}
    return {"inputRecordCount": run.rows_read, "outputRecordCount": run.rows_written, **failed}


def _input_files(run: Run) -> int:
    """The number of files that the copy activity has made of the rows of the source."""
    return int(run.rows_read > 0)


def _activities(run: Run) -> list[Json]:
    if run.status == SCHEDULED:
        return []
    return [_copy_activity(run)] if run.status == IN_PROGRESS else [_copy_activity(run), _promotion_activity(run)]


def _copy_activity(run: Run) -> Json:
    """The copy activity (first half of the run): reads rows from the source. Its counts are known when the run has ended."""
    frequency = schedules.normalized(run.flow["scheduleParams"])["frequency"]
    window = {"extensions": run.slot.window} if run.slot.window else {}
    ended: Json = {}
    counts: Json = {"sizeSummary": {}, "recordSummary": {}, "fileSummary": {}}
    if run.has_ended:
        ended = {"completedAtUTC": _midpoint(run)}
        size, files = run.result["readBytes"], _input_files(run)
        counts["sizeSummary"] = {"inputBytes": size, "outputBytes": size}
        counts["fileSummary"] = {"inputFileCount": files, "outputFileCount": files}
    return {
        "id": "copyActivity",
        "name": "Copy Activity",
        "updatedAtUTC": ended.get("completedAtUTC", run.started_ms),
        "durationSummary": {"startedAtUTC": run.started_ms, **ended, **window},
        **counts,
        "statusSummary": {
            "status": SUCCESS if ended else IN_PROGRESS,
            "extensions": {"type": "one-time" if frequency == "once" else "scheduled"},
        },
        "sourceInfo": [
            {
                "id": run.flow["sourceConnectionIds"][0],
                "type": "SourceConnection",
                "reference": {"type": "AdfRunId", "ids": [derived_id(run.flow, f"copy/{run.slot.id}")]},
            }
        ],
    }


def _promotion_activity(run: Run) -> Json:
    """The promotion activity (second half of the run): writes rows to the dataset, as a batch if there are any."""
    batches = [run.batch_id] if run.has_batch else []
    info = f"{EXPORT}/{run.batch_id}/meta?path=input_files"
    manifest = {"extensions": {"manifest": {"fileInfo": info}}} if batches else {}
    return {
        "id": "promotionActivity",
        "name": "Promotion Activity",
        "updatedAtUTC": run.completed_ms,
        "durationSummary": {"startedAtUTC": _midpoint(run), "completedAtUTC": run.completed_ms},
        "sizeSummary": _size_summary(run),
        "recordSummary": _record_summary(run),
        "fileSummary": {"inputFileCount": _input_files(run), "outputFileCount": int(run.rows_written > 0), **manifest},
        "statusSummary": _promotion_status(run),
        "targetInfo": [
            {
                "id": run.flow["targetConnectionIds"][0],
                "type": "TargetConnection",
                "reference": {"type": "Batch", "ids": batches},
            }
        ],
    }


def _promotion_status(run: Run) -> Json:
    if not (errors := _status_errors(run)):
        return {"status": run.status}
    extensions: Json = {"errors": errors_of(run)}
    if run.flow.get("options", {}).get("errorDiagnosticsEnabled"):
        meta = f"{EXPORT}/{run.batch_id}/meta?path="
        extensions["manifest"] = {"failedRecords": f"{meta}row_errors", "sampleErrors": f"{meta}row_error_samples.json"}
    return {"status": run.status, "errors": errors, "extensions": extensions}


def _midpoint(run: Run) -> int:
    return (run.started_ms + run.completed_ms) // 2
