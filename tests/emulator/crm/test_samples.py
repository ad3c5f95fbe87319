"""The sample organisations: what their people, companies and deals look like, and how their rows change."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pipelines as p
import pytest
from pipelines import FLOW
from plain_client import Platform

from aep_pulumi.emulator.cloud_storage.google_cloud import GOOGLE_CLOUD
from aep_pulumi.emulator.crm.dynamics import DYNAMICS
from aep_pulumi.emulator.crm.hubspot import HUBSPOT
from aep_pulumi.emulator.crm.salesforce import SALESFORCE, VEEVA
from aep_pulumi.emulator.crm.tables import KINDS, Table

Json = dict[str, Any]

pytestmark = pytest.mark.slow

# 15 March 2026, 10:00 UTC.
NOW = 1_773_568_800
HOUR, DAY = 3_600, 86_400

CRMS = {
    "salesforce": SALESFORCE,
    "veeva": VEEVA,
    "dynamics": DYNAMICS,
    "hubspot": HUBSPOT,
    "files": [file.rows for file in GOOGLE_CLOUD],
}
TABLES = {f"{crm} {table.path}": table for crm, tables in CRMS.items() for table in tables}
SAMPLES = list(TABLES.values())


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Table:
    """A table, by its name: pytest keeps the tests of one together, so that what has not changed is not generated again."""
    return TABLES[request.param]


def of_each(tables: Sequence[Table]) -> pytest.MarkDecorator:
    """A test for each of these tables."""
    return pytest.mark.parametrize("table", [name for name, table in TABLES.items() if table in tables], indirect=True)


EVERY, MAIN = of_each(SAMPLES), of_each([*SALESFORCE[:4], *DYNAMICS])

TYPES: dict[str, type] = {"text": str, "boolean": bool, "decimal": float, "integer": int, "datetime": str}


def all_rows(table: Table, until: float = NOW, after: float | None = None, column: str | None = None) -> list[Json]:
    return [row for chunk in table.rows(until, after, column) for row in chunk]


ROWS_NOW: dict[int, list[Json]] = {}


def rows_of(table: Table) -> list[Json]:
    """All rows of a table now, generated once for all tests."""
    if id(table) not in ROWS_NOW:
        ROWS_NOW[id(table)] = all_rows(table)
    return ROWS_NOW[id(table)]


def seconds(value: Any) -> int:
    return int(datetime.fromisoformat(value).timestamp())


def by_id(tables: Sequence[Table], path: str, column: str) -> dict[str, Json]:
    (table,) = (each for each in tables if each.path == path)
    return {row[column]: row for row in rows_of(table)}


# --- rows are a pure function of time -------------------------------------------------------------------------------


@EVERY
def test_rows_have_the_columns_and_types_of_the_table(table: Table) -> None:
    rows = rows_of(table)
    assert rows
    for row in rows:
        assert list(row) == list(table.columns)
        assert all(value is None or type(value) is TYPES[table.columns[name]] for name, value in row.items()), row
    assert set(table.columns.values()) <= set(KINDS)
    moments = [value for row in rows for name, value in row.items() if table.columns[name] == "datetime" and value]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", moment) for moment in moments)


@EVERY
def test_the_same_arguments_return_the_same_rows_in_chunks_ordered_by_modification(table: Table) -> None:
    chunks = list(table.rows(NOW))
    assert all(0 < len(chunk) <= 5_000 for chunk in chunks)
    rows = [row for chunk in chunks for row in chunk]
    assert rows == rows_of(table)
    assert len(rows) == table.count(NOW)
    assert table.modification_column is not None
    modified = [seconds(row[table.modification_column]) for row in rows]
    assert modified == sorted(modified)
    assert modified[-1] <= NOW


@of_each([SALESFORCE[1], SALESFORCE[3], DYNAMICS[0]])
def test_a_window_has_exactly_the_rows_that_changed_in_it(table: Table) -> None:
    key, column = next(iter(table.columns)), str(table.modification_column)
    now = {row[key]: row for row in rows_of(table)}
    for width in (900, DAY, 20 * DAY, 60 * DAY):
        after = NOW - width
        window = all_rows(table, NOW, after)
        assert window == [row for row in rows_of(table) if seconds(row[column]) > after], width
        assert table.count(NOW, after) == len(window), width
        # What did not change is as it was.
        before = {row[key]: row for row in all_rows(table, after)}
        changed = {row[key] for row in window}
        assert {each for each in now if now[each] != before.get(each)} == changed, width


@MAIN
def test_one_run_after_another_sees_every_change_once(table: Table) -> None:
    key, column = next(iter(table.columns)), str(table.modification_column)
    start = NOW - DAY
    state = {row[key]: row for row in all_rows(table, start)}
    changes = 0
    for moment in range(start, NOW, 900):
        window = all_rows(table, moment + 900, moment)
        assert all(moment < seconds(row[column]) <= moment + 900 for row in window)
        state |= {row[key]: row for row in window}
        changes += len(window)
    assert state == {row[key]: row for row in rows_of(table)}
    assert 30 < changes < 300, "about one row per 15 minutes"


@EVERY
def test_the_next_change_skips_exactly_the_time_in_which_nothing_changes(table: Table) -> None:
    moment: float | None = NOW - 2 * DAY
    found = []
    while moment is not None and (moment := table.next_change(moment, NOW)) is not None:
        found.append(moment)
    for before, moment in itertools.pairwise([NOW - 2 * DAY, *found]):
        assert table.count(moment - 1, before) == 0
        assert table.count(moment, moment - 1) >= 1
    assert table.next_change(found[-1] if found else NOW - 2 * DAY, NOW) is None
    # The first change is the creation of the first row.
    first = table.next_change(0, NOW)
    assert first is not None
    assert (table.count(first - 1), table.count(first)) == (0, 1)


@of_each([SALESFORCE[1]])
@pytest.mark.parametrize("column", ["CreatedDate", "SystemModstamp", "Birthdate"])
def test_any_time_can_be_the_delta_column(table: Table, column: str) -> None:
    after, until = {"Birthdate": (seconds("1980-01-01T00:00:00Z"), seconds("1990-01-01T00:00:00Z"))}.get(column, (NOW - DAY, NOW))
    rows = all_rows(table, NOW, after, column) if column != "Birthdate" else all_rows(table, until, after, column)
    expected = [row for row in all_rows(table, until) if row[column] and after < seconds(row[column]) <= until]
    assert sorted(row["Id"] for row in rows) == sorted(row["Id"] for row in expected)
    assert [row[column] for row in rows] == sorted(row[column] for row in rows)
    assert table.count(until, after, column) == len(rows)
    assert table.next_change(after, until, column) == (seconds(rows[0][column]) if rows else None)


@of_each([SALESFORCE[1]])
def test_rows_without_a_delta_value_are_read_once(table: Table) -> None:
    assert len(all_rows(table, NOW, None, "Birthdate")) == table.count(NOW)
    assert {row["LastName"] for row in all_rows(table, NOW, 0, "LastName")} == set()
    assert len(all_rows(table, NOW, None, "LastName")) == table.count(NOW)
    assert table.next_change(0, NOW, "LastName") is None


@EVERY
def test_nothing_existed_in_the_beginning_and_rows_are_still_added(table: Table) -> None:
    assert (table.count(0), all_rows(table, 0), table.next_change(0, 1)) == (0, [], None)
    assert table.count(NOW + 365 * DAY) > table.count(NOW)


GENERATED = """
import hashlib, json, time
from aep_pulumi.emulator.cloud_storage.google_cloud import GOOGLE_CLOUD
from aep_pulumi.emulator.crm.dynamics import DYNAMICS
from aep_pulumi.emulator.crm.hubspot import HUBSPOT
from aep_pulumi.emulator.crm.salesforce import SALESFORCE, VEEVA
for table in (*SALESFORCE, *VEEVA, *DYNAMICS, *HUBSPOT, *(file.rows for file in GOOGLE_CLOUD)):
    began = time.process_time()
    rows = [row for chunk in table.rows(1_773_568_800) for row in chunk]
    needed = time.process_time() - began
    print(json.dumps([table.path, len(rows), needed, hashlib.sha256(json.dumps(rows).encode()).hexdigest()]))
