"""A day of runs over a seeded table, compared with SQL over the seed's file: no code of ours calculates what is expected."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb
import pipelines as p
import pytest
import requests
from datasets import batches_of, rows_in
from pipelines import CATALOG, FLOW, PREP, REGISTRY, Json
from plain_client import Platform, start

pytestmark = pytest.mark.slow

ROWS, QUARTER, RUNS = 20_000, 900, 96
AHEAD_S = 3600
"""How long after its creation the flow's first run is due."""
EXPECTED = """
    CREATE TABLE expected AS
    SELECT "LastModifiedDate" AS changed,
           {'firstName': "FirstName", 'fullName': "FirstName" || ' ' || "LastName"} AS name,
           lower("Email") AS email
    FROM read_csv('{file}', all_varchar = true)
"""


def write_contacts(file: Path, first_due_s: int) -> None:
    """A third of the rows was changed before the first run, the others in the day after it; some have no address."""
    table = f"""
        SELECT 'id' || i AS "Id",
               ['Ada', 'Björn', 'Zoë', 'o''Neil'][i % 4 + 1] AS "FirstName",
               'Name, ' || i AS "LastName",
               CASE WHEN i % 7 = 0 THEN NULL ELSE 'Person.' || i || '@Example.COM' END AS "Email",
               strftime(to_timestamp({first_due_s} + CASE WHEN i % 3 = 0 THEN -i ELSE hash(i) % 90_000 END)::TIMESTAMP,
                        '%Y-%m-%dT%H:%M:%SZ') AS "LastModifiedDate"
        FROM range({ROWS}) AS t(i)
    """  # noqa: S608 - numbers
    with duckdb.connect() as duck:
        duck.execute("SET timezone = 'UTC'")
        duck.execute(f"COPY ({table}) TO '{file}' (FORMAT csv, HEADER)")


def between(duck: duckdb.DuckDBPyConnection, after_s: int | None, until_s: int) -> list[Json]:
    """What a run must write: the rows changed after the time of the run before, and until its own."""
    window = "changed <= strftime(to_timestamp($until)::TIMESTAMP, '%Y-%m-%dT%H:%M:%SZ')"
    values = {"until": until_s}
    if after_s is not None:
        window += " AND changed > strftime(to_timestamp($after)::TIMESTAMP, '%Y-%m-%dT%H:%M:%SZ')"
        values["after"] = after_s
    found = duck.execute(f"SELECT name, email FROM expected WHERE {window}", values).fetchall()  # noqa: S608 - our own text
    return [{"person": {"name": name}, **({"personalEmail": {"address": email}} if email else {})} for name, email in found]


def in_order(rows: list[Json]) -> list[tuple[str, str]]:
    """The rows without the order in which they were written."""
    return sorted((each["person"]["name"]["fullName"], str(each)) for each in rows)


def test_the_rows_of_a_day_are_those_that_sql_finds_in_the_seed(tmp_path: Path, session: requests.Session) -> None:
    local = start(tmp_path / "home")
    platform = Platform(session, local.url).log_in()
    folder = tmp_path / "seed"
    folder.mkdir()
    first_due_s = int(time.time()) + AHEAD_S
    write_contacts(folder / "Contact.csv", first_due_s)
    assert platform.control("POST", "/seed", {"folder": str(folder)}).ok

    base = platform.ok("POST", f"{FLOW}/connections", p.base_connection())["id"]
    source_body = {**p.source_connection(base), "params": {"tableName": "Contact"}}
    source = platform.ok("POST", f"{FLOW}/sourceConnections", source_body)["id"]
    schema = platform.ok("POST", f"{REGISTRY}/tenant/schemas", p.schema())["$id"]
    dataset = p.dataset_id(platform.ok("POST", f"{CATALOG}/dataSets", p.dataset(schema)))
    target = platform.ok("POST", f"{FLOW}/targetConnections", p.target_connection(schema, dataset))["id"]
    full_name = {"sourceType": "EXPRESSION", "source": 'concat(FirstName, " ", LastName)', "destination": "person.name.fullName"}
    mappings = p.mapping_set(schema)
    mappings["mappings"].append(full_name)
    mapping = platform.ok("POST", f"{PREP}/mappingSets", mappings)["id"]
    flow = p.flow(source, target, mapping)
    flow["scheduleParams"] |= {"startTime": first_due_s, "interval": 15}
    flow_id = platform.ok("POST", f"{FLOW}/flows", flow)["id"]
    assert platform.control("POST", "/clock", {"ahead_s": AHEAD_S + (RUNS - 1) * QUARTER + 60}).ok
    platform.log_in()

    path, until_s = f"{FLOW}/runs?property=flowId=={flow_id}&limit=1000", time.monotonic() + 120
    while len(runs := platform.ok("GET", path)["items"]) < RUNS or any(
        each["metrics"]["statusSummary"]["status"] == "inProgress" for each in runs
    ):
        assert time.monotonic() < until_s
    assert len(runs) == RUNS
    expected: list[Json] = []
    before_s: int | None = None
    with duckdb.connect() as duck:
        duck.execute("SET timezone = 'UTC'")
        duck.execute(EXPECTED.replace("{file}", str(folder / "Contact.csv")))
        for run in sorted(runs, key=lambda run: int(run["createdAt"])):
            due_s = run["createdAt"] // 1000
            rows = between(duck, before_s, due_s)
            summary = run["metrics"]["recordSummary"]
            assert (summary["inputRecordCount"], summary["outputRecordCount"]) == (len(rows), len(rows))
            expected, before_s = [*expected, *rows], due_s
    assert ROWS * 0.9 < len(expected) < ROWS, "some rows are changed after the last run"
    written = rows_in(platform, dataset)
    assert in_order(written) == in_order(expected)
    assert sum(each["recordCount"] for each in batches_of(platform, dataset).values()) == len(expected)
    assert local.stop() == (0, "")
