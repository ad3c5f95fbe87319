"""Duck: the process's DuckDB, which reads and writes the files of rows. It is imported when it is first needed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aep_pulumi.emulator.core import home

if TYPE_CHECKING:
    import duckdb

# The most memory that DuckDB uses, however large a file is; what does not fit is kept in temporary files.
MEMORY = "256MB"

# Each thread keeps the rows of one group in memory before it writes them.
ROW_GROUPS = "ROW_GROUP_SIZE 20480"


@contextmanager
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own for a query, in any thread."""
    opened = _database().cursor()
    try:
        yield opened
    finally:
        opened.close()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """A database in memory, without access to the network."""
    import duckdb  # noqa: PLC0415 - see the module

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "threads": 1,
        "temp_directory": str(_temporary()),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    database = duckdb.connect(":memory:", config=settings)
    # It would be printed, as soon as a query takes two seconds.
    database.execute("SET enable_progress_bar = false")
    return database


def delete_temporary() -> None:
    """Delete the temporary files of a process that was killed."""
    shutil.rmtree(_temporary(), ignore_errors=True)


def _temporary() -> Path:
    return home.folder() / "duckdb.tmp"


def literal(text: str) -> str:
    """A text in a query."""
    return "'" + text.replace("'", "''") + "'"
