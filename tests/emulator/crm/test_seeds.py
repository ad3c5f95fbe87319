"""Seeds: a user's files in the place of the sample tables, and what a file must not look like."""

from __future__ import annotations

import hashlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pipelines as p
import pytest
import requests
from pipelines import FLOW
from plain_client import LocalProcess, Platform, start

pytestmark = pytest.mark.slow

Json = dict[str, Any]

CONTACTS = '''Id,FirstName,LastName,PostalCode,Amount,Children,Active,LastModifiedDate
1,Zoë,Müller,01067,12.5,2,true,2024-03-01T10:00:00.000+0000
2,Ann,"O'Neil, ""Nan""",10115,7,,FALSE,2024-02-01T09:30:00Z
3,,"Two
lines",,-1e3,0,true,
4,Bo,Ø,00184,0.25,12,true,2024-02-01T11:30:00+02:00
'''


@pytest.fixture(scope="module")
def seeding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalProcess]:
    """A local Platform whose tables these tests replace, apart from the one of the other tests."""
    process = start(tmp_path_factory.mktemp("seeding"))
    yield process
    assert process.stop() == (0, "")


@pytest.fixture
def seeded(seeding: LocalProcess, session: requests.Session) -> Iterator[Platform]:
    """A client of that local Platform, which has its samples again after the test."""
    yield (platform := Platform(session, seeding.url).log_in())
    assert platform.control("POST", "/reset").ok


def seed(platform: Platform, folder: Path, **more: str) -> requests.Response:
    return platform.control("POST", "/seed", {"folder": str(folder), **more})


def tables(platform: Platform, folder: Path, **more: str) -> dict[str, Json]:
    """The tables that were seeded, by path."""
    response = seed(platform, folder, **more)
    assert response.ok, response.text
    return {each["path"]: each for each in response.json()["tables"]}


def problems(platform: Platform, folder: Path, **more: str) -> list[str]:
    """The problems for which nothing was seeded."""
    response = seed(platform, folder, **more)
    assert response.status_code == 400, response.text
    assert platform.control("GET", "/seed").json() == {"seeds": []}
    found: list[str] = response.json()["problems"]
    assert response.json()["error"] == f"Nothing was seeded: {found[0]}"
    assert all(each.endswith(".") and "\n" not in each and "Traceback" not in each for each in found)
    return found


def rows(platform: Platform, table: str, base: Json | None = None) -> list[Json]:
    base_id = platform.ok("POST", f"{FLOW}/connections", base or p.base_connection())["id"]
    path = f"{FLOW}/connections/{base_id}/explore?objectType=table&object={table}&preview=true"
    found: list[Json] = platform.ok("GET", path)["data"]
    return found


