"""Run sources: the tables and files that a run reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aep_pulumi.emulator.crm.tables import Table
from aep_pulumi.emulator.flow_service.connectors import CONNECTORS, seeded

Json = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """The rows that a run reads: those whose delta column is in `(after, end]`, as they are at `until`."""

    until: float
    after: float | None = None
    end: float | None = None
    """The end of the window of a run on demand, if it is earlier than the run."""


@dataclass(frozen=True)
class TablesSource:
    """What a run reads: the rows of one table, or of several files."""

    name: str
    tables: Sequence[Table]
    window: Window
    delta_column: str | None

    def rows(self) -> Iterator[list[Json]]:
        """The rows of the window, in chunks."""
        until, after, end = self.window.until, self.window.after, self.window.end
        for table in self.tables:
            column = self.delta_column or table.modification_column
            for chunk in table.rows(until, after, self.delta_column):
                yield chunk if end is None or column is None else [row for row in chunk if _is_until(row.get(column), end)]

    def count(self) -> int:
        """Their number."""
        until, after, end = self.window.until, self.window.after, self.window.end
        found = 0
        for table in self.tables:
            found += table.count(until, after, self.delta_column)
            if end is not None:
                found -= table.count(until, end, self.delta_column)
        return found


def _is_until(value: object, end: float) -> bool:
    moment = _seconds(value)
    return moment is not None and moment <= end


def _seconds(value: object) -> float | None:
    """A value of a delta column, in seconds since the epoch; None if it is not a time."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() if moment else None


def source_of(inputs: Json, window: Window) -> TablesSource:
    """What a run with these inputs reads in a window. A table without sample rows, and a path without files, has no rows."""
    known = CONNECTORS.get(inputs["spec"])
    if known is None:
        # The source of a provider has no data here.
        return TablesSource(str(inputs.get("table", inputs.get("path"))), [], window, None)
    connector = seeded(known, inputs.get("seed"))
    if "table" in inputs:
        table = connector.table(inputs["table"])
        return TablesSource(inputs["table"], [table] if table else [], window, inputs.get("deltaColumn"))
    files = connector.files_under(inputs.get("path", ""), recursive=inputs.get("recursive", False))
    return TablesSource(inputs.get("path", ""), [file.rows for file in files], window, None)
