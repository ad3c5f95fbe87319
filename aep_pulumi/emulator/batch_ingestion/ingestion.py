"""Ingestion: what happens to the files of a batch when a client completes it."""

from __future__ import annotations

from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.batch_ingestion.records import PARQUET, Records, UnreadableFileError, records_of
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.store import Objects

Json = dict[str, Any]

DIAGNOSTICS, TOLERATED_PERCENT = "acp_enableErrorDiagnostics", "acp_partialIngestionPercent"

# Adobe's page on error diagnostics has these codes and texts.
CORRUPT = "The row has corrupted data and cannot be read or parsed. Fix the corrupted data and try again."
SUMMARY = (
    "Encountered {failed} errors in the data. Successfully ingested {written} rows. "
    "Please review the associated diagnostic files for more details."
)
WITHOUT_DIAGNOSTICS = (
    "Encountered errors while parsing, converting or otherwise validating the data. Please resend the data "
    "with error diagnostics enabled to collect additional information on failure types"
)


def records_in(objects: Objects, batch: Json, upload: uploads.Upload) -> Records:
    """The records of one file of a batch. Raises UnreadableFileError if the file is not of the batch's format."""
    input_format = batch.get("inputFormat", {})
    return records_of(
        uploads.content_of(objects, upload),
        str(input_format.get("format", PARQUET)).lower(),
        multi_line=str(input_format.get("isMultiLineJson", "")).lower() == "true",
    )


def outcome(objects: Objects, batch: Json) -> Json:
    """The fields of a batch after its ingestion."""
    files = uploads.files_of(objects, batch["id"])
    read: list[Records] = []
    unreadable: list[Json] = []
    for upload in files:
        try:
            read.append(records_in(objects, batch, upload))
        except UnreadableFileError as error:
            # inferred: the page names no code for unreadable files
            unreadable.append({"code": "INGEST-1401-400", "description": f"The file {upload.path} cannot be read: {error}."})
    rows, failed = sum(each.count for each in read), sum(len(each.corrupt) for each in read)
    percent = float(_tag(batch, TOLERATED_PERCENT) or 0)
    has_failed = bool(unreadable) or failed * 100 > percent * rows
    written = 0 if has_failed else rows - failed
    now = clock.now_ms()
    size = sum(each.size for each in files)
    return {
        "status": "failed" if has_failed else "success",
        "started": now,
        "completed": now,
        "recordCount": written,
        "failedRecordCount": rows - written,
        "size": size,
        "errors": [*unreadable, *_row_errors(batch, failed, written)],
        "metrics": {
            "startTime": now,
            "endTime": now,
            "inputByteSize": size,
            "inputFileCount": len(files),
            "inputRecordCount": rows,
            "outputRecordCount": written,
            "failedRecordCount": rows - written,
        },
    }


def _row_errors(batch: Json, failed: int, written: int) -> list[Json]:
    if not failed:
        return []
    if _tag(batch, DIAGNOSTICS) != "true":
        return [{"code": "INGEST-1211-400", "description": WITHOUT_DIAGNOSTICS}]
    return [
        {"code": "INGEST-1212-400", "description": SUMMARY.format(failed=failed, written=written)},
        {"code": "INGEST-1401-400", "description": CORRUPT, "recordCount": failed},
    ]


def _tag(batch: Json, name: str) -> str | None:
    values = batch.get("tags", {}).get(name)
    value = values[0] if isinstance(values, list) and values else values
    return None if value is None else str(value).lower()
