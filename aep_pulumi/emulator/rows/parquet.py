"""Parquet: writing rows to a file, and reading them back, with DuckDB, which is imported when it is first needed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from aep_pulumi.emulator.core import duck

Json = dict[str, Any]

READ_AT_ONCE = 2_000

_SIMPLE = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
_FORMATS = {"date": "DATE", "date-time": "TIMESTAMP"}


class ParquetError(Exception):
    """Rows cannot be written to a Parquet file, or read from one; the message says why."""


class ParquetFile:
    """A Parquet file under construction: rows are staged as JSON lines, whose size in memory is bounded.

    The file gets its name when it is complete and on disk, so that nobody ever sees a part of it.
    """

    def __init__(self, target: Path, schema: Json, scratch: Path) -> None:
        """Begin a file.

        Args:
            target: the path of the complete file.
            schema: the JSON Schema of the rows, whose properties are the columns.
            scratch: a folder on the same filesystem for incomplete files.
        """
        self._target, self._schema = target, schema
        self._staged, self._partial = scratch / f"{target.parent.name}.jsonl", scratch / f"{target.parent.name}.parquet"
        scratch.mkdir(parents=True, exist_ok=True)
        self._lines: IO[str] = self._staged.open("w", encoding="utf-8")

    def add(self, rows: Iterable[Json]) -> None:
        """Add rows, which must be valid."""
        self._lines.writelines(json.dumps(row) + "\n" for row in rows)

    def complete(self) -> int:
        """Write the file under its name. Returns its size in bytes."""
        self._lines.close()
        if not self._schema["properties"]:
            raise ParquetError("The rows have no column that the schema has.")
        columns = ", ".join(
            f"{duck.literal(name)}: {duck.literal(_type(node))}" for name, node in self._schema["properties"].items()
        )
        read = f"read_json({duck.literal(str(self._staged))}, format = 'newline_delimited', columns = {{{columns}}})"
        to = f"TO {duck.literal(str(self._partial))} (FORMAT parquet, COMPRESSION zstd, {duck.ROW_GROUPS})"
        with duck.cursor() as cursor:
            import duckdb  # noqa: PLC0415 - loaded by now

            try:
                cursor.execute(f"COPY (SELECT * FROM {read}) {to}")  # noqa: S608 - quoted above
            except duckdb.Error as error:
                reason = str(error).partition("\n")[0]
                raise ParquetError(f"The rows cannot be written as Parquet: {reason}") from None
        _fsync(self._partial)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._partial.replace(self._target)
        _fsync(self._target.parent)
        self._staged.unlink()
        return self._target.stat().st_size

    def discard(self) -> None:
        """Give up the file."""
        self._lines.close()
        self._staged.unlink(missing_ok=True)
        self._partial.unlink(missing_ok=True)


def rows_of(path: Path) -> Iterator[list[Json]]:
    """The rows of a Parquet file in chunks, as JSON values.

    Raises:
        ParquetError: the file cannot be read as Parquet.
    """
    import duckdb  # noqa: PLC0415 - see the module

    with duck.cursor() as cursor:
        try:
            found = cursor.execute("SELECT to_json(rows) FROM read_parquet(?) AS rows", [str(path)])
            while chunk := found.fetchmany(READ_AT_ONCE):
                yield [_without_nulls(json.loads(document)) for (document,) in chunk]
        except duckdb.Error as error:
            raise ParquetError(str(error).partition("\n")[0]) from None


def _type(node: Json) -> str:
    """DuckDB's type of a field."""
    kind = node.get("type")
    if node.get("properties"):
        return f"STRUCT({', '.join(f'{_name(name)} {_type(child)}' for name, child in node['properties'].items())})"
    if kind == "array" and "items" in node:
        return f"{_type(node['items'])}[]"
    if isinstance(node.get("additionalProperties"), dict):
        return f"MAP(VARCHAR, {_type(node['additionalProperties'])})"
    if kind == "string":
        return _FORMATS.get(node.get("format", ""), "VARCHAR")
    return _SIMPLE.get(str(kind), "JSON")


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _without_nulls(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """A value without the fields that are null: in a file, every row has every column."""
    if isinstance(node, list):
        return [_without_nulls(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: _without_nulls(value) for name, value in node.items() if value is not None}


def _fsync(path: Path) -> None:
    """Put a file, or the names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
