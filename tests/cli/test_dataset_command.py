"""`aep dataset`: what it shows of a dataset's rows, and the sentences where there are none."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from rows_on_platform import SALESFORCE, Rows, rows_on_platform

from aep_pulumi.emulator.flow_service.connectors import CONNECTORS

pytestmark = pytest.mark.slow

ADA = {"person": {"name": {"firstName": "Ada", "lastName": "Lovelace"}}}
LINES = b'{"person": {"name": {"firstName": "Ada", "lastName": "Lovelace"}}}\n{"person": {"name": {"firstName": "Alan"}}}\n'


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    with rows_on_platform(tmp_path_factory.mktemp("rows")) as rows:
        yield rows


@pytest.fixture(scope="module")
def crm(platform: Rows) -> dict[str, str]:
    """A dataset of the CRM's contacts, whose dataflow has run once."""
    dataset = platform.dataset("CRM: People (all)")
    flow = platform.flow(dataset)
    platform.platform.control("POST", "/clock", {"frozen": True})
    platform.platform.control("POST", "/clock/first-runs", {"flowId": flow})
    return {"dataset": dataset, "flow": flow}


def test_the_first_rows_are_those_of_the_source(platform: Rows, crm: dict[str, str]) -> None:
    people = platform.people(5, crm["flow"])
    assert len(people) == 5
    assert platform.lines("dataset", "head", "CRM: People (all)") == people
    assert platform.lines("dataset", "head", crm["dataset"], "--rows", "2") == people[:2]


def test_nested_fields_are_columns(platform: Rows, crm: dict[str, str]) -> None:
    code, output, errors = platform.aep("dataset", "head", crm["dataset"])
    heading, columns, *rows = output.splitlines()
    assert (code, errors) == (0, "")
    assert heading.startswith("CRM: People (all)  5 rows of its newest batch, 20")
    assert columns.split() == ["person.name.firstName", "person.name.lastName", "personalEmail.address"]
    for person, row in zip(platform.people(5, crm["flow"]), rows, strict=True):
        email = person.get("personalEmail", {}).get("address", "-")
        assert row.split() == f"{person['person']['name']['firstName']} {person['person']['name']['lastName']} {email}".split()


def test_on_a_narrow_terminal_a_few_rows_are_side_by_side(platform: Rows, crm: dict[str, str]) -> None:
    people = platform.people(2, crm["flow"])
    _, output, _ = platform.aep("dataset", "head", crm["dataset"], "--rows", "2", COLUMNS="70")
    _, columns, *fields = output.splitlines()
    assert columns.split() == ["Field", "Row", "1", "Row", "2"]
    first_names = [person["person"]["name"]["firstName"] for person in people]
    assert fields[0].split() == ["person.name.firstName", *" ".join(first_names).split()]


def test_a_query_counts_what_the_run_has_written(platform: Rows, crm: dict[str, str]) -> None:
    (run,) = platform.call("GET", f"/data/foundation/flowservice/runs?property=flowId=={crm['flow']}")["items"]
    written = run["metrics"]["recordSummary"]["outputRecordCount"]
    contacts = CONNECTORS[SALESFORCE].table("Contact")
    assert contacts
    assert written == contacts.count(run["metrics"]["durationSummary"]["startedAtUTC"] / 1000) > 1_000
    counted = "select count(*) as people from {}"
    for view in ("crm_people_all", "CRM_People_All", f'"{crm["dataset"]}"', '"CRM: People (all)"'):
        assert platform.lines("dataset", "sql", counted.format(view)) == [{"people": written}]


def test_a_query_answers_as_table_csv_and_json(platform: Rows, crm: dict[str, str]) -> None:
    person = platform.people(1, crm["flow"])[0]["person"]["name"]
    last_name = person["lastName"].replace("'", "''")
    selected = "select person.name as name, 1.5 as half, null as nothing, timestamp '2024-02-29 10:00:00' as at"
    query = f"{selected} from crm_people_all where person.name.lastName = '{last_name}' limit 1"
    (row,) = platform.lines("dataset", "sql", query)
    assert row["name"].keys() == {"firstName", "lastName"}
    assert {**row, "name": None} == {"name": None, "half": 1.5, "nothing": None, "at": "2024-02-29T10:00:00Z"}
    _, table, _ = platform.aep("dataset", "sql", query)
    assert table.split()[:4] == ["name", "half", "nothing", "at"]
    assert table.split()[-3:] == ["1.5", "-", "2024-02-29T10:00:00Z"]
    code, output, errors = platform.aep("dataset", "sql", query, "--csv")
    heading, line = output.splitlines()
    assert (code, errors, heading) == (0, "", "name,half,nothing,at")
    assert line.startswith('"{""firstName"": ""')
    assert line.endswith(",1.5,,2024-02-29T10:00:00Z")


