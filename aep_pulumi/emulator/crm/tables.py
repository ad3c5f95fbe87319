"""Tables: what a base connection to a CRM leads to: tables, their columns, and rows made up from these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

# How explore shows a column of each kind (Adobe's pages on exploring tables and on filters).
KINDS: Mapping[str, Json] = {
    "text": {"type": "string", "xdm": {"type": "string"}},
    "flag": {"type": "boolean", "xdm": {"type": "boolean"}},
    "decimal": {"type": "double", "xdm": {"type": "number"}},
    "whole": {"type": "integer", "xdm": {"type": "integer"}},  # inferred: no sample shows one
    "time": {"type": "string", "meta:xdmType": "date-time", "xdm": {"type": "string", "format": "date-time"}},
}


@dataclass(frozen=True)
class Table:
    """One table: the path a source connection names it by, the label people know, its columns."""

    path: str
    label: str
    columns: Mapping[str, str]
    """Per column, its kind."""

    @property
    def size(self) -> int:
        """How many rows it has: never a round number, and always the same."""
        return 100 + 7 * len(self.columns) + len(self.path)

    def card(self) -> Json:
        """The table as `explore?objectType=root` lists it."""
        return {"type": "table", "name": self.label, "path": self.path, "canPreview": True, "canFetchSchema": True}

    def schema(self) -> Json:
        """The table as `explore?objectType=table` describes it."""
        columns = [{"name": name, **KINDS[kind]} for name, kind in self.columns.items()]
        return {"format": "flat", "schema": {"columns": columns}}

    def preview(self) -> list[Json]:
        """Three rows, made up from the column names."""
        return [{name: _sample(name, kind, row) for name, kind in self.columns.items()} for row in (1, 2, 3)]


def _sample(name: str, kind: str, row: int) -> object:
    samples = {"flag": row % 2 == 0, "decimal": row * 10.5, "whole": row, "time": f"2020-01-0{row}T00:00:00Z"}
    return samples.get(kind, f"{name} {row}")
