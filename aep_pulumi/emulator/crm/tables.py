"""Tables: the tables behind a CRM connection, with their columns and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aep_pulumi.emulator.core import clock

Json = dict[str, Any]

# The representation of a column of each kind in explore (Adobe's pages on exploring tables and on filters).
KINDS: Mapping[str, Json] = {
    "text": {"type": "string", "xdm": {"type": "string"}},
    "boolean": {"type": "boolean", "xdm": {"type": "boolean"}},
    "decimal": {"type": "double", "xdm": {"type": "number"}},
    "integer": {"type": "integer", "xdm": {"type": "integer"}},  # inferred: not in any sample
    "datetime": {"type": "string", "meta:xdmType": "date-time", "xdm": {"type": "string", "format": "date-time"}},
}

# The most rows in a chunk of `Table.rows`, which bounds the memory of a reader.
CHUNK = 5_000

# The most rows in a preview (Adobe's page on previewing tables in the user interface).
PREVIEWED = 100


class Rows(Protocol):
    """Where the rows of a table come from. Without a delta column, the table has no modification column either."""

    def rows(self, until: float, changed_after: float | None, delta_column: str | None) -> Iterator[list[Json]]:
        """As `Table.rows`."""

    def count(self, until: float, changed_after: float | None, delta_column: str | None) -> int:
        """As `Table.count`."""

    def next_change(self, after: float, until: float, delta_column: str | None) -> float | None:
        """As `Table.next_change`."""


@dataclass(frozen=True)
class Table:
    """One table: the path used by source connections, the display name, the columns and the rows.

    Times are in seconds since the epoch. A row maps each column to its JSON value: datetimes are ISO 8601 in UTC, None is null.
    """

    path: str
    label: str
    columns: Mapping[str, str]
    """The kind of each column, by name."""

    source: Rows
    modification_column: str | None = None
    """The column with the time of a row's last change, if there is one."""

    def listing_entry(self) -> Json:
        """The entry of the table in `explore?objectType=root`."""
        return {"type": "table", "name": self.label, "path": self.path, "canPreview": True, "canFetchSchema": True}

    def schema(self) -> Json:
        """The schema of the table in `explore?objectType=table`."""
        columns = [{"name": name, **KINDS[kind]} for name, kind in self.columns.items()]
        return {"format": "flat", "schema": {"columns": columns}}

    def preview(self) -> list[Json]:
        """The first rows that a dataflow would read now."""
        return next(self.rows(clock.now()), [])[:PREVIEWED]

    def rows(self, until: float, changed_after: float | None = None, delta_column: str | None = None) -> Iterator[list[Json]]:
        """The rows as the table holds them at a time, in chunks, ordered by the delta column and then by key.

        Args:
            until: rows whose delta column is later are left out.
            changed_after: only rows whose delta column is later than this; None for all.
            delta_column: the column with the time of a change; defaults to the modification column.

        Without a delta column, and for rows where it is null or not a time, nobody can say when they change: these are among all
        rows, and never among those changed in a window.
        """
        return self.source.rows(until, changed_after, delta_column or self.modification_column)

    def count(self, until: float, changed_after: float | None = None, delta_column: str | None = None) -> int:
        """The number of rows that `rows` returns for the same arguments."""
        return self.source.count(until, changed_after, delta_column or self.modification_column)

    def next_change(self, after: float, until: float, delta_column: str | None = None) -> float | None:
        """The first time in `(after, until]` at which the delta column of a row gets that value; None if nothing changes."""
        return self.source.next_change(after, until, delta_column or self.modification_column)
