"""Tables: the tables behind a CRM connection, with their columns and generated rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# The representation of a column of each kind in explore (Adobe's pages on exploring tables and on filters).
KINDS: Mapping[str, Json] = {
    "text": {"type": "string", "xdm": {"type": "string"}},
    "boolean": {"type": "boolean", "xdm": {"type": "boolean"}},
    "decimal": {"type": "double", "xdm": {"type": "number"}},
    "integer": {"type": "integer", "xdm": {"type": "integer"}},  # inferred: not in any sample
    "datetime": {"type": "string", "meta:xdmType": "date-time", "xdm": {"type": "string", "format": "date-time"}},
}


@dataclass(frozen=True)
class Table:
    """One table: the path used by source connections, the display name, and the columns."""

    path: str
    label: str
    columns: Mapping[str, str]
    """The kind of each column, by name."""

    @property
    def size(self) -> int:
        """The number of rows: a fixed number, deliberately not a round one."""
        return 100 + 7 * len(self.columns) + len(self.path)

    def listing_entry(self) -> Json:
        """The entry of the table in `explore?objectType=root`."""
        return {"type": "table", "name": self.label, "path": self.path, "canPreview": True, "canFetchSchema": True}

    def schema(self) -> Json:
        """The schema of the table in `explore?objectType=table`."""
        columns = [{"name": name, **KINDS[kind]} for name, kind in self.columns.items()]
        return {"format": "flat", "schema": {"columns": columns}}

    def preview(self) -> list[Json]:
        """Three rows, generated from the column names."""
        return [{name: _sample(name, kind, row) for name, kind in self.columns.items()} for row in (1, 2, 3)]


def _sample(name: str, kind: str, row: int) -> object:
    samples = {"boolean": row % 2 == 0, "decimal": row * 10.5, "integer": row, "datetime": f"2020-01-0{row}T00:00:00Z"}
    return samples.get(kind, f"{name} {row}")