def root(platform: Platform, base: Json | None = None) -> list[str]:
    base_id = platform.ok("POST", f"{FLOW}/connections", base or p.base_connection())["id"]
    return [each["path"] for each in platform.ok("GET", f"{FLOW}/connections/{base_id}/explore?objectType=root")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one table."""
    folder = tmp_path / "crm"
    folder.mkdir()
    (folder / "Contact.csv").write_text(CONTACTS, encoding="utf-8")
    return folder


# --- rows -----------------------------------------------------------------------------------------------------------


def test_a_folder_takes_the_place_of_the_sample_tables(seeded: Platform, folder: Path) -> None:
    assert "Opportunity" in root(seeded)
    assert tables(seeded, folder) == {
        "Contact": {
            "path": "Contact",
            "rows": 4,
            "modificationColumn": "LastModifiedDate",
            "columns": {
                "Id": "integer",
                "FirstName": "text",
                "LastName": "text",
                "PostalCode": "text",
                "Amount": "decimal",
                "Children": "integer",
                "Active": "boolean",
                "LastModifiedDate": "datetime",
            },
        }
    }
    assert root(seeded) == ["Contact"]
    # In the order in which a dataflow reads them; times are in UTC.
    assert [list(row.values()) for row in rows(seeded, "Contact")] == [
        [3, None, "Two\nlines", None, -1000.0, 0, True, None],
        [2, "Ann", 'O\'Neil, "Nan"', "10115", 7.0, None, False, "2024-02-01T09:30:00Z"],
        [4, "Bo", "Ø", "00184", 0.25, 12, True, "2024-02-01T09:30:00Z"],
        [1, "Zoë", "Müller", "01067", 12.5, 2, True, "2024-03-01T10:00:00Z"],
    ]
    response = seeded.control("DELETE", "/seed")
    assert response.json() == {"connector": "salesforce", "seeded": False, "tables": []}
    assert "Opportunity" in root(seeded)


@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-32"),
        lambda text: text.encode("windows-1252"),
        lambda text: text.encode("latin-1"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("\n", "\r\n", 2).encode(),
        lambda text: b"\n\n" + text.encode() + b"\n\n",
        lambda text: text.encode().rstrip(),
        lambda text: text.replace(",", ";").replace("O'Neil;", "O'Neil,").encode(),
        lambda text: text.replace(",", "\t").replace("O'Neil\t", "O'Neil,").encode(),
        lambda text: text.replace(",", "|").replace("O'Neil|", "O'Neil,").encode(),
    ],
)
def test_encodings_line_ends_and_delimiters_are_recognized(
    seeded: Platform, folder: Path, encoded: Callable[[str], bytes]
) -> None:
    tables(seeded, folder)
    expected = rows(seeded, "Contact")
    (folder / "Contact.csv").write_bytes(encoded(CONTACTS))
    assert tables(seeded, folder)["Contact"]["rows"] == 4
    assert rows(seeded, "Contact") == expected


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-20", "0"], "integer", [1, -20, 0]),
        (["1", "007"], "text", ["1", "007"]),
        (["1", "2.50", "1e3"], "decimal", [1.0, 2.5, 1000.0]),
        (["1", "1.5E3", "1E+3"], "decimal", [1.0, 1500.0, 1000.0]),
        (["12E5", "13E7"], "text", ["12E5", "13E7"]),
        (["1", "01.5"], "text", ["1", "01.5"]),
        (["123456789012345678", "1234567890123456789"], "decimal", [123456789012345678.0, 1234567890123456789.0]),
        (["1", "1e999"], "text", ["1", "1e999"]),
        (["NaN", "1"], "text", ["NaN", "1"]),
        (["true", "False"], "boolean", [True, False]),
        (["true", "1"], "text", ["true", "1"]),
        (["2024-02-29", "2024-03-01 10:00"], "datetime", ["2024-02-29T00:00:00Z", "2024-03-01T10:00:00Z"]),
        (["2024-03-01T10:00:00.125Z", "1969-12-31"], "datetime", ["2024-03-01T10:00:00.125Z", "1969-12-31T00:00:00Z"]),
        (["2024-03-01T10:00:00-03:30", "2024-03-01T10:00+0200"], "datetime", ["2024-03-01T13:30:00Z", "2024-03-01T08:00:00Z"]),
        (["2024-02-30", "2024-03-01"], "text", ["2024-02-30", "2024-03-01"]),
        (["01.03.2024", "02.03.2024"], "text", ["01.03.2024", "02.03.2024"]),
        (["+49 30 1", "1"], "text", ["+49 30 1", "1"]),
        ([" 1", "2"], "text", [" 1", "2"]),
        (["", '""'], "text", [None, None]),
        (["", "5"], "integer", [None, 5]),
    ],
)
def test_a_column_has_the_type_that_all_its_values_have(
    seeded: Platform, tmp_path: Path, values: list[str], kind: str, expected: list[Any]
) -> None:
    lines = "".join(f"{number},{value}\n" for number, value in enumerate(values))
    (tmp_path / "T.csv").write_text(f"n,value\n{lines}", encoding="utf-8")
    assert tables(seeded, tmp_path)["T"]["columns"] == {"n": "integer", "value": kind}
    assert [row["value"] for row in rows(seeded, "T")] == expected


def test_a_type_must_fit_all_rows_and_not_only_the_first_ones(seeded: Platform, tmp_path: Path) -> None:
    (tmp_path / "T.csv").write_text("a,b\n" + "1,2024-01-01\n" * 5_000 + "x,soon\n", encoding="utf-8")
    assert tables(seeded, tmp_path)["T"]["columns"] == {"a": "text", "b": "text"}


def test_a_comma_divides_digits_where_semicolons_divide_values(seeded: Platform, tmp_path: Path) -> None:
    (tmp_path / "T.csv").write_text("a;b\n1,5;x\n-2;y\n", encoding="utf-8")
    assert tables(seeded, tmp_path)["T"]["columns"] == {"a": "decimal", "b": "text"}
    assert [row["a"] for row in rows(seeded, "T")] == [1.5, -2.0]


def test_a_header_alone_is_a_table_without_rows(seeded: Platform, tmp_path: Path) -> None:
    (tmp_path / "Lead.csv").write_text("Id,Email\n", encoding="utf-8")
    (tmp_path / "Account.csv").write_text("Id", encoding="utf-8")
    assert {path: each["rows"] for path, each in tables(seeded, tmp_path).items()} == {"Account": 0, "Lead": 0}
    assert rows(seeded, "Lead") == []


def test_a_table_can_have_one_column_and_strange_names(seeded: Platform, tmp_path: Path) -> None:
    (tmp_path / "emails.csv").write_text("Email\na@example.com\n\nb@example.com\n", encoding="utf-8")
    (tmp_path / "public.my table.csv").write_text('"a ""b""",\'; DROP TABLE x --,Straße\n1,2,3\n', encoding="utf-8")
    assert {path: each["rows"] for path, each in tables(seeded, tmp_path).items()} == {"emails": 2, "public.my table": 1}
    assert rows(seeded, "public.my%20table") == [{'a "b"': 1, "'; DROP TABLE x --": 2, "Straße": 3}]


