"""Files: what a base connection to a cloud storage leads to: files of rows, and the folders they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aep_pulumi.emulator.crm.tables import Table

Json = dict[str, Any]


@dataclass(frozen=True)
class File:
    """One file: its rows are those of a table, its path begins at the root."""

    rows: Table
    format: str

    @property
    def path(self) -> str:
        """The path a source connection names it by."""
        return self.rows.path

    def card(self) -> Json:
        """The file as the folder around it lists it."""
        return {"type": "file", "name": self.rows.label, "path": self.path, "canPreview": True, "canFetchSchema": True}


def folder(files: Sequence[File], path: str) -> list[Json] | None:
    """What is in a folder, in the order of names; None for a folder that does not exist."""
    prefix = path.rstrip("/") + "/"
    inside = [file for file in files if file.path.startswith(prefix)]
    cards = {file.path: file.card() for file in inside if "/" not in file.path.removeprefix(prefix)}
    for file in inside:
        name, slash, _ = file.path.removeprefix(prefix).partition("/")
        if slash:
            below = f"{prefix}{name}/"
            cards[below] = {"type": "folder", "name": name, "path": below, "canPreview": False, "canFetchSchema": False}
    return [cards[key] for key in sorted(cards)] if inside else None
