"""Table files: a user's CSV or Parquet file as the Parquet file of a seeded table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from aep_pulumi.emulator.core import duck
from aep_pulumi.emulator.crm.text_files import REPORTED, NotTextError, normalized

if TYPE_CHECKING:
    import duckdb

# The columns in which CRMs and their exports keep the time of the last change, the most exact one first; in any case.
MODIFICATION_COLUMNS = (
    *("LastModifiedDate", "SystemModstamp", "modifiedon", "lastmodifieddate", "hs_lastmodifieddate"),
    *("updatedAt", "updated_at", "updated", "lastModified", "last_modified", "modifiedAt", "modified_at", "modified"),
)

# The type of a column of a CSV file is the first one that all its values have. A code with leading zeros is not a number, nor is
# 12E5: numbers with exponents are written as 1e5, 1.2E5 or 1E+5.
INTEGER = r"-?(0|[1-9]\d{0,17})"
DECIMAL = r"-?(0|[1-9]\d*)(\.\d+([eE][+-]?\d{1,3})?|e[+-]?\d{1,3}|E[+-]\d{1,3})?"
DECIMAL_COMMA = r"-?(0|[1-9]\d*)(,\d+)?"
DATE = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?"
OFFSET = r"(Z|[+-]\d\d:?(\d\d)?)"
DATETIME = rf"{DATE}|{DATE.removesuffix('?')}\s?{OFFSET}"

# How many rows are compared with all types.
SAMPLE = 2_000

# The kinds of columns by the types of a Parquet file; a type is compared up to its first bracket.
KINDS = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"), "integer"),
    **dict.fromkeys(("FLOAT", "DOUBLE", "DECIMAL", "HUGEINT", "UBIGINT", "UHUGEINT"), "decimal"),
    **dict.fromkeys(("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"), "datetime"),
    **dict.fromkeys(("VARCHAR", "UUID", "ENUM", "TIME", "JSON"), "text"),
    "BOOLEAN": "boolean",
}


# The table of the rows that DuckDB cannot read; each cursor has its own.
REJECTED = "rejected"


class FileError(Exception):
    """A file cannot be read as a table; the problems are parts of sentences."""

    def __init__(self, *problems: str) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True)
class Column:
    """A column of a user's file: the kind of its values, and how they are computed from the file."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True)
class Written:
    """What has been written for a file."""

    columns: dict[str, str]
    """The kind of each column, by name."""

    rows: int
    modification_column: str | None


class Choice(NamedTuple):
    """A type that a column of a CSV file can have."""

    place: int
    """The number of the column."""

    kind: str
    check: str
    """Whether a value has the type."""

    value: str


def write(source: Path, target: Path, delta_column: str | None) -> Written:
    """Write the Parquet file of a table.

    Args:
        source: the user's file.
        target: the Parquet file.
        delta_column: the column with the time of the last change, if the table has it; otherwise one of the known names.

    Raises:
        FileError: the file cannot be read as a table.
    """
    import duckdb  # noqa: PLC0415 - see aep_pulumi.emulator.core.duck

    scratch = target.with_suffix(".tmp")
    try:
        with duck.cursor() as cursor:
            is_parquet = source.suffix.lower() == ".parquet"
            read, columns = _parquet(cursor, source) if is_parquet else _csv(cursor, source, scratch)
            modified = _modification_column(columns, delta_column)
            values = [f"{column.value} AS c{place}" for place, column in enumerate(columns)]
            # Without a modification column, the rows stay in the order of the file.
            order = f"ORDER BY c{columns.index(modified)} NULLS FIRST, n" if modified else ""
            (rows,) = cursor.execute(
                f"COPY (SELECT {', '.join(values)}, file_row_number AS n FROM {read} {order}) "  # noqa: S608 - quoted
                f"TO {duck.literal(str(target))} (FORMAT parquet, COMPRESSION zstd, {duck.ROW_GROUPS})"
            ).fetchone() or (0,)
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror})") from None
    except duckdb.Error as error:
        raise FileError(f"cannot be read ({str(error).partition(chr(10))[0]})") from None
    finally:
        for each in target.parent.glob(f"{scratch.name}*"):
            each.unlink()
    return Written({column.name: column.kind for column in columns}, rows, modified.name if modified else None)