def test_parquet_files_have_the_types_of_their_columns(seeded: Platform, tmp_path: Path) -> None:
    values = """1::TINYINT AS i, 2.5::DECIMAL(9, 2) AS d, 'nan'::DOUBLE AS nan, 007 AS n, 'x' AS t, true AS b,
        DATE '2024-03-01' AS day, TIMESTAMP '2024-03-01 10:00:00' AS modifiedOn, TIMESTAMPTZ '2024-03-01 10:00:00+02' AS tz,
        '20736f21-1943-4f91-a07a-f6a1d5aa1a51'::UUID AS u, NULL::VARCHAR AS nothing"""
    duckdb.sql(f"COPY (SELECT {values}) TO '{tmp_path / 'contact.parquet'}'")
    (table,) = tables(seeded, tmp_path, connector="dynamics").values()
    assert list(table["columns"].values()) == [
        *("integer", "decimal", "decimal", "integer", "text", "boolean"),
        *("datetime", "datetime", "datetime", "text", "text"),
    ]
    assert table["modificationColumn"] == "modifiedOn"
    base = p.base_connection(p.DYNAMICS)
    params = {"serviceUri": "https://acme.crm.dynamics.com", "username": "acme", "password": "opensesame"}
    base["auth"] = {"specName": "Basic Authentication for Dynamics-Online", "params": params}
    assert [list(row.values()) for row in rows(seeded, "contact", base)] == [
        [
            *(1, 2.5, None, 7, "x", True),
            *("2024-03-01T00:00:00Z", "2024-03-01T10:00:00Z", "2024-03-01T08:00:00Z"),
            *("20736f21-1943-4f91-a07a-f6a1d5aa1a51", None),
        ]
    ]
    assert "Opportunity" in root(seeded), "the other connectors keep their tables"


def test_a_database_has_the_tables_that_are_seeded(seeded: Platform, folder: Path) -> None:
    base: Json = {
        "name": "postgres",
        "auth": {"specName": "Connection String Based Authentication", "params": {"connectionString": "Server=x;Password=y"}},
        "connectionSpec": {"id": "74a1c565-4e59-48d7-9d67-7c03b8a13137", "version": "1.0"},
    }
    assert root(seeded, base) == []
    tables(seeded, folder, connector="postgres")
    assert root(seeded, base) == ["Contact"]
    assert len(rows(seeded, "Contact", base)) == 4


