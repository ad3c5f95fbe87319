"""Copy run: one run of a dataflow, from the rows of its source to the files of a batch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any, Protocol, Self

from aep_pulumi.emulator.core.batch_files import DATA_FILE, ERRORS_FILE
from aep_pulumi.emulator.rows.filters import FilterError
from aep_pulumi.emulator.rows.parquet import ParquetError, ParquetFile
from aep_pulumi.emulator.rows.transformation import MAPPER_CODE, MAPPER_MESSAGE, Failure, Transformation, Transformed, size_of

Json = dict[str, Any]

# The most different reasons in the errors of a run; the diagnostics have all.
MAX_REASONS = 20

# Files this small are cheap to map again: whoever only counts rows does not write them.
SMALL = 100


class Source(Protocol):
    """Where a run reads: a table, or files."""

    @property
    def name(self) -> str:
        """The table's name, or the path of the files."""

    def rows(self) -> Iterator[list[Json]]:
        """The rows of the run's window, in chunks."""


@dataclass(frozen=True)
class Order:
    """What to do in one run."""

    source: Source
    transformation: Callable[[], Transformation]
    """Compiles it, or returns the one already compiled."""

    schema: Json
    folder: Path
    """The folder of the batch."""

    scratch: Path
    started: float = 0.0
    """When the run starts, in seconds since the epoch."""

    percent: float | None = None
    """The share of rows that may fail; None for all but the last."""

    has_diagnostics: bool = False
    failure: Json | None = None
    """A failure that somebody wants to see: a code, a message, and the number of rows that fail; by default all."""

    must_write: bool = True
    """False if only the counts matter now; the file of a small run is then left out."""


class Cancelled(Exception):  # noqa: N818 - not an error
    """The run is not needed any more."""


@dataclass
class _Counts:
    rows: int = 0
    """The rows in the window, before any filter."""
    read: int = 0
    bytes_read: int = 0
    failed: int = 0
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, failures: Sequence[Failure]) -> None:
        """Count a row that failed."""
        self.failed += 1
        for code, column, message in failures[:1]:
            # As in Adobe's sample, whose message ends here.
            reason = (code, f"{MAPPER_MESSAGE}: {column}: {message}" if code == MAPPER_CODE and column else message)
            if reason in self.reasons or len(self.reasons) < MAX_REASONS:
                self.reasons[reason] = self.reasons.get(reason, 0) + 1


def performed(order: Order, is_cancelled: Callable[[], bool]) -> Json:
    """Perform one run. Returns its result: the counts, the errors and the size of the file.

    Raises:
        Cancelled: it was cancelled meanwhile, and has left nothing behind.
    """
    try:
        transformation = order.transformation()
    except FilterError as error:
        # inferred: how a source reports what it cannot evaluate
        return failed("CONNECTOR-2001-500", str(error))
    transformation.started = order.started
    counts = _Counts()
    chunks = order.source.rows()
    first = next(chunks, [])
    # Chunks are larger than a small run.
    will_write = order.must_write or len(first) > SMALL
    with _Output(order, will_write=will_write) as output:
        for chunk in chain([first], chunks):
            if is_cancelled():
                raise Cancelled
            counts.rows += len(chunk)
            good, bad = _sorted(transformation.of(chunk), counts, order.failure)
            output.add(good, bad)
        written = counts.read - counts.failed
        if order.percent is not None and counts.failed * 100 > order.percent * counts.read:
            written = 0
        try:
            size = output.complete() if written and will_write else None
        except ParquetError as error:
            # inferred: the code is not documented
            return {**failed("INGEST-1503-500", str(error)), "rows": counts.rows, "read": counts.read, "failed": counts.read}
    if order.failure and not counts.failed:
        # A run that reads no rows can be made to fail, too.
        counts.reasons[order.failure["code"], order.failure["message"]] = 0
    result: Json = {
        "rows": counts.rows,
        "read": counts.read,
        "readBytes": counts.bytes_read,
        "written": written,
        "failed": counts.read - written,
        "wrong": counts.failed,
        "errors": [
            {"code": code, "recordCount": number, "message": message} for (code, message), number in counts.reasons.items()
        ],
    }
    if written == 0:
        size = 0
    return result if size is None else {**result, "writtenBytes": size}


def failed(code: str, message: str) -> Json:
    """The result of a run that has read nothing."""
    errors = [{"code": code, "message": message}]
    return {"rows": 0, "read": 0, "readBytes": 0, "written": 0, "failed": 0, "wrong": 0, "errors": errors, "writtenBytes": 0}


def _sorted(rows: Iterator[Transformed], counts: _Counts, failure: Json | None) -> tuple[list[Json], list[Transformed]]:
    """The rows to write, and those with errors."""
    good: list[Json] = []
    bad: list[Transformed] = []
    for each in rows:
        counts.read += 1
        counts.bytes_read += size_of(each.source)
        row = each
        if failure and not row.failures and counts.failed < failure.get("failed_rows", counts.read):
            row = row._replace(failures=[Failure(failure["code"], "", failure["message"])])
        if row.failures:
            counts.add(row.failures)
        else:
            good.append(row.data)
        if row.failures or row.notes:
            bad.append(row)
    return good, bad


class _Output:
    """The files of a batch: the rows, and what is wrong with those that failed."""

    def __init__(self, order: Order, *, will_write: bool) -> None:
        self._order = order
        self._file = ParquetFile(order.folder / DATA_FILE, order.schema, order.scratch) if will_write else None
        self._errors: IO[str] | None = None
        self._is_complete = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._errors:
            self._errors.close()
            partial = Path(self._errors.name)
            if kind is None:
                self._order.folder.mkdir(parents=True, exist_ok=True)
                partial.replace(self._order.folder / ERRORS_FILE)
            else:
                partial.unlink()
        if self._file and not self._is_complete:
            self._file.discard()

    def add(self, good: Sequence[Json], bad: Sequence[Transformed]) -> None:
        """Add rows."""
        if self._file:
            self._file.add(good)
        if bad and self._order.has_diagnostics:
            lines = self._errors = self._errors or self._open_errors()
            lines.writelines(json.dumps(_diagnosed(each, self._order.source.name)) + "\n" for each in bad)

    def complete(self) -> int | None:
        """Write the rows under their name. Returns the size in bytes."""
        size = self._file.complete() if self._file else None
        self._is_complete = True
        return size

    def _open_errors(self) -> IO[str]:
        self._order.scratch.mkdir(parents=True, exist_ok=True)
        return (self._order.scratch / f"{self._order.folder.name}.errors").open("w", encoding="utf-8")


def _diagnosed(row: Transformed, file: str) -> Json:
    """A row that failed, as in Adobe's page on error diagnostics: its columns, and its errors."""
    errors = [{"code": code, "column": column, "message": message} for code, column, message in row.failures or row.notes]
    return {**row.source, "_errors": errors, "_filename": file}
