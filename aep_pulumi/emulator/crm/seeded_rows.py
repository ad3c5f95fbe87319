"""Seeded rows: the rows of a seeded table, in a Parquet file, which DuckDB reads.

In the file, the columns are called c0, c1 and so on; n is the number of the row in the user's file. The rows are in the order of
the modification column, so that a window of changed rows is found without reading the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.core import duck

Json = dict[str, Any]

# How many rows are read at once.
CHUNK = 5_000


@dataclass(frozen=True)
class SeededRows:
    """The rows of a seeded table: they exist from the time in their modification column on, and never change."""

    file: Path
    columns: Mapping[str, str]
    """The kind of each column, by name."""

    ordered_by: str | None
    """The modification column, by which the file is ordered."""

    def rows(self, until: float, changed_after: float | None, delta_column: str | None) -> Iterator[list[Json]]:
        """As `Table.rows`."""
        selected = ", ".join(_as_json(f"c{place}", kind) for place, kind in enumerate(self.columns.values()))
        delta = self._time(delta_column)
        order = f"ORDER BY {delta} NULLS FIRST, n" if delta and delta_column != self.ordered_by else ""
        with duck.cursor() as reader:
            found = reader.execute(f"SELECT {selected} {self._from(until, changed_after, delta)} {order}")
            while chunk := found.fetchmany(CHUNK):
                yield [dict(zip(self.columns, row, strict=True)) for row in chunk]

    def count(self, until: float, changed_after: float | None, delta_column: str | None) -> int:
        """As `Table.count`."""
        return int(self._value("count(*)", self._from(until, changed_after, self._time(delta_column))))

    def next_change(self, after: float, until: float, delta_column: str | None) -> float | None:
        """As `Table.next_change`."""
        delta = self._time(delta_column)
        found = self._value(f"min(epoch({delta}))", self._from(until, after, delta)) if delta else None
        return None if found is None else float(found)

    def _time(self, delta_column: str | None) -> str | None:
        """The name of the delta column in the file; None if it is not a time."""
        if delta_column is None or self.columns.get(delta_column) != "datetime":
            return None
        return f"c{list(self.columns).index(delta_column)}"

    def _from(self, until: float, changed_after: float | None, delta: str | None) -> str:
        """The rows in a window; without a time, all rows are in the window without a beginning, and none in others."""
        conditions = []
        if delta:
            conditions.append(
                f"{delta} <= {_moment(until)}" if changed_after is not None else f"coalesce({delta} <= {_moment(until)}, true)"
            )
        if changed_after is not None:
            conditions.append(f"{delta} > {_moment(changed_after)}" if delta else "false")
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"FROM read_parquet({duck.literal(str(self.file))}) {where}"

    def _value(self, selected: str, source: str) -> Any:  # noqa: ANN401 - of any type
        with duck.cursor() as reader:
            (value,) = reader.execute(f"SELECT {selected} {source}").fetchone() or (None,)
        return value


def _moment(seconds: float) -> str:
    """A time in a query."""
    # DuckDB's times begin 290,000 years ago, and a window may begin earlier.
    return f"make_timestamp({round(max(seconds, -1e11) * 1_000_000)}::BIGINT)"


def _as_json(column: str, kind: str) -> str:
    """A column as JSON: times in ISO 8601."""
    return f"replace({column}::VARCHAR, ' ', 'T') || 'Z'" if kind == "datetime" else column