def test_a_long_table_is_cut_with_a_word(platform: Rows, crm: dict[str, str]) -> None:
    query = f'from "{crm["dataset"]}"'
    code, output, errors = platform.aep("dataset", "sql", query, "--rows", "3")
    assert (code, len(output.splitlines())) == (0, 4)
    assert errors == "aep: there are more than 3 rows: --rows shows more, --json and --csv show all\n"


def test_uploaded_files_of_any_format_are_read_together(platform: Rows) -> None:
    dataset = platform.dataset("Mixed")
    platform.ingest(dataset, LINES)
    platform.platform.control("POST", "/clock", {"ahead_s": 1})
    with duckdb.connect() as duck:
        path = platform.folder / "mixed.parquet"
        duck.execute(f"COPY (SELECT {{'name': {{'lastName': 'Hopper'}}}} AS person) TO '{path}' (FORMAT parquet)")
    platform.ingest(dataset, path.read_bytes(), "parquet")
    query = "select person.name.lastName as last from mixed order by 1 nulls last"
    assert platform.lines("dataset", "sql", query) == [{"last": "Hopper"}, {"last": "Lovelace"}, {"last": None}]
    newest_first = [{"person": {"name": {"lastName": "Hopper"}}}, ADA, {"person": {"name": {"firstName": "Alan"}}}]
    assert platform.lines("dataset", "head", "Mixed") == newest_first
    assert "3 rows of its 2 newest batches" in platform.aep("dataset", "head", "Mixed")[1]


def test_failed_and_deleted_batches_are_left_out(platform: Rows) -> None:
    dataset = platform.dataset("Once")
    kept = platform.ingest(dataset, LINES)
    reverted = platform.ingest(dataset, LINES)
    platform.call("POST", f"/data/foundation/import/batches/{reverted}?action=REVERT")
    platform.ingest(dataset, b"no rows at all\n")
    statuses = [each["status"] for each in platform.call("GET", f"/data/foundation/catalog/batches?dataSet={dataset}").values()]
    assert sorted(statuses) == ["failed", "inactive", "success"]
    assert platform.lines("dataset", "sql", "select count(*) as n from once") == [{"n": 2}]
    platform.call("POST", f"/data/foundation/import/batches/{kept}?action=REVERT")
    assert platform.aep("dataset", "head", "Once")[:2] == (0, NO_ROWS.format("Once") + "\n")


NO_ROWS = 'dataset "{}" has no rows: no batch of it has succeeded with any, or all have been deleted'


def test_a_dataset_without_rows_is_a_sentence(platform: Rows) -> None:
    platform.dataset("Empty")
    assert platform.aep("dataset", "head", "Empty") == (0, NO_ROWS.format("Empty") + "\n", "")
    assert platform.aep("dataset", "head", "Empty", "--json") == (0, "", f"aep: {NO_ROWS.format('Empty')}\n")
    assert platform.aep("dataset", "sql", "from empty") == (1, "", f"aep: {NO_ROWS.format('Empty')}\n")


def test_a_dataset_is_also_named_as_in_the_program(platform: Rows, crm: dict[str, str]) -> None:
    platform.state(people=crm["dataset"])
    rows = platform.lines("dataset", "head", crm["dataset"])
    assert platform.lines("dataset", "head", "people") == rows
    assert platform.lines("dataset", "head", "pipeline-of-people") == rows
    assert platform.lines("dataset", "head") == rows, "without a name, the datasets of the stack"
    platform.state(people=crm["dataset"], others=platform.dataset("Others"))
    code, output, _ = platform.aep("dataset", "head")
    assert (code, output.count("CRM: People (all)  "), output.count(NO_ROWS.format("Others"))) == (0, 1, 1)
    assert "name one" in platform.aep("dataset", "head", "--json")[2]
    platform.state(people="0" * 24)
    assert "in the stack's state but no longer on Platform" in platform.aep("dataset", "head", "people")[2]
    platform.state()
    assert "the stack's state has no dataset" in platform.aep("dataset", "head")[2]


