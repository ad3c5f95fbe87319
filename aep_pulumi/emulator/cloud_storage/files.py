"""Files: the files and folders behind a cloud storage connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.crm.tables import Table

Json = dict[str, Any]


@dataclass(frozen=True)
class File:
    """One file: its rows are defined by a table, whose path is absolute."""

    rows: Table
    format: str

    @property
    def path(self) -> str:
        """The path used by source connections."""
        return self.rows.path

    def listing_entry(self) -> Json:
        """The entry of the file in a folder listing."""
        return {"type": "file", "name": self.rows.label, "path": self.path, "canPreview": True, "canFetchSchema": True}


def folder_entries(files: Sequence[File], path: str) -> list[Json] | None:
    """The entries of a folder, sorted by name; None if the folder does not exist."""
    prefix = path.rstrip("/") + "/"
    inside = [file for file in files if file.path.startswith(prefix)]
    entries = {file.path: file.listing_entry() for file in inside if "/" not in file.path.removeprefix(prefix)}
    for file in inside:
        name, slash, _ = file.path.removeprefix(prefix).partition("/")
        if slash:
            below = f"{prefix}{name}/"
            entries[below] = {"type": "folder", "name": name, "path": below, "canPreview": False, "canFetchSchema": False}
    return [entries[key] for key in sorted(entries)] if inside else None