def _modification_column(columns: Sequence[Column], delta_column: str | None) -> Column | None:
    by_name = {column.name.lower(): column for column in columns}
    if named := by_name.get(delta_column.lower()) if delta_column else None:
        if named.kind != "datetime":
            raise FileError(f"the delta column {named.name} has values that are not times, such as 2024-03-01T09:30:00Z")
        return named
    known = (by_name.get(name.lower()) for name in MODIFICATION_COLUMNS)
    return next((column for column in known if column and column.kind == "datetime"), None)


def _check_names(names: Sequence[str]) -> None:
    problems = [f"column {number} has no name" for number, name in enumerate(names, 1) if not name]
    places: dict[str, list[int]] = {}
    for number, name in enumerate(names, 1):
        places.setdefault(name.lower(), []).append(number)
    for numbers in places.values():
        if len(numbers) > 1 and names[numbers[0] - 1]:
            named = " and ".join(str(number) for number in numbers)
            problems.append(f"columns {named} have the same name, {names[numbers[0] - 1]} (case does not distinguish columns)")
    if problems:
        raise FileError(*problems)


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv(cursor: duckdb.DuckDBPyConnection, source: Path, scratch: Path) -> tuple[str, list[Column]]:
    """The rows of a CSV file, staged as texts, and its columns."""
    text, staged = scratch.with_name(f"{scratch.name}.csv"), scratch.with_name(f"{scratch.name}.parquet")
    try:
        found = normalized(source, text)
    except NotTextError as error:
        raise FileError(str(error)) from None
    _check_names(found.header)
    if found.repeated:
        raise FileError(*(f"line {line} repeats the header" for line in found.repeated))
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(len(found.header)))
    read = (
        f"read_csv({duck.literal(str(text))}, auto_detect = false, header = false, skip = {found.header_lines}, "
        f"columns = {{{columns}}}, delim = {duck.literal(found.delimiter)}, quote = '\"', escape = '\"', new_line = '\\n', "
        f"max_line_size = 8000000, buffer_size = 16000000, store_rejects = true, rejects_limit = {REPORTED}, "
        f"rejects_table = '{REJECTED}', rejects_scan = '{REJECTED}_scan')"
    )
    # A blank line of a table with one column is no row.
    where = "WHERE c0 IS NOT NULL" if len(found.header) == 1 else ""
    cursor.execute(f"COPY (SELECT * FROM {read} {where}) TO {duck.literal(str(staged))} (FORMAT parquet, {duck.ROW_GROUPS})")  # noqa: S608 - quoted
    _check_rejects(cursor, text, found.blank_lines)
    rows = f"read_parquet({duck.literal(str(staged))}, file_row_number = true)"
    return rows, _typed(cursor, rows, found.header, found.delimiter)


def _check_rejects(cursor: duckdb.DuckDBPyConnection, text: Path, blank_lines: int) -> None:
    """Raise an error for the rows that DuckDB could not read."""
    query = f"SELECT line_byte_position, error_type, error_message FROM {REJECTED} ORDER BY line_byte_position, column_idx"  # noqa: S608 - our name
    rejected = cursor.execute(query).fetchall()
    # Each value too many is reported, but the last one tells how many there are.
    by_position = {position: (kind, str(message)) for position, kind, message in rejected}
    lines = ((_line_at(text, position) + blank_lines, *by_position[position]) for position in by_position)
    if problems := [f"line {number} {_reason(kind, message)}" for number, kind, message in lines]:
        raise FileError(*problems)


def _reason(kind: str, message: str) -> str:
    """Why DuckDB could not read a line."""
    numbers = [word for word in message.split() if word.isdigit()]
    if kind in {"MISSING COLUMNS", "TOO MANY COLUMNS"} and len(numbers) == 2:  # noqa: PLR2004 - expected and found
        expected, found = numbers
        return f"has {found} {'value' if found == '1' else 'values'}, but the header has {expected} columns"
    return "has a quoted value without its end" if kind == "UNQUOTED VALUE" else f"cannot be read ({message})"


def _line_at(text: Path, position: int) -> int:
    """The number of the line at a position in bytes."""
    number = 1
    with text.open("rb") as file:
        while position > 0 and (part := file.read(min(position, 1 << 20))):
            position -= len(part)
            number += part.count(b"\n")
    return number


