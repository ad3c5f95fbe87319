"""Showing: rows as a table, as JSON lines or as CSV."""

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence

import click
from rich.cells import cell_len
from rich.console import Console

from aep_pulumi.cli import _terminal
from aep_pulumi.review.wording import visible

_GAP = 2
_NOTHING = "-"
_FEW = 10
"""The most rows that can be shown side by side."""


def flattened(row: Mapping[str, object], path: str = "") -> dict[str, object]:
    """A row with the path of each nested value as its column."""
    flat: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            flat |= flattened(value, f"{path}{name}.")
        else:
            flat[path + name] = value
    return flat


def columns_of(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """The columns of flat rows, in the order in which they appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def print_table(console: Console, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows as a table; a few rows that are too wide for the console, side by side."""
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(cell_len, (visible(name), *column))) for name, *column in zip(columns, *cells, strict=True)]
    if sum(widths) + _GAP * len(widths) > console.width and 0 < len(rows) <= _FEW:
        headings = ("Field", *(f"Row {number}" for number in range(1, len(rows) + 1)))
        console.print(_terminal.table(headings, list(zip(columns, *cells, strict=True))))
    else:
        console.print(_terminal.table([visible(name) for name in columns], cells))


def print_json_lines(rows: Iterable[Mapping[str, object]]) -> None:
    """Print each row as a line of JSON."""
    for row in rows:
        click.echo(json.dumps(row))


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """Print rows as CSV; a nested value is JSON."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_text(row[column]) for column in columns])


def _cell(value: object) -> str:
    return _NOTHING if value is None else visible(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