def test_the_delta_column_is_named_or_found_by_its_usual_names(seeded: Platform, folder: Path) -> None:
    (folder / "Order.csv").write_text("id,Changed\n1,2024-01-01\n", encoding="utf-8")
    found = {path: each["modificationColumn"] for path, each in tables(seeded, folder).items()}
    assert found == {"Contact": "LastModifiedDate", "Order": None}
    found = {path: each["modificationColumn"] for path, each in tables(seeded, folder, deltaColumn="changed").items()}
    assert found == {"Contact": "LastModifiedDate", "Order": "Changed"}
    seeded.control("DELETE", "/seed")
    assert problems(seeded, folder, deltaColumn="When") == ["No table has the delta column When: correct its name."]
    (sentence,) = problems(seeded, folder, deltaColumn="PostalCode")
    assert sentence.startswith("Contact.csv the delta column PostalCode has values that are not times")


def test_runs_read_the_seeded_rows_as_the_clock_passes_their_times(seeded: Platform, tmp_path: Path) -> None:
    now = int(time.time())
    moments = [now - 86_400, now + 4_000, now + 6_000, now + 6_001, now + 50_000]
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(each)) for each in moments]
    lines = "".join(f"{number},Ann,Ex,ann{number}@example.com,{stamp}\n" for number, stamp in enumerate(stamps))
    (tmp_path / "Contact.csv").write_text(f"Id,FirstName,LastName,Email,LastModifiedDate\n{lines}", encoding="utf-8")
    assert tables(seeded, tmp_path)["Contact"]["rows"] == 5
    pipeline = p.create_pipeline(seeded)
    seeded.control("POST", "/clock", {"ahead_s": 3 * 3600 + 300})
    items = seeded.ok("GET", f"{FLOW}/runs?property=flowId=={pipeline.flow}&orderby=createdAt")["items"]
    # The first run is after an hour; then there is one every 30 minutes.
    assert [each["metrics"]["recordSummary"]["inputRecordCount"] for each in items] == [1, 1, 2, 0, 0]


# --- one sentence each ----------------------------------------------------------------------------------------------

