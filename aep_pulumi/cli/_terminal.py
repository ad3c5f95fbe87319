"""Terminal: tables and lines that contain untrusted text, without its control characters."""

import shutil
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aep_pulumi.review.wording import visible

_WIDE = 160
"""A pipe has no width: ids are longer than the usual 80 columns."""


def console() -> Console:
    """A console without markup, and wide if it is a pipe."""
    width = shutil.get_terminal_size((_WIDE, 24)).columns
    return Console(width=width, markup=False, highlight=False, emoji=False)


def words(text: str, style: str = "") -> Text:
    """One line of text, with all control characters written out."""
    return Text(visible(text), style=style)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[str] = (), indent: int = 0) -> Table:
    """A table without lines.

    Args:
        columns: the headings.
        rows: the cells of each row.
        right: the headings of those columns that hold numbers.
        indent: the indentation in characters.
    """
    drawn = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    if indent:
        drawn.add_column("", width=indent - 2)
    for column in columns:
        drawn.add_column(column, overflow="fold", justify="right" if column in set(right) else "left")
    for row in rows:
        drawn.add_row(*([""] if indent else []), *map(words, row))
    return drawn
