"""Files: what a base connection to a cloud storage finds in it, the same every time."""

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
    """What lies in a folder, in the order of names; None where there is no such folder."""
    prefix = path.rstrip("/") + "/"
    inside = [file for file in files if file.path.startswith(prefix)]
    cards = {file.path: file.card() for file in inside if "/" not in file.path.removeprefix(prefix)}
    for file in inside:
        name, slash, _ = file.path.removeprefix(prefix).partition("/")
        if slash:
            below = f"{prefix}{name}/"
            cards[below] = {"type": "folder", "name": name, "path": below, "canPreview": False, "canFetchSchema": False}
    return [cards[key] for key in sorted(cards)] if inside else None


GOOGLE_CLOUD = (
    File(
        Table(
            "/crm/leads.csv",
            "leads.csv",
            {"id": "text", "firstName": "text", "lastName": "text", "email": "text", "company": "text", "updatedAt": "time"},
        ),
        "delimited",
    ),
    File(
        Table(
            "/crm/accounts.json",
            "accounts.json",
            {"id": "text", "name": "text", "industry": "text", "annualRevenue": "decimal", "updatedAt": "time"},
        ),
        "json",
    ),
    File(
        Table(
            "/crm/orders.parquet",
            "orders.parquet",
            {"id": "text", "email": "text", "total": "decimal", "items": "whole", "paid": "flag", "orderedAt": "time"},
        ),
        "parquet",
    ),
)
