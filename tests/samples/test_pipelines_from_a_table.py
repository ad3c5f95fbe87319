"""The table of pipelines: twenty valid rows, and one sentence for every invalid one that names its row and its field."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pulumi
import pytest
import table
import yaml

FILE = Path(table.__file__).with_name("pipelines.yaml")
ROWS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text())
GOOD = {
    "name": "leads",
    "table": "Lead",
    "columns": ["Email"],
    "mapping": {"Email": "personalEmail.address"},
    "schedule": {"frequency": "hour", "interval": 1},
}


def problems(folder: Path, *rows: object) -> list[str]:
    """The errors of a file with these rows."""
    file = folder / "pipelines.yaml"
    file.write_text(yaml.safe_dump(list(rows)))
    with pytest.raises(pulumi.RunError) as rejected:
        table.rows_of(file)
    return [line.removeprefix("pipelines.yaml: ") for line in str(rejected.value).splitlines()]


def without(field: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != field}


def test_the_file_has_twenty_pipelines() -> None:
    rows = table.rows_of(FILE)
    assert [row.name for row in rows] == [row["name"] for row in ROWS]
    assert len({row.name for row in rows}) == 20
    assert rows[1].schedule.arguments() == {"frequency": "minute", "interval": 30}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (without("table"), "leads: table is required"),
        (without("name"), "row 1: name is required"),
        ("leads", "row 1: must be a map of name, table, columns, mapping, schedule"),
        (GOOD | {"name": "New Leads"}, "New Leads: name must be lower-case letters, digits and hyphens"),
        (GOOD | {"tabel": "Lead"}, "leads: tabel is not a valid field: did you mean table?"),
        (GOOD | {"x": 1}, "leads: x is not a valid field: there are name, table, columns, mapping, schedule"),
        (GOOD | {"columns": []}, "leads: columns must not be empty"),
        (GOOD | {"columns": ["Email", 5]}, "leads: columns.1 must be a valid string"),
        (
            GOOD | {"mapping": {"Emial": "personalEmail.address"}},
            "leads: mapping.Emial is not one of the columns: did you mean Email?",
        ),
        (GOOD | {"mapping": {"Email": ""}}, "leads: mapping.Email must not be empty"),
        (GOOD | {"schedule": {"interval": 1}}, "leads: schedule.frequency is required"),
        (
            GOOD | {"schedule": {"frequency": "hourly", "interval": 1}},
            "leads: schedule.frequency must be 'once', 'minute', 'hour', 'day' or 'week'",
        ),
        (
            GOOD | {"schedule": {"frequency": "minute", "interval": 5}},
            "leads: schedule.interval must be 15 or more with frequency minute",
        ),
        (GOOD | {"schedule": {"frequency": "hour"}}, "leads: schedule.interval must be 1 or more with frequency hour"),
        (
            GOOD | {"schedule": {"frequency": "once", "interval": 1}},
            "leads: schedule.interval and schedule.backfill must not be set with frequency once",
        ),
    ],
)
def test_an_invalid_row_is_one_sentence_that_names_the_row_and_the_field(tmp_path: Path, row: object, sentence: str) -> None:
    assert problems(tmp_path, row) == [sentence]


def test_all_invalid_rows_are_reported_at_once(tmp_path: Path) -> None:
    rows = deepcopy(ROWS)
    del rows[0]["schedule"]["interval"]
    rows[5]["mapping"] = {"Emali": "workEmail.address"}
    rows[7]["name"] = rows[6]["name"]
    rows[19]["tabel"] = rows[19].pop("table")
    assert [problem.partition(" ")[0] for problem in problems(tmp_path, *rows)] == [
        "contacts-names:",
        "contacts-mailing-address:",
        "accounts-for-sales:",
        "accounts-for-sales:",
        "contacts-home-address:",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- name: [", "pipelines.yaml cannot be read: while parsing"),
        ("name: leads", "pipelines.yaml must be a list of rows, each with name, table, columns, mapping, schedule"),
        ("", "pipelines.yaml must be a list of rows"),
    ],
)
def test_a_file_that_is_not_a_table_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "pipelines.yaml"
    file.write_text(text)
    with pytest.raises(pulumi.RunError, match=sentence) as rejected:
        table.rows_of(file)
    assert "\n" not in str(rejected.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"pipelines\.yaml cannot be read: .*No such file"):
        table.rows_of(tmp_path / "pipelines.yaml")
