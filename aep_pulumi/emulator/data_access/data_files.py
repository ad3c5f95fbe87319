"""Data files: the files of batches, whether a client has uploaded them or a dataflow run has written them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.batch_ingestion.ingestion import file_rows
from aep_pulumi.emulator.catalog import stored_batches
from aep_pulumi.emulator.catalog.batches import BatchReader, all_batches
from aep_pulumi.emulator.core import batch_files
from aep_pulumi.emulator.core.batch_files import DATA_FILE, ERRORS_FILE
from aep_pulumi.emulator.core.objects import DATASETS, STREAMED_ROWS, Objects
from aep_pulumi.emulator.flow_service.runs import Run
from aep_pulumi.emulator.rows.xdm_schema import narrowed, paths_of, rows_schema
from aep_pulumi.emulator.schema_registry.library import Library

Json = dict[str, Any]


@dataclass(frozen=True)
class DataFile:
    """A file of a batch."""

    id: str
    """Its id, which begins with that of its batch."""

    dataset_id: str
    path: str
    created: int
    is_valid: bool
    size: int
    content: Callable[[], bytes]
    """Reads it."""


def of_batch(objects: Objects, batch: Json) -> list[DataFile]:
    """The files of a batch."""
    uploaded = [_uploaded(objects, each) for each in uploads.files_of(objects, batch["id"])]
    made = None if uploaded else _made(objects, batch["id"])
    return [made] if made else uploaded


def rows_of(objects: Objects, dataset_id: str) -> Iterator[Json]:
    """The rows of a dataset, batch by batch."""
    for batch in all_batches(objects, dataset_id):
        for file in of_batch(objects, batch) if batch["status"] == "success" else ():
            if file.dataset_id == dataset_id and file.is_valid:
                yield from file_rows(file.content(), batch)


def find(objects: Objects, file_id: str) -> DataFile | None:
    """The file with an id, or None."""
    batch_id = file_id.rpartition("-")[0]
    if upload := uploads.find_by_id(objects, file_id):
        return _uploaded(objects, upload)
    found = _made(objects, batch_id)
    return found if found and found.id == file_id else None


def _made(objects: Objects, batch_id: str) -> DataFile | None:
    """The file of a batch that no client has uploaded."""
    run = _run_of(objects, batch_id)
    return _written(objects, run) if run else _streamed(objects, batch_id)


def _streamed(objects: Objects, batch_id: str) -> DataFile | None:
    """The file of a batch of streamed rows, which is made when it is read."""
    batch = BatchReader(objects).find(batch_id)
    rows = objects.all(STREAMED_ROWS + batch_id) if batch and batch["status"] == "success" else []
    if not batch or not rows:
        return None
    (dataset_id,) = stored_batches.datasets_of(batch)
    content = _as_parquet(objects, dataset_id, rows)
    if not content:
        return None
    return DataFile(
        f"{batch_id}-1", dataset_id, DATA_FILE, batch["created"], is_valid=True, size=len(content), content=lambda: content
    )


def _as_parquet(objects: Objects, dataset_id: str, rows: Sequence[Json]) -> bytes:
    """A Parquet file of rows; empty if they have no field of the schema."""
    from aep_pulumi.emulator.rows.parquet import ParquetFile  # noqa: PLC0415 - only needed for rows

    library, dataset = Library(objects), objects.find(DATASETS, dataset_id) or {}
    schema = library.schema(dataset["schemaRef"]["id"]) or {}
    columns = narrowed(rows_schema(library.fields(schema)), [path for row in rows for path in paths_of(row)])
    if not columns["properties"]:
        return b""
    with tempfile.TemporaryDirectory() as folder:
        file = ParquetFile(Path(folder) / "rows" / DATA_FILE, columns, Path(folder))
        file.add(rows)
        file.complete()
        return (Path(folder) / "rows" / DATA_FILE).read_bytes()


def diagnosed_rows(objects: Objects, batch_id: str) -> bytes:
    """The rows of a dataflow run that have failed, as JSON lines; empty if it kept none."""
    run = _run_of(objects, batch_id)
    path = _folder(objects, run) / ERRORS_FILE if run and run.has_ended else None
    return path.read_bytes() if path and path.exists() else b""


def input_paths(objects: Objects, batch: Json) -> Iterator[str]:
    """What a batch has been made of: the uploaded files, or the source of the dataflow run."""
    for upload in uploads.files_of(objects, batch["id"]):
        yield upload.path
    run = _run_of(objects, batch["id"])
    if run and run.has_ended and run.rows_read:
        yield str(run.result["source"])


def catalog_entry(file: DataFile, batch: Json) -> Json:
    """A file of a batch as listed by Catalog."""
    return {
        "id": file.id,
        "batchId": batch["id"],
        "dataSetViewId": file.dataset_id[::-1],
        "imsOrg": batch["imsOrg"],
        "createdClient": batch["createdClient"],
        "createdUser": batch["createdUser"],
        "updatedUser": batch["updatedUser"],
        "isValid": file.is_valid,
        "version": "1.0.0",
        "created": file.created,
        "updated": file.created,
    }


def _uploaded(objects: Objects, upload: uploads.Upload) -> DataFile:
    read = partial(uploads.content_of, objects, upload)
    return DataFile(upload.id, upload.dataset_id, upload.path, upload.created, upload.is_complete, upload.size, read)


def _written(objects: Objects, run: Run) -> DataFile | None:
    path = _folder(objects, run) / DATA_FILE
    if not run.has_ended or not run.rows_written or not path.exists():
        return None
    return DataFile(
        f"{run.batch_id}-1",
        run.dataset_id,
        DATA_FILE,
        run.completed_ms,
        is_valid=True,
        size=run.bytes_written,
        content=path.read_bytes,
    )


def _folder(objects: Objects, run: Run) -> Path:
    return batch_files.folder(objects.sandbox, run.dataset_id, run.batch_id)


def _run_of(objects: Objects, batch_id: str) -> Run | None:
    """The run that has written a batch, unless the batch has been deleted, or taken back by a revert."""
    reader = BatchReader(objects)
    batch, run = reader.find(batch_id), reader.run(batch_id)
    reader.check()
    return run if batch and batch["status"] != "inactive" else None
