"""Transformation: what a dataflow does to each row: filter, columns, mapping, validation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from aep_pulumi.emulator.data_prep.mapper import Mapper
from aep_pulumi.emulator.rows import filters
from aep_pulumi.emulator.rows.validation import RowValidator

Json = dict[str, Any]

MAPPER_CODE, MAPPER_MESSAGE = "MAPPER-3700-400", "Mapper Transform Error"


class Failure(NamedTuple):
    """What is wrong with a row, as in the diagnostics."""

    code: str
    column: str
    message: str


class Transformed(NamedTuple):
    """One row that the source has returned."""

    source: Json
    data: Json
    """The row in its XDM shape."""
    failures: list[Failure]
    """Why the row is not ingested; empty if it is."""
    notes: list[Failure]
    """The mappings that failed in a row that is ingested: their fields have no value, as Adobe documents it."""


class Transformation:
    """The compiled filter, columns, mapping and schema of a dataflow."""

    def __init__(self, inputs: Json) -> None:
        """Compile them.

        Args:
            inputs: as `flow_service.run_inputs` makes them.

        Raises:
            FilterError: the source does not support the filter.
        """
        given = inputs.get("filter")
        self._test = filters.compiled(given) if given else None
        self._columns: list[str] | None = inputs.get("columns")
        schema, mapping = inputs["schema"], inputs.get("mapping")
        self.started = 0.0
        """The time of the run, which the functions `now` and `timestamp` return, in seconds since the epoch."""

        self._mapper = Mapper(mapping, schema["properties"], lambda: self.started) if mapping else None
        self._validator = RowValidator(schema)

    def of(self, rows: list[Json]) -> Iterator[Transformed]:
        """The rows of a chunk that pass the filter."""
        test, columns = self._test, self._columns
        for row in rows:
            if test is not None and test(row) is not True:
                continue
            source = row if columns is None else {name: row.get(name) for name in columns}
            yield self._transformed(source)

    def _transformed(self, source: Json) -> Transformed:
        if self._mapper is None:
            data, notes, is_lost = without_nulls(source), [], False
        else:
            mapped, errors, is_lost = self._mapper.ingested(source)
            data, notes = without_nulls(mapped), [Failure(MAPPER_CODE, each["destination"], each["exception"]) for each in errors]
        if is_lost:
            return Transformed(source, data, notes, [])
        mistake = self._validator.mistake(data)
        return Transformed(source, data, [*notes, Failure(*mistake)], []) if mistake else Transformed(source, data, [], notes)


def without_nulls(row: Json) -> Json:
    """A row without the fields that are null, which Parquet cannot distinguish from absent ones."""
    return {name: without_nulls(value) if isinstance(value, dict) else value for name, value in row.items() if value is not None}


def size_of(row: Json) -> int:
    """The number of bytes of a row, as the source sends it: one JSON document per line."""
    return len(json.dumps(row)) + 1
