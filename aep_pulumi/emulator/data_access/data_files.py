"""Data files: the files of batches, whether a client has uploaded them or a dataflow run has written them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.batch_ingestion import uploads
from aep_pulumi.emulator.catalog.batches import BatchReader
from aep_pulumi.emulator.core import batch_files
from aep_pulumi.emulator.core.batch_files import DATA_FILE, ERRORS_FILE
from aep_pulumi.emulator.core.store import Objects
from aep_pulumi.emulator.flow_service.runs import Run

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
    run = None if uploaded else _run_of(objects, batch["id"])
    return uploaded if run is None or not (found := _written(objects, run)) else [found]


def find(objects: Objects, file_id: str) -> DataFile | None:
    """The file with an id, or None."""
    batch_id = file_id.rpartition("-")[0]
    if upload := uploads.find_by_id(objects, file_id):
        return _uploaded(objects, upload)
    run = _run_of(objects, batch_id)
    found = _written(objects, run) if run else None
    return found if found and found.id == file_id else None


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