def test_unknown_and_ambiguous_names_list_the_others(platform: Rows, crm: dict[str, str]) -> None:
    code, output, errors = platform.aep("dataset", "head", "Nobody")
    assert (code, output) == (1, "")
    assert errors.startswith("aep: there is no dataset \"Nobody\", neither in sandbox 'dev' nor in the stack: the sandbox has ")
    assert "CRM: People (all)" in errors
    twice = [platform.dataset("Twice"), platform.dataset("Twice")]
    assert platform.aep("dataset", "head", "Twice")[2].startswith('aep: "Twice" is the name of 2 datasets: name one by its id: ')
    errors = platform.aep("dataset", "sql", "from nobody")[2]
    assert errors.startswith('aep: there is no view "nobody": the sandbox has crm_people_all, ')
    for each in twice:
        platform.ingest(each, LINES)
        assert f"twice_{each}" in errors
        assert len(platform.lines("dataset", "sql", f"from twice_{each}")) == 2
    assert crm["dataset"] not in errors


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select * from read_csv('{secret}')", "Permission Error"),
        ("select * from '{secret}'", "there is no view"),
        ("copy (select 1) to '{written}'", "COPY is not possible"),
        ("copy (select 1) to '{written}'; select 1", "there are 2 statements"),
        ("attach '{written}'", "ATTACH is not possible"),
        ("install httpfs", "LOAD is not possible"),
        ("set enable_external_access = true", "SET is not possible"),
        ("create table t (n int)", "CREATE is not possible"),
        ("drop view crm_people_all", "DROP is not possible"),
        ("pragma database_list", "PRAGMA is not possible"),
        ("", "there are 0 statements"),
        ("selec 1", 'Parser Error: syntax error at or near "selec"'),
        ("select nothing from crm_people_all", "Binder Error"),
        ("select content from read_text('{secret}')", "Permission Error"),
        ("select * from glob('/*')", "Permission Error"),
        ("select * from sandbox", "there is no view"),
    ],
)
@pytest.mark.usefixtures("crm")
def test_a_query_can_only_read_datasets(platform: Rows, tmp_path: Path, query: str, reason: str) -> None:
    secret, written = tmp_path / "secret.csv", tmp_path / "written"
    secret.write_text("a\nopensesame\n")
    code, output, errors = platform.aep("dataset", "sql", query.format(secret=secret, written=written))
    assert (code, output) == (1, "")
    assert reason in errors
    assert len(errors.splitlines()) == 1
    assert not written.exists()


def test_a_query_has_bounded_memory(platform: Rows) -> None:
    query = "select current_setting('memory_limit') as most, sum(range) as n from range(10)"
    assert platform.lines("dataset", "sql", query) == [{"most": "488.2 MiB", "n": 45}]


def test_missing_permissions_are_named(platform: Rows, crm: dict[str, str]) -> None:
    platform.platform.control("POST", "/permissions", {"deny": ["export"]})
    try:
        code, output, errors = platform.aep("dataset", "head", crm["dataset"])
    finally:
        platform.platform.control("POST", "/permissions", {"deny": []})
    assert (code, output) == (1, "")
    assert "403" in errors
    assert "Datasets" in errors


def test_files_that_have_expired_are_a_sentence(platform: Rows) -> None:
    dataset = platform.dataset("Expired")
    flow = platform.flow(dataset)
    platform.platform.control("POST", "/clock/first-runs", {"flowId": flow})
    assert len(platform.lines("dataset", "head", dataset, "--rows", "1")) == 1
    shutil.rmtree(platform.folder / "home" / "batches" / "dev" / dataset)
    sentence = 'aep: files of dataset "Expired" are no longer on Platform: they have expired or been deleted'
    for command in (("head", dataset), ("sql", "from expired")):
        code, output, errors = platform.aep("dataset", *command)
        assert (code, output) == (1, "")
        assert errors.startswith(sentence)


def test_more_than_the_limit_is_not_downloaded(platform: Rows) -> None:
    dataset = platform.dataset("Large")
    platform.ingest(dataset, LINES * 10_000)
    for command in (("head", "Large"), ("sql", "from large")):
        code, output, errors = platform.aep("dataset", *command, "--max-mb", "1")
        assert (code, output) == (1, "")
        assert 'dataset "Large" has 1 file with 1 MB to read, more than the limit of 1 MB' in errors
    assert platform.lines("dataset", "sql", "select count(*) as n from large") == [{"n": 20_000}]


def test_untrusted_text_cannot_control_the_terminal(platform: Rows) -> None:
    dataset = platform.dataset("Hostile \x1b[31m")
    row = {"person": {"name": {"firstName": "\x1b[2J\u202e", "lastName": "[red]a\nb"}}}
    platform.ingest(dataset, json.dumps(row).encode() + b"\n")
    _, output, _ = platform.aep("dataset", "head", dataset)
    assert "\x1b" not in output
    assert "\u202e" not in output
    assert "[red]a" in output
    assert platform.lines("dataset", "head", dataset) == [row]


def test_conflicting_options_are_rejected(platform: Rows) -> None:
    code, _, errors = platform.aep("dataset", "sql", "select 1", "--csv", "--json")
    assert (code, "specify --json or --csv, not both" in errors) == (1, True)


def test_help_does_not_import_duckdb() -> None:
    program = "import sys; from aep_pulumi.cli.dataset import command; command(['sql', '--help'], standalone_mode=False);"
    program += "print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert {"duckdb", "aep_pulumi.emulator"} & set(ran.stderr.split()) == set()
