"""Queries: rows of downloaded files, read with DuckDB. A query can read nothing but the views, and has bounded memory."""

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aep_pulumi.cli._dataset.files import LocalFile
from aep_pulumi.errors import AepError

if TYPE_CHECKING:
    import duckdb

_MEMORY = "512MB"
_AT_ONCE = 1_000
_READERS = {
    "parquet": "read_parquet({}, union_by_name = true)",
    "json": "read_json({}, union_by_name = true, sample_size = -1, map_inference_threshold = -1, maximum_object_size = 67108864)",
    "csv": "read_csv({}, union_by_name = true, header = true, all_varchar = true)",
}

Row = dict[str, Any]
Convert = Callable[[Any], Any]


class Result:
    """The result of a query: its columns, and its rows with JSON values."""

    def __init__(self, cursor: "duckdb.DuckDBPyConnection") -> None:
        described = cursor.description or []
        self._cursor = cursor
        self._converters = [_converter(each[1]) for each in described]
        self.columns: list[str] = _unique([str(each[0]) for each in described])

    def rows(self) -> Iterator[Row]:
        """The rows, fetched in chunks."""
        with _as_sentences():
            while chunk := self._cursor.fetchmany(_AT_ONCE):
                for row in chunk:
                    values = (
                        None if value is None else convert(value) for convert, value in zip(self._converters, row, strict=True)
                    )
                    yield dict(zip(self.columns, values, strict=True))


class Database:
    """A database in memory, which can read the files of one folder and nothing else.

    Args:
        folder: the folder with the downloaded files.
    """

    def __init__(self, folder: Path) -> None:
        import duckdb  # noqa: PLC0415 - large, and of an extra: imported by the commands that need it

        spilled = folder / "spilled"
        spilled.mkdir()
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY,
            "temp_directory": str(spilled),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            # Otherwise, a query could name the variables of this program.
            "python_enable_replacements": False,
        }
        self._duck = duckdb.connect(":memory:", config=config)
        self._duck.execute(f"SET allowed_directories = [{_text(str(folder))}]")
        self._duck.execute("SET enable_external_access = false")
        self._duck.execute("SET lock_configuration = true")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._duck.close()

    def tables_of(self, sql: str) -> set[str]:
        """The names of the tables and views that a query reads.

        Raises:
            AepError: it is not a single query, or cannot be parsed.
        """
        import duckdb  # noqa: PLC0415 - see above

        with _as_sentences():
            statements = self._duck.extract_statements(sql)
            if len(statements) != 1:
                raise AepError(f"there are {len(statements)} statements: write exactly one")
            if statements[0].type not in {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}:
                raise AepError(f"{statements[0].type.name} is not possible: datasets can only be read, with SELECT")
            return self._duck.get_table_names(sql)

    def add_view(self, name: str, files: Sequence[LocalFile]) -> None:
        """Add a view of all rows of these files."""
        with _as_sentences():
            self._duck.execute(f"CREATE VIEW {_name(name)} AS SELECT * FROM ({_rows_of(files)})")  # noqa: S608 - quoted

    def query(self, sql: str) -> Result:
        """Execute a query."""
        with _as_sentences():
            return Result(self._duck.execute(sql))

    def first_rows(self, files: Sequence[LocalFile], count: int) -> list[Row]:
        """The first rows of files, without the fields that have no value: in a file, every row has every column."""
        result = self.query(f"SELECT * FROM ({_rows_of(files)}) LIMIT {count}")  # noqa: S608 - quoted
        return [_without_nulls(row) for row in result.rows()]


@contextmanager
def _as_sentences() -> Iterator[None]:
    """Turn DuckDB's errors into sentences."""
    import duckdb  # noqa: PLC0415 - see above

    try:
        yield
    except duckdb.Error as error:
        raise AepError(f"the query failed: {_first_line(str(error))}") from None


def _first_line(message: str) -> str:
    return message.partition("\n")[0].rstrip(" .")


def _rows_of(files: Sequence[LocalFile]) -> str:
    """A query of all rows of files, whichever format each has."""
    parts = []
    for form, reader in _READERS.items():
        if paths := ", ".join(_text(str(each.path)) for each in files if each.format == form):
            parts.append(f"SELECT * FROM {reader.format(f'[{paths}]')}")  # noqa: S608 - quoted
    return " UNION ALL BY NAME ".join(parts)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _unique(names: Sequence[str]) -> list[str]:
    """The names of columns, with a number for those that occur again."""
    known: list[str] = []
    for name in names:
        number, unique = 1, name
        while unique in known:
            number += 1
            unique = f"{name}_{number}"
        known.append(unique)
    return known


# --- values --------------------------------------------------------------------------------------------------------------


def _converter(kind: Any) -> Convert:  # noqa: ANN401 - DuckDB's type, which has no public name in every version
    """What turns DuckDB's values of a type into JSON values; never called with None."""
    name = str(kind.id)
    if name == "struct":
        fields = {field: _optional(_converter(child)) for field, child in kind.children}
        return lambda value: {field: convert(value[field]) for field, convert in fields.items()}
    if name in {"list", "array"}:
        item = _optional(_converter(kind.children[0][1]))
        return lambda value: [item(each) for each in value]
    if name == "map":
        entry = _optional(_converter(kind.children[1][1]))
        return lambda value: {str(key): entry(each) for key, each in value.items()}
    return _document if str(kind) == "JSON" else _scalar


def _optional(convert: Convert) -> Convert:
    return lambda value: None if value is None else convert(value)


def _document(value: str) -> object:
    return json.loads(value)


def _scalar(value: object) -> object:
    """A JSON value; times are in UTC, as XDM writes them."""
    if isinstance(value, dt.datetime):
        in_utc = value if value.tzinfo is None else value.astimezone(dt.UTC)
        precision = "milliseconds" if in_utc.microsecond else "seconds"
        return in_utc.replace(tzinfo=None).isoformat(timespec=precision) + "Z"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode()
    return value if isinstance(value, str | int) else str(value)


def _without_nulls(node: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(node, list):
        return [_without_nulls(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _without_nulls(value) for name, value in node.items() if value is not None}
    return {name: value for name, value in kept.items() if value != {}}