def _typed(cursor: duckdb.DuckDBPyConnection, rows: str, names: Sequence[str], delimiter: str) -> list[Column]:
    """The columns of a CSV file, with the types that all their values have."""
    choices = [Choice(place, *choice) for place in range(len(names)) for choice in _choices(f"c{place}", delimiter)]
    # The first rows exclude most types, so that all rows are only compared with the others.
    for part in (f"(SELECT * FROM {rows} LIMIT {SAMPLE})", rows):  # noqa: S608 - quoted
        checks = ", ".join(f"coalesce(bool_and({choice.check}) FILTER (c{choice.place} IS NOT NULL), true)" for choice in choices)
        (holds,) = cursor.execute(f"SELECT [{checks}] FROM {part}").fetchone() or ([],)  # noqa: S608 - quoted
        choices = [choice for choice, fits in zip(choices, holds, strict=True) if fits]
    empty = [f"count(c{place}) = 0" for place in range(len(names))]
    (is_empty,) = cursor.execute(f"SELECT [{', '.join(empty)}] FROM {rows}").fetchone() or ([],)  # noqa: S608 - quoted
    columns = []
    for place, name in enumerate(names):
        fitting = [(choice.kind, choice.value) for choice in choices if choice.place == place and not is_empty[place]]
        columns.append(Column(name, *(fitting[0] if fitting else ("text", f"c{place}"))))
    return columns


def _choices(column: str, delimiter: str) -> list[tuple[str, str, str]]:
    """The types that the values of a column can have: the kind, a check of a value, and the value."""
    as_decimal = f"try_cast({column} AS DOUBLE)"
    choices = [
        ("integer", _matches(column, INTEGER), f"{column}::BIGINT"),
        ("decimal", f"{_matches(column, DECIMAL)} AND isfinite({as_decimal})", as_decimal),
        ("boolean", f"lower({column}) IN ('true', 'false')", f"lower({column}) = 'true'"),
        ("datetime", f"{_matches(column, DATETIME)} AND {_time(column)} IS NOT NULL", _time(column)),
    ]
    if delimiter == ";":
        # Where values are divided by semicolons, the comma divides the digits.
        with_point = f"replace({column}, ',', '.')::DOUBLE"
        choices.append(("decimal", _matches(column, DECIMAL_COMMA), with_point))
    return choices


def _matches(column: str, pattern: str) -> str:
    return f"regexp_full_match({column}, {duck.literal(pattern)})"


def _time(column: str) -> str:
    """A time in UTC; the offset of a text is subtracted."""
    date = f"regexp_extract({column}, {duck.literal(DATE)})"
    offset = f"replace(regexp_extract({column}, {duck.literal(':.*?' + OFFSET.replace('Z|', '') + '$')}, 1), ':', '')"
    hours, minutes = (
        f"coalesce(try_cast({offset}[1:3] AS INTEGER), 0)",
        f"coalesce(try_cast({offset}[1] || {offset}[4:5] AS INTEGER), 0)",
    )
    return f"try_cast({date} AS TIMESTAMP) - to_minutes({hours} * 60 + {minutes})"


# --- Parquet --------------------------------------------------------------------------------------------------------


def _parquet(cursor: duckdb.DuckDBPyConnection, source: Path) -> tuple[str, list[Column]]:
    """The rows of a Parquet file, and its columns."""
    with source.open("rb") as file:
        if file.read(4) != b"PAR1":
            raise FileError("is not a Parquet file")
    rows = f"read_parquet({duck.literal(str(source))}, file_row_number = true)"
    described = cursor.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {rows}").fetchall()  # noqa: S608 - quoted
    _check_names([name for name, *_ in described])
    types = {name: kind.partition("(")[0] for name, kind, *_ in described}
    if unknown := [
        f"column {name} is of the type {kind}, which a table cannot have" for name, kind in types.items() if kind not in KINDS
    ]:
        raise FileError(*unknown)
    return rows, [Column(name, KINDS[kind], _as_kind(name, KINDS[kind])) for name, kind in types.items()]


def _as_kind(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    match kind:
        case "integer":
            return f"{column}::BIGINT"
        case "decimal":
            # JSON has no infinite numbers.
            return f"CASE WHEN isfinite({column}::DOUBLE) THEN {column}::DOUBLE END"
        case "datetime":
            return f"make_timestamp(epoch_us({column}))"
        case "text":
            return f"{column}::VARCHAR"
    return column
