"""Records: the rows of uploaded files, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from aep_pulumi.emulator.batch_ingestion import parquet
from aep_pulumi.emulator.core.calls import read_json

Json = dict[str, Any]

JSON, PARQUET, CSV = "json", "parquet", "csv"
FORMATS = {JSON, PARQUET, CSV, "delimited"}


@dataclass(frozen=True)
class CsvDialect:
    """How a CSV file separates and quotes its values."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = "\\"
    charset: str = "utf-8"
    header: bool = True


@dataclass(frozen=True)
class Records:
    """The rows of a file; those of a Parquet file are only counted here."""

    count: int
    rows: list[Json] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    """The rows that cannot be parsed, as they are in the file."""


class UnreadableFileError(Exception):
    """The whole file cannot be read; the message gives the reason."""


def records_of(content: bytes, file_format: str, *, multi_line: bool = False, dialect: CsvDialect | None = None) -> Records:
    """The records of a file.

    Raises:
        UnreadableFileError: the file is not of this format.
    """
    if file_format == PARQUET:
        try:
            return Records(parquet.row_count(content))
        except ValueError as error:
            raise UnreadableFileError(str(error)) from None
    dialect = dialect or CsvDialect()
    try:
        text = content.decode(dialect.charset)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableFileError(str(error)) from None
    if file_format != JSON:
        return _counted(_csv_rows(text, dialect))
    return _counted(_documents(text)) if multi_line else _counted(_lines(text))


def _counted(rows: Iterable[Json | str]) -> Records:
    listed = list(rows)
    good, corrupt = ([each for each in listed if isinstance(each, kind)] for kind in (dict, str))
    return Records(len(listed), good, corrupt)  # type: ignore[arg-type]  # selected by type


def _lines(text: str) -> Iterator[Json | str]:
    """JSON Lines: one record per line."""
    for line in text.splitlines():
        if line.strip():
            yield _record(line)


def _record(line: str) -> Json | str:
    try:
        parsed = read_json(line.encode())
    except ValueError:
        return line
    return parsed if isinstance(parsed, dict) else line


def _documents(text: str) -> Iterator[Json | str]:
    """Multi-line JSON: one record, or an array of records."""
    try:
        parsed = read_json(text.encode())
    except ValueError as error:
        raise UnreadableFileError(str(error)) from None
    for each in parsed if isinstance(parsed, list) else [parsed]:
        yield each if isinstance(each, dict) else json.dumps(each)


def _csv_rows(text: str, dialect: CsvDialect) -> Iterator[Json | str]:
    reader = csv.reader(
        io.StringIO(text), delimiter=dialect.delimiter, quotechar=dialect.quote or None, escapechar=dialect.escape or None
    )
    names: list[str] | None = None
    try:
        for values in reader:
            if names is None:
                names = values if dialect.header else [f"_c{place}" for place in range(len(values))]
                if dialect.header:
                    continue
            if values:
                yield dict(zip(names, values, strict=True)) if len(values) == len(names) else dialect.delimiter.join(values)
    except csv.Error as error:
        raise UnreadableFileError(str(error)) from None


def flattened(record: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values of a record with the paths of their fields, as the preview of a batch names them."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}/")
        else:
            yield prefix + name, value if isinstance(value, str) else json.dumps(value)
