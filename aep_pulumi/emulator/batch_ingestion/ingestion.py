"""Ingestion: what happens to the files of a batch when a client completes it: rows are parsed, and validated."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.batch_ingestion.parquet import MAGIC
from aep_pulumi.emulator.batch_ingestion.records import JSON, PARQUET, Records, UnreadableFileError, records_of
from aep_pulumi.emulator.core import clock
from aep_pulumi.emulator.core.objects import DATASETS, INGESTIONS, Objects
from aep_pulumi.emulator.core.work import Unfinished, waits
from aep_pulumi.emulator.rows.xdm_schema import rows_schema, without_formats
from aep_pulumi.emulator.schema_registry.library import Library

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

# The most rows with errors of a batch that are kept for its diagnostics.
MAX_DIAGNOSED = 10_000


@dataclass(frozen=True)
class File:
    """An uploaded file, with its content."""

    path: str
    content: bytes


@dataclass(frozen=True)
class IngestionJob:
    """Parsing and validating the rows of a batch."""

    objects: Objects
    batch_id: str
    file_format: str
    multi_line: bool
    files: Sequence[File]
    schema: Json | None
    """The schema of the rows; None if the dataset does not exist any more."""

    @property
    def key(self) -> str:
        """The batch: a batch is only ingested once."""
        return f"ingestion/{self.objects.sandbox}/{self.batch_id}"

    def perform(self, is_cancelled: Callable[[], bool]) -> Json:
        """Parse and validate the rows. Returns their counts, and those with errors."""
        from aep_pulumi.emulator.rows.validation import RowValidator  # noqa: PLC0415 - only needed for rows

        # CSV is only supported as it is, without conversion or validation (Adobe's troubleshooting guide).
        schema = {JSON: self.schema, PARQUET: without_formats(self.schema or {})}.get(self.file_format)
        validator = RowValidator(schema) if schema else None
        rows = 0
        corrupt: list[Json] = []
        invalid: list[Json] = []
        unreadable: list[Json] = []
        for file in self.files:
            try:
                records = self._records(file)
            except UnreadableFileError as error:
                # inferred: the page names no code for unreadable files
                message = f"The file {file.path} cannot be read: {error}."
                unreadable.append({"code": "INGEST-1401-400", "description": message})
                continue
            rows += records.count
            wrong = [{"code": "1401", "message": CORRUPT}]
            corrupt += [{"_corrupt_record": row, "_errors": wrong, "_filename": file.path} for row in records.corrupt]
            invalid += [
                {**row, "_errors": [mistake._asdict()], "_filename": file.path}
                for row in records.rows
                if validator and (mistake := validator.mistake(row))
            ]
            if is_cancelled():
                break
        reasons: dict[tuple[str, str], int] = {}
        for each in invalid:
            reason = (each["_errors"][0]["code"], each["_errors"][0]["message"])
            reasons[reason] = reasons.get(reason, 0) + 1
        return {
            "rows": rows,
            "failed": len(corrupt) + len(invalid),
            "unreadable": unreadable,
            "reasons": [{"code": code, "description": text, "recordCount": count} for (code, text), count in reasons.items()],
            "corruptCount": len(corrupt),
            "corrupt": corrupt[:MAX_DIAGNOSED],
            "invalid": invalid[:MAX_DIAGNOSED],
        }

    def store(self, result: object) -> None:
        """Store the result."""
        assert isinstance(result, dict)  # noqa: S101 - made above
        self.objects.put(INGESTIONS, self.batch_id, result)

    def _records(self, file: File) -> Records:
        records = records_of(file.content, self.file_format, multi_line=self.multi_line)
        return records if self.file_format != PARQUET else Records(records.count, list(_parquet_rows(file.content)))


def file_rows(content: bytes, batch: Json) -> Iterator[Json]:
    """The rows of a data file of a batch: Parquet, or in the format of the batch."""
    file_format, multi_line = _input_format(batch)
    if content.startswith(MAGIC):
        yield from _parquet_rows(content)
    else:
        yield from records_of(content, file_format, multi_line=multi_line).rows


def _parquet_rows(content: bytes) -> Iterator[Json]:
    from aep_pulumi.emulator.rows import parquet  # noqa: PLC0415 - only needed for Parquet

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        path.write_bytes(content)
        try:
            for chunk in parquet.rows_of(path):
                yield from chunk
        except parquet.ParquetError as error:
            raise UnreadableFileError(str(error)) from None


def outcome(objects: Objects, batch: Json) -> Json:
    """The fields of a batch after its ingestion.

    Raises:
        Unfinished: its rows have to be parsed and validated first.
    """
    files = uploads.files_of(objects, batch["id"])
    found = objects.find(INGESTIONS, batch["id"])
    if found is None:
        job = _job(objects, batch, files)
        if waits():
            raise Unfinished([job])
        found = job.perform(lambda: False)
    rows, failed = found["rows"], found["failed"]
    percent = float(_tag(batch, TOLERATED_PERCENT) or 0)
    has_failed = bool(found["unreadable"]) or failed * 100 > percent * rows
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
        "errors": [*found["unreadable"], *_row_errors(batch, found, written)],
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


def diagnosed(objects: Objects, batch_id: str) -> tuple[list[Json], list[Json]]:
    """The rows of a batch that could not be parsed, and those that are not valid, as its diagnostics show them."""
    found = objects.find(INGESTIONS, batch_id) or {"corrupt": [], "invalid": []}
    return found["corrupt"], found["invalid"]


def _job(objects: Objects, batch: Json, files: Sequence[uploads.Upload]) -> IngestionJob:
    dataset_ids = [each["id"] for each in batch["relatedObjects"] if each.get("type") == "dataSet"]
    dataset = objects.find(DATASETS, dataset_ids[0]) if dataset_ids else None
    library = Library(objects)
    schema = library.schema(dataset["schemaRef"]["id"]) if dataset else None
    return IngestionJob(
        objects.in_sandbox(objects.sandbox),
        batch["id"],
        *_input_format(batch),
        [File(each.path, uploads.content_of(objects, each)) for each in files],
        rows_schema(library.fields(schema), library.required(schema)) if schema else None,
    )


def _input_format(batch: Json) -> tuple[str, bool]:
    """The format of a batch's files, and whether a JSON document may span lines."""
    given = batch.get("inputFormat", {})
    return str(given.get("format", PARQUET)).lower(), str(given.get("isMultiLineJson", "")).lower() == "true"


def _row_errors(batch: Json, found: Json, written: int) -> list[Json]:
    if not found["failed"]:
        return []
    if _tag(batch, DIAGNOSTICS) != "true":
        return [{"code": "INGEST-1211-400", "description": WITHOUT_DIAGNOSTICS}]
    corrupt = found["corruptCount"]
    return [
        {"code": "INGEST-1212-400", "description": SUMMARY.format(failed=found["failed"], written=written)},
        *([{"code": "INGEST-1401-400", "description": CORRUPT, "recordCount": corrupt}] if corrupt else []),
        *found["reasons"],
    ]


def _tag(batch: Json, name: str) -> str | None:
    values = batch.get("tags", {}).get(name)
    value = values[0] if isinstance(values, list) and values else values
    return None if value is None else str(value).lower()
