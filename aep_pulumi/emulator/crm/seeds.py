"""Seeds: the tables that a user puts in the place of a connector's samples.

The files of a seed are in a folder of the home folder, which gets its name when all of them are complete; the database records
which folder belongs to which connector, so that a seed is there as a whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aep_pulumi.emulator.core import home
from aep_pulumi.emulator.core.objects import Objects
from aep_pulumi.emulator.crm.seeded_rows import SeededRows
from aep_pulumi.emulator.crm.table_files import FileError, Written, write
from aep_pulumi.emulator.crm.tables import Table

Json = dict[str, Any]

# The collection of the seeds among the global settings, by the id of the connector.
SEEDS = "seeds"

EXTENSIONS = (".csv", ".tsv", ".parquet")

_INCOMPLETE = ".incomplete"


class SeedError(Exception):
    """Nothing was seeded; each problem is a sentence."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


# --- what is seeded -------------------------------------------------------------------------------------------------


def record_of(objects: Objects, connector: str) -> Json | None:
    """The seed of a connector, as JSON; None if it has its samples."""
    return objects.global_settings.find(SEEDS, connector)


def tables_of(record: Json) -> tuple[Table, ...]:
    """The tables of a seed."""
    return tuple(_table(home.folder() / "seeds" / record["folder"], each) for each in record["tables"])


def _table(folder: Path, table: Json) -> Table:
    columns, modified = table["columns"], table["modificationColumn"]
    return Table(table["path"], table["path"], columns, SeededRows(folder / table["file"], columns, modified), modified)


def use(objects: Objects, connector: str, record: Json) -> None:
    """Put a seed in the place of a connector's tables."""
    objects.global_settings.put(SEEDS, connector, record)


def use_samples(objects: Objects, connector: str) -> bool:
    """Return to the samples of a connector; False if it has them."""
    return objects.global_settings.remove(SEEDS, connector)


def delete_unused(used: Collection[str]) -> None:
    """Delete the folders that nothing refers to: those of replaced seeds, and what a killed process has not completed."""
    for folder in _all().glob("*"):
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def delete_all() -> None:
    """Delete all files."""
    shutil.rmtree(_all(), ignore_errors=True)


def _all() -> Path:
    return home.folder() / "seeds"


# --- reading a folder -----------------------------------------------------------------------------------------------


def read(folder: Path, delta_column: str | None) -> Json:
    """Read the tables of a folder: one CSV or Parquet file per table, whose name is the table's path. Returns the seed as JSON.

    Args:
        folder: the user's folder.
        delta_column: the column with the time of the last change, of the tables that have it.

    Raises:
        SeedError: something cannot be read; nothing is left of the others.
    """
    problems, files = _files(folder)
    scratch = _all() / _INCOMPLETE / uuid.uuid4().hex
    scratch.mkdir(parents=True)
    written: dict[Path, Written] = {}
    try:
        for number, file in enumerate(files):
            try:
                written[file] = write(file, scratch / f"{number}.parquet", delta_column)
            except FileError as error:
                problems += [_sentence(file, problem) for problem in error.problems]
        if delta_column and not problems and not any(_has(each.columns, delta_column) for each in written.values()):
            problems.append(f"No table has the delta column {delta_column}: correct its name.")
        if problems:
            raise SeedError(*problems)
        name = scratch.name
        _on_disk(scratch)
        scratch.rename(_all() / name)
        _sync(_all())
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return {"folder": name, "tables": [_entry(number, file, written[file]) for number, file in enumerate(files)]}


def _entry(number: int, file: Path, table: Written) -> Json:
    return {
        "path": file.stem,
        "file": f"{number}.parquet",
        "rows": table.rows,
        "columns": table.columns,
        "modificationColumn": table.modification_column,
    }


def _files(folder: Path) -> tuple[list[str], list[Path]]:
    """The problems of a folder, and its files."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise SeedError(f"{folder} {what}: name a folder with one CSV or Parquet file per table.")
    try:
        entries = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
        files = [each for each in entries if each.is_file() and each.suffix.lower() in EXTENSIONS]
        problems = [_sentence(each, _wrong(each)) for each in entries if each not in files]
    except OSError as error:
        raise SeedError(f"{folder} cannot be read ({error.strerror}).") from None
    problems += list(_same_tables(files))
    if not files and not problems:
        problems.append(f"{folder} has no files: it needs one CSV or Parquet file per table, such as Contact.csv.")
    return problems, files


def _wrong(entry: Path) -> str:
    if entry.is_dir():
        return "is a folder: move its tables one level up, or move it elsewhere"
    if entry.is_symlink() and not entry.exists():
        return "is a link to a file that does not exist"
    if not entry.is_file():
        return "is not a regular file"
    return f"is not a table: its name must end in {', '.join(EXTENSIONS[:-1])} or {EXTENSIONS[-1]}"


def _same_tables(files: Sequence[Path]) -> Iterator[str]:
    by_table: dict[str, Path] = {}
    for file in files:
        if other := by_table.get(file.stem.lower()):
            yield f"{other.name} and {file.name} are the same table: remove one of them."
        by_table[file.stem.lower()] = file


def _has(columns: Mapping[str, str], name: str) -> bool:
    return name.lower() in {column.lower() for column in columns}


def _sentence(file: Path, problem: str) -> str:
    separator = ", " if problem.startswith("line ") else " "
    return f"{file.name}{separator}{problem}."


def _on_disk(folder: Path) -> None:
    """Put all files of a folder on disk."""
    for file in folder.iterdir():
        _sync(file)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        # Windows cannot open a folder.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