"""


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def test_every_process_generates_the_same_rows_some_thousand_in_less_than_a_second() -> None:
    environment = {**os.environ, "PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland"}
    command = [sys.executable, "-c", GENERATED]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    for table, (path, count, needed, rows) in zip(SAMPLES, map(json.loads, printed), strict=True):
        assert (path, count, rows) == (table.path, len(rows_of(table)), digest(rows_of(table)))
        assert needed / count * 5_000 < 2, f"{path}: under a second on an idle machine"
    assert all(len(rows_of(table)) > 2_000 for table in (*SALESFORCE[:4], *DYNAMICS))


STAMPS = ("Id", "AccountId", "CreatedDate", "LastModifiedDate", "opportunityid", "estimatedvalue", "modifiedon", "statecode")


@pytest.mark.parametrize(
    ("table", "expected"),
    [("salesforce Contact", "dbb0148cd439fdab"), ("dynamics opportunity", "415824ed3aca2fee")],
    indirect=["table"],
)
def test_ids_references_times_and_amounts_do_not_depend_on_the_library_that_knows_the_names(table: Table, expected: str) -> None:
    assert digest([[row[name] for name in STAMPS if name in row] for row in rows_of(table)])[:16] == expected


def test_neither_the_names_nor_duckdb_are_imported_before_they_are_needed() -> None:
    program = "import sys, aep_pulumi.emulator.core.server; print(*({'mimesis', 'duckdb'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == ""


# --- what the rows look like ----------------------------------------------------------------------------------------


def test_salesforce_ids_have_the_prefix_of_their_object_and_a_checksum() -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    for table, prefix in zip(SALESFORCE[:4], ("001", "003", "00Q", "006"), strict=True):
        ids = [row["Id"] for row in rows_of(table)]
        assert len(set(ids)) == len(ids)
        # A client that compares without case must not confuse two ids.
        assert len({each.lower() for each in ids}) == len(ids)
        for each in ids:
            assert re.fullmatch(prefix + r"[0-9A-Za-z]{15}", each)
            bits = [
                "".join("1" if letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" else "0" for letter in each[at : at + 5])
                for at in (0, 5, 10)
            ]
            assert each[15:] == "".join(alphabet[int(part[::-1], 2)] for part in bits)


def test_dynamics_ids_are_guids() -> None:
    for table in DYNAMICS:
        ids = [row[f"{table.path}id"] for row in rows_of(table)]
        assert len(set(ids)) == len(ids)
        assert all(str(uuid.UUID(each)) == each for each in ids)


def test_salesforce_references_lead_to_rows_that_existed_before() -> None:
    accounts, contacts = by_id(SALESFORCE, "Account", "Id"), by_id(SALESFORCE, "Contact", "Id")
    leads, deals = by_id(SALESFORCE, "Lead", "Id"), by_id(SALESFORCE, "Opportunity", "Id")

    def check(rows: dict[str, Json], column: str, targets: dict[str, Json]) -> None:
        referring = [row for row in rows.values() if row[column]]
        assert len(referring) > 100
        assert all(targets[row[column]]["CreatedDate"] <= row["LastModifiedDate"] for row in referring)

    check(contacts, "AccountId", accounts)
    check(accounts, "ParentId", accounts)
    check(deals, "AccountId", accounts)
    check(deals, "ContactId", contacts)
    check(leads, "ConvertedContactId", contacts)
    check(leads, "ConvertedAccountId", accounts)
    assert all(contacts[row["ContactId"]]["AccountId"] == row["AccountId"] for row in deals.values() if row["ContactId"])
    for lead in leads.values():
        assert (lead["Status"] == "Closed - Converted") == lead["IsConverted"] == (lead["ConvertedDate"] is not None)
        if lead["IsConverted"]:
            contact = contacts[lead["ConvertedContactId"]]
            assert (contact["LastName"], contact["AccountId"]) == (lead["LastName"], lead["ConvertedAccountId"])


def test_dynamics_references_lead_to_existing_rows() -> None:
    accounts, contacts = by_id(DYNAMICS, "account", "accountid"), by_id(DYNAMICS, "contact", "contactid")
    for path, column, targets in (
        ("account", "parentaccountid", accounts),
        ("contact", "parentcustomerid", accounts),
        ("lead", "parentcontactid", contacts),
        ("lead", "parentaccountid", accounts),
        ("opportunity", "parentcontactid", contacts),
        ("opportunity", "parentaccountid", accounts),
    ):
        referring = [row[column] for row in by_id(DYNAMICS, path, f"{path}id").values() if row[column]]
        assert len(referring) > 100
        assert set(referring) <= set(targets)


PEOPLE = [
    (SALESFORCE[1], "FirstName", "LastName", "Email"),
    (SALESFORCE[2], "FirstName", "LastName", "Email"),
    (DYNAMICS[1], "firstname", "lastname", "emailaddress1"),
    (DYNAMICS[2], "firstname", "lastname", "emailaddress1"),
    (HUBSPOT[0], "firstname", "lastname", "email"),
]


@pytest.mark.parametrize(("table", "first", "last", "email"), PEOPLE)
def test_people_have_names_of_many_countries_and_addresses_at_example_domains(
    table: Table, first: str, last: str, email: str
) -> None:
    rows = rows_of(table)
    names = {f"{row[first]} {row[last]}" for row in rows}
    assert len(names) > len(rows) * 0.85
    letters = set("".join(names))
    assert len({letter for letter in letters if not letter.isascii()}) > 15
    for row in rows:
        if row[email]:
            assert re.fullmatch(r"[a-z0-9._]+@([a-z0-9-]+\.)?example\.(com|org|net)", row[email].lower())
    ascii_rows = [row for row in rows if row[email] and row[last].isascii()]
    assert all(re.sub("[^a-z]", "", row[last].lower()) in row[email].lower() for row in ascii_rows)


def test_some_names_are_in_another_script() -> None:
    names = {row["lastname"] for row in rows_of(DYNAMICS[1])}
    assert any(re.fullmatch("[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ'-]+", name) for name in names)  # noqa: RUF001 - Ukrainian


def test_some_people_were_entered_twice() -> None:
    contacts = rows_of(SALESFORCE[1])
    people = Counter((row["LastName"], row["Email"].lower()) for row in contacts if row["Email"])
    twice = [row for row in contacts if row["Email"] and people[row["LastName"], row["Email"].lower()] > 1]
    assert 100 < len(twice) < len(contacts) / 10
    assert len({row["Id"] for row in twice}) == len(twice)
    assert any(row["Email"] != row["Email"].lower() for row in twice)
    assert len({row["Email"] for row in twice}) > len({row["Email"].lower() for row in twice})


@MAIN
def test_columns_that_a_crm_leaves_empty_are_sometimes_null(table: Table) -> None:
    rows = rows_of(table)
    shares = {name: sum(row[name] is None for row in rows) / len(rows) for name in table.columns}
    assert sum(share > 0.02 for share in shares.values()) >= 3
    assert all(share < 0.95 for share in shares.values()), "no column is always empty"
    assert shares[next(iter(table.columns))] == 0
    assert shares[str(table.modification_column)] == 0


def test_phone_numbers_and_addresses_are_international() -> None:
    rows = rows_of(DYNAMICS[1])
    phones = [row["telephone1"] for row in rows if row["telephone1"]]
    assert all(re.fullmatch(r"(\+|00)[0-9 -]{8,20}", phone) for phone in phones)
    assert len({phone.removeprefix("00").removeprefix("+")[:2] for phone in phones}) > 8
    assert any(phone.startswith("00") for phone in phones)
    assert len({row["address1_country"] for row in rows if row["address1_country"]}) > 10
    codes = [row["address1_postalcode"] for row in rows if row["address1_postalcode"]]
    assert any(code.startswith("0") for code in codes)
    assert any(re.search("[A-Z]", code) for code in codes)


def changes(table: Table, days: int) -> Counter[str]:
    """In how many rows each column has changed in the last days."""
    key, since = next(iter(table.columns)), NOW - days * DAY
    before = {row[key]: row for row in all_rows(table, since)}
    both = [(before[row[key]], row) for row in rows_of(table) if row[key] in before]
    return Counter({column: sum(old[column] != new[column] for old, new in both) for column in table.columns})


@of_each([SALESFORCE[1]])
def test_people_move_and_are_promoted_but_keep_their_names_and_birthdays(table: Table) -> None:
    changed = changes(table, 90)
    for column in ("Phone", "Title", "MailingCity", "HasOptedOutOfEmail"):
        assert changed[column] > 50, column
    assert (changed["LastName"], changed["Birthdate"]) == (0, 0)


@of_each([DYNAMICS[1]])
def test_people_move_and_are_promoted_in_the_other_crm(table: Table) -> None:
    changed = changes(table, 90)
    for column in ("telephone1", "jobtitle", "address1_city"):
        assert changed[column] > 50, column


@of_each([SALESFORCE[3]])
def test_deals_close(table: Table) -> None:
    assert changes(table, 30)["StageName"] > 20
    stages = Counter(row["StageName"] for row in rows_of(table))
    assert {"Prospecting", "Negotiation/Review", "Closed Won", "Closed Lost"} <= set(stages)


# --- what a client sees ---------------------------------------------------------------------------------------------


def _base(platform: Platform, spec_id: str) -> str:
    body = p.base_connection(spec_id)
    if spec_id == p.DYNAMICS:
        params = {"serviceUri": "https://acme.crm.dynamics.com", "username": "acme", "password": "opensesame"}
        body["auth"] = {"specName": "Basic Authentication for Dynamics-Online", "params": params}
    return str(platform.ok("POST", f"{FLOW}/connections", body)["id"])


@pytest.mark.parametrize(("spec_id", "tables"), [(p.SALESFORCE, SALESFORCE), (p.DYNAMICS, DYNAMICS)])
def test_every_table_of_a_crm_can_be_previewed(platform: Platform, spec_id: str, tables: Sequence[Table]) -> None:
    base = _base(platform, spec_id)
    listed = platform.ok("GET", f"{FLOW}/connections/{base}/explore?objectType=root")
    assert [each["path"] for each in listed] == [table.path for table in tables]
    for table in tables:
        path = f"{FLOW}/connections/{base}/explore?objectType=table&object={table.path}&preview=true"
        explored = platform.ok("GET", path)
        assert [column["name"] for column in explored["schema"]["columns"]] == list(table.columns)
        # The first rows, in the order in which a dataflow reads them.
        assert len(explored["data"]) == 100
        first = itertools.chain.from_iterable(table.rows(time.time()))
        assert explored["data"] == list(itertools.islice(first, 100))
