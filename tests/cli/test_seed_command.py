"""`aep platform seed`: a user's folder in the place of the sample tables."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from in_process import run_here

from aep_pulumi.client import local

pytestmark = pytest.mark.slow

CONTACTS = "Id,Email,LastModifiedDate\n1,a@example.com,2024-03-01T10:00:00Z\n2,b@example.com,2024-03-02T10:00:00Z\n"
SALESFORCE = "These are the tables of the connector salesforce now; `aep platform seed --samples` returns to its samples.\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    # In a process of its own, as a user does. It starts the local Platform.
    command = [sys.executable, "-c", "from aep_pulumi.cli import main; main()", "platform", "seed", "--samples"]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env={**os.environ, "AEP_HOME": str(folder)}
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "The connector salesforce has its sample tables.\n"
    yield folder
    local.stop(folder)


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    """A folder of one table."""
    folder = tmp_path / "my crm"
    folder.mkdir()
    (folder / "Contact.csv").write_text(CONTACTS)
    return folder


def run(home: Path, *args: str, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run `aep platform`: exit code, output, errors."""
    ran = run_here("platform", *args, cwd=cwd or home, environ={**os.environ, "AEP_HOME": str(home)})
    return ran.returncode, ran.stdout, ran.stderr


def start(home: Path) -> None:
    """Start the local Platform, in a process that ends before it."""
    command = [sys.executable, "-c", "from aep_pulumi.cli import main; main()", "platform", "start"]
    subprocess.run(command, capture_output=True, check=True, timeout=120, env={**os.environ, "AEP_HOME": str(home)})


def seeds(home: Path) -> dict[str, list[str]]:
    """The seeded tables, by connector."""
    url = json.loads((home / "platform.json").read_text())["url"]
    with requests.Session() as session:
        session.trust_env = False
        found = session.get(f"{url}/_local/seed", timeout=10).json()["seeds"]
    return {each["connector"]: [table["path"] for table in each["tables"]] for each in found}


def test_each_table_is_listed_with_its_rows(home: Path, crm: Path) -> None:
    (crm / "Visit.csv").write_text("Place\nKöln\n")
    expected = f"""Contact: 2 rows; changes are found by LastModifiedDate
Visit: 1 row; no column has the time of a change: all rows are read once
{SALESFORCE}"""
    # The folder may be relative to where the user is.
    assert run(home, "seed", crm.name, cwd=crm.parent) == (0, expected, "")
    assert seeds(home) == {"salesforce": ["Contact", "Visit"]}
    assert run(home, "seed", "--samples") == (0, "The connector salesforce has its sample tables.\n", "")
    assert seeds(home) == {}


def test_another_connector_and_delta_column_can_be_named(home: Path, crm: Path) -> None:
    (crm / "Contact.csv").write_text(CONTACTS.replace("LastModifiedDate", "Seen"))
    code, output, _ = run(home, "seed", str(crm), "--connector", "dynamics", "--delta-column", "Seen")
    assert (code, output.splitlines()[0]) == (0, "Contact: 2 rows; changes are found by Seen")
    assert seeds(home) == {"dynamics-online": ["Contact"]}
    assert run(home, "seed", "--samples")[0] == 0
    assert seeds(home) == {"dynamics-online": ["Contact"]}, "another connector"
    assert run(home, "seed", "--samples", "--connector", "dynamics")[0] == 0
    assert seeds(home) == {}


def test_all_problems_are_printed_one_per_line_and_nothing_is_seeded(home: Path, crm: Path) -> None:
    (crm / "Account.csv").write_text("Id,Name\n1\n")
    (crm / "Lead.csv").write_text("")
    (crm / "evil\x1b[31m.txt").write_text("")
    code, output, errors = run(home, "seed", str(crm))
    assert (code, output) == (1, "")
    assert sorted(errors.splitlines()) == [
        "aep: Account.csv, line 2 has 1 value, but the header has 2 columns.",
        "aep: Lead.csv is empty: it needs a header.",
        "aep: evil\\u001b[31m.txt is not a table: its name must end in .csv, .tsv or .parquet.",
    ]
    assert seeds(home) == {}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("nowhere",), "nowhere does not exist: name a folder with one CSV or Parquet file per table."),
        ((".", "--connector", "sap"), "aep: No connector with tables is called sap: choose one of "),
        (("--samples", "--connector", "sap"), "aep: No connector with tables is called sap: choose one of "),
        ((), "Error: Name either a FOLDER to seed, or --samples to return to the sample tables.\n"),
        ((".", "--samples"), "Error: Name either a FOLDER to seed, or --samples to return to the sample tables.\n"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(home: Path, crm: Path, args: tuple[str, ...], expected: str) -> None:
    code, output, errors = run(home, "seed", *args, cwd=crm)
    assert (code, output, expected in errors) == (1, "", True)


def test_a_seed_survives_a_restart_and_a_reset_removes_it(home: Path, crm: Path) -> None:
    assert run(home, "seed", str(crm))[0] == 0
    shutil.rmtree(crm)
    assert run(home, "stop")[0] == 0
    start(home)
    assert seeds(home) == {"salesforce": ["Contact"]}
    assert run(home, "reset", "--yes")[0] == 0
    assert not (home / "seeds").exists()
    start(home)
    assert seeds(home) == {}