GARBAGE = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(160))
MIXED = """A.csv, line 3 contains the byte 0xEB, which is not valid UTF-8, but lines before it are in UTF-8: \
save the whole file in one encoding."""


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("A.csv", b"", "A.csv is empty: it needs a header."),
        ("A.csv", b"\xef\xbb\xbf", "A.csv is empty: it needs a header."),
        ("A.csv", b" \r\n\n", "A.csv is empty: it needs a header."),
        ("A.csv", b"a,b\n1,2\na,b\n3,4\n", "A.csv, line 3 repeats the header."),
        ("A.csv", b"a,b\r\na,b\r\n", "A.csv, line 2 repeats the header."),
        (
            "A.csv",
            b"Id,Email,email\n1,2,3\n",
            "A.csv columns 2 and 3 have the same name, Email (case does not distinguish columns).",
        ),
        ("A.csv", b"Id,,b\n1,2,3\n", "A.csv column 2 has no name."),
        ("A.csv", b"a,b,c\n1,2,3\n4,5\n", "A.csv, line 3 has 2 values, but the header has 3 columns."),
        ("A.csv", b"a,b\n1,2\n1,2,3,4\n", "A.csv, line 3 has 4 values, but the header has 2 columns."),
        ("A.csv", b'a,b\n1,"x\ny"\n2,z\n3,"open\n4,5\n', "A.csv, line 5 has a quoted value without its end."),
        ("A.csv", b'\n\na,b\n1,"x"y\n', "A.csv, line 4 has a quoted value without its end."),
        ("A.csv", b'a,"b\n1,2\n', "A.csv, line 1: the header cannot be read (unexpected end of data)."),
        ("A.csv", b"a,b\n1,\x00\n", "A.csv, line 2 contains a NUL byte: this is not a text file."),
        (
            "A.csv",
            "a,b\n1,Zoë\n".encode() + b"2,Zo\xeb\n",
            MIXED,
        ),
        (
            "A.csv",
            b"a,b\n1,\x81\n",
            "A.csv, line 2 contains the byte 0x81, so this is neither a text in UTF-8 nor one in Windows-1252 or Latin-1.",
        ),
        ("A.csv", b"\xff\xfea\x00,\x00b\x00\n", "A.csv is not valid UTF-16, as its first bytes say."),
        ("A.csv", b"a\n" + b"x" * 2_000_001, "A.csv, line 2 is longer than 2,000,000 characters."),
        ("A.parquet", b"a,b\n1,2\n", "A.parquet is not a Parquet file."),
        ("A.xlsx", b"PK", "A.xlsx is not a table: its name must end in .csv, .tsv or .parquet."),
    ],
)
def test_what_cannot_be_read_is_one_sentence(seeded: Platform, tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert problems(seeded, tmp_path) == [expected]


@pytest.mark.parametrize("content", [GARBAGE, b"PAR1" + GARBAGE + b"PAR1"])
@pytest.mark.parametrize("name", ["A.csv", "A.parquet"])
def test_garbage_is_one_sentence(seeded: Platform, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (sentence,) = problems(seeded, tmp_path)
    assert sentence.startswith(name)


def test_nested_parquet_columns_are_named(seeded: Platform, tmp_path: Path) -> None:
    duckdb.sql(f"COPY (SELECT 1 AS a, [1] AS b, {{'x': 1}} AS c) TO '{tmp_path / 'A.parquet'}'")
    assert problems(seeded, tmp_path) == [
        "A.parquet column b is of the type INTEGER[], which a table cannot have.",
        "A.parquet column c is of the type STRUCT, which a table cannot have.",
    ]


def test_all_problems_of_a_folder_are_reported_at_once_and_nothing_is_seeded(
    seeded: Platform, seeding: LocalProcess, folder: Path
) -> None:
    (folder / "Account.csv").write_text("Id,Name\n1\n2,a\n3,b,c\n", encoding="utf-8")
    (folder / "Lead.csv").write_bytes(b"")
    (folder / "Lead.tsv").write_text("Id\n", encoding="utf-8")
    (folder / "old").mkdir()
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    (folder / ".DS_Store").write_text("x", encoding="utf-8")
    (folder / "Gone.csv").symlink_to("nowhere.csv")
    assert sorted(problems(seeded, folder)) == [
        "Account.csv, line 2 has 1 value, but the header has 2 columns.",
        "Account.csv, line 4 has 3 values, but the header has 2 columns.",
        "Gone.csv is a link to a file that does not exist.",
        "Lead.csv and Lead.tsv are the same table: remove one of them.",
        "Lead.csv is empty: it needs a header.",
        "notes.txt is not a table: its name must end in .csv, .tsv or .parquet.",
        "old is a folder: move its tables one level up, or move it elsewhere.",
    ]
    assert "Opportunity" in root(seeded)
    assert [path for path in (seeding.home / "seeds").rglob("*") if path.is_file()] == []


def test_a_seed_that_fails_leaves_the_one_before(seeded: Platform, folder: Path) -> None:
    tables(seeded, folder)
    (folder / "Lead.csv").write_bytes(b"")
    assert seed(seeded, folder).status_code == 400
    assert (root(seeded), len(rows(seeded, "Contact"))) == (["Contact"], 4)


def test_many_lines_with_the_same_mistake_are_not_all_reported(seeded: Platform, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text("a,b\n" + "1\n" * 10_000, encoding="utf-8")
    assert len(problems(seeded, tmp_path)) <= 5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nothing", "does not exist: name a folder with one CSV or Parquet file per table."),
        ("Contact.csv", "is not a folder: name a folder with one CSV or Parquet file per table."),
        ("empty", "has no files: it needs one CSV or Parquet file per table, such as Contact.csv."),
    ],
)
def test_a_folder_without_tables_is_one_sentence(seeded: Platform, folder: Path, name: str, expected: str) -> None:
    (folder / "empty").mkdir()
    assert problems(seeded, folder / name) == [f"{folder / name} {expected}"]


def test_what_may_not_be_read_is_one_sentence(seeded: Platform, folder: Path) -> None:
    (folder / "Contact.csv").chmod(0)
    try:
        (folder / "Contact.csv").read_bytes()
    except PermissionError:
        assert problems(seeded, folder) == ["Contact.csv cannot be read (Permission denied)."]
        (folder / "Contact.csv").chmod(0o600)
        folder.chmod(0)
        assert problems(seeded, folder) == [f"{folder} cannot be read (Permission denied)."]
        folder.chmod(0o700)
    else:
        pytest.skip("this user may read everything")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"folder": "crm"}, "Nothing was seeded: crm is not an absolute path: the local Platform runs in a folder of its own."),
        ({"folder": "/", "connector": "sap"}, "No connector with tables is called sap: choose one of amazon-redshift, "),
        ({"folder": "/", "connector": "google-cloud"}, "No connector with tables is called google-cloud: choose one of "),
        ({}, "The field folder"),
        ({"folder": "/", "table": "x"}, "The field table"),
    ],
)
def test_a_wrong_call_is_one_sentence(seeded: Platform, body: Json, expected: str) -> None:
    response = seeded.control("POST", "/seed", body)
    assert (response.status_code, response.json()["error"][: len(expected)]) == (400, expected)


