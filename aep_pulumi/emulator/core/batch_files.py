"""Batch files: the folders of the files that dataflow runs and uploads leave in the home folder, one per batch."""

from __future__ import annotations

import shutil
from pathlib import Path

from aep_pulumi.emulator.core import home

DATA_FILE, ERRORS_FILE = "part-00000.parquet", "row_errors.jsonl"
"""The files in the folder of a batch: the rows, and those that failed, with their errors."""

# Not a valid name of a sandbox.
_INCOMPLETE = ".incomplete"


def folder(sandbox: str, dataset_id: str, batch_id: str) -> Path:
    """The folder of a batch, which exists only if the batch has files."""
    return _all() / sandbox / dataset_id / batch_id


def incomplete() -> Path:
    """The folder of files that are being written."""
    return _all() / _INCOMPLETE


def delete(sandbox: str, *names: str) -> None:
    """Delete the files of a batch (dataset and batch), of a dataset, or of a sandbox."""
    shutil.rmtree(_all().joinpath(sandbox, *names), ignore_errors=True)


def delete_all() -> None:
    """Delete all files."""
    shutil.rmtree(_all(), ignore_errors=True)


def delete_incomplete() -> None:
    """Delete what a process that was killed has not completed."""
    shutil.rmtree(incomplete(), ignore_errors=True)


def _all() -> Path:
    return home.folder() / "batches"