# --- how long they stay ---------------------------------------------------------------------------------------------


def test_seeds_survive_a_kill_and_a_reset_removes_them(tmp_path: Path, folder: Path, session: requests.Session) -> None:
    home = tmp_path / "home"
    home.mkdir()
    killed = start(home)
    platform = Platform(session, killed.url).log_in()
    assert set(tables(platform, folder)) == {"Contact"}
    expected = rows(platform, "Contact")
    # What another seed leaves behind that is killed.
    (home / "seeds" / ".incomplete" / "abc").mkdir(parents=True)
    killed.stop(signal.SIGKILL)

    again = start(home)
    platform = Platform(session, again.url).log_in()
    assert rows(platform, "Contact") == expected
    assert [path.name for path in (home / "seeds").iterdir()] == [_folder(platform, home)]
    platform.control("POST", "/reset")
    platform.log_in()
    assert not (home / "seeds").exists()
    assert "Opportunity" in root(platform)
    assert again.stop() == (0, "")


def _folder(platform: Platform, home: Path) -> str:
    """The name of the only folder, which has the files of the seeded tables."""
    (found,) = {path.parent for path in (home / "seeds").rglob("*.parquet")}
    assert len(platform.control("GET", "/seed").json()["seeds"]) == 1
    return found.name


def test_a_replaced_seed_leaves_no_files(seeded: Platform, seeding: LocalProcess, folder: Path) -> None:
    for _ in range(2):
        tables(seeded, folder)
        assert len(list((seeding.home / "seeds").rglob("*.parquet"))) == 1
    seeded.control("DELETE", "/seed")
    assert list((seeding.home / "seeds").rglob("*.parquet")) == []


def test_a_million_rows_are_read_quickly_in_bounded_memory(seeded: Platform, seeding: LocalProcess, tmp_path: Path) -> None:
    table = """
        SELECT i AS "Id", 'Zoë' AS "FirstName", 'Müller, ' || i AS "LastName", 'zoe' || i || '@example.com' AS "Email",
               printf('0%04d', i % 10000) AS "PostalCode", i / 4 AS "Amount",
               printf('2024-%02d-%02dT%02d:00:00Z', i % 12 + 1, i % 28 + 1, i % 24) AS "LastModifiedDate"
        FROM range(1000000) AS t(i)
    """
    with duckdb.connect() as duck:
        duck.execute(f"COPY ({table}) TO '{tmp_path / 'Contact.csv'}' (FORMAT csv, HEADER)")
    before = _cpu_s(seeding)
    assert tables(seeded, tmp_path)["Contact"]["rows"] == 1_000_000
    assert _cpu_s(seeding) - before < 30
    assert len(rows(seeded, "Contact")) == 100
    assert _peak_mb(seeding) < 500
    response = seeded.control("GET", "/seed")
    assert response.elapsed.total_seconds() < 5
    assert json.loads(response.text)["seeds"][0]["tables"][0]["columns"]["PostalCode"] == "text"


def _cpu_s(process: LocalProcess) -> float:
    fields = Path(f"/proc/{process.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _peak_mb(process: LocalProcess) -> int:
    status = Path(f"/proc/{process.process.pid}/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024
