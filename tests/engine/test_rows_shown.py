"""Rows on the command line: what `make up` ends with, and the same people before they are deployed, in files and in counts."""

import json
import re
import shutil
import subprocess
from typing import Any

import requests
from commands_here import aep
from stacking import CONTROL, ROOT, Stack, platform_headers
from test_readme_followed import blocks, names_of

FLOW = "/data/foundation/flowservice"
PEOPLE = ("person.name.firstName", "person.name.lastName", "personalEmail.address")


def json_lines(stack: Stack, *args: str) -> list[Any]:
    return [json.loads(line) for line in aep(stack, *args, "--json").stdout.splitlines()]


def frozen_after_the_first_run(stack: Stack) -> str:
    """Freeze the clock, and move it to the end of the first run. Returns what the command says."""
    answer = requests.post(f"{stack.platform}/_local/clock", json={"frozen": True}, headers=CONTROL, timeout=10)
    assert answer.ok
    return aep(stack, "platform", "clock", "first-run").output


# Deployed here, and not a copy of what another test deployed: the first run of that may be over by now.
def test_the_people_of_a_mapping_are_those_in_the_dataset_and_so_are_those_of_a_day_of_runs(stack: Stack) -> None:
    stack.up()
    said = frozen_after_the_first_run(stack)
    tried = json.loads(aep(stack, "mapping", "try", "contacts-to-people", "--rows", "5", "--json").stdout)["rows"]
    rows = json_lines(stack, "dataset", "head", "people")
    assert rows == [row["after"] for row in tried]
    assert len(rows) == 5
    for row, source in zip(rows, (each["before"] for each in tried), strict=True):
        assert row["person"]["name"] == {"firstName": source["FirstName"], "lastName": source["LastName"]}
        assert row.get("personalEmail", {}).get("address") == source["Email"]

    (count,) = json_lines(stack, "dataset", "sql", "select count(*) as n from target_dataset_for_crm_data")
    assert said.endswith(f": {count['n']} rows written.\n")
    (run,) = requests.get(f"{stack.platform}{FLOW}/runs", headers=platform_headers(stack), timeout=60).json()["items"]
    assert run["metrics"]["recordSummary"] == {"inputRecordCount": count["n"], "outputRecordCount": count["n"]} | {
        name: value
        for name, value in run["metrics"]["recordSummary"].items()
        if name not in {"inputRecordCount", "outputRecordCount"}
    }
    shown = aep(stack, "runs").output
    assert re.search(r"Began \(UTC\) +Outcome +Took +Read +Written +Failed +Batch", shown)
    assert re.search(rf"succeeded +\d+ s +{count['n']} +{count['n']} +0 +\w{{26}}", shown)

    # A day later.
    advanced = json.loads(aep(stack, "platform", "clock", "advance", "+1d", "--json").stdout)["runs"]
    assert (advanced["success"], advanced["failed"], advanced["in_progress"]) == (48, 0, 0)
    assert advanced["rows_read"] == advanced["rows_written"] > 48
    query = "select count(*) as n, count(personalEmail.address) as emails from target_dataset_for_crm_data"
    (counted,) = json_lines(stack, "dataset", "sql", query)
    runs = json.loads(aep(stack, "runs", "--since", "2d", "--json").stdout)["flows"][0]["runs"]
    assert len(runs) == 49
    assert sum(each["rows_out"] for each in runs) == counted["n"]
    assert 0 < counted["emails"] < counted["n"]


def test_make_up_ends_with_five_rows_as_in_the_readme(stack: Stack) -> None:
    shutil.copy(ROOT / "Makefile", stack.folder)
    recipe = (stack.folder / "Makefile").read_text()
    last = recipe[recipe.index("aep platform clock first-run") :].partition(" || true")[0].replace("$(STACK)", "dev")
    stack.up()
    script = f"aep deployed --stack dev && {last}"
    outputs = []
    for _ in range(2):
        ran = subprocess.run(
            ["/bin/sh", "-c", script], cwd=stack.folder, env=stack.environment, capture_output=True, text=True, check=True
        )
        outputs.append(ran.stdout)
    (shown,) = blocks("Try it", "text")
    assert names_of(outputs[0]) == names_of(shown)
    for output, sentence in zip(
        (shown, *outputs), ("was moved ahead by", "was moved ahead by", "the clock was not moved."), strict=True
    ):
        said, heading, columns, *rows = output.splitlines()[-8:]
        assert sentence in said
        assert heading.startswith("Target Dataset for CRM data  5 rows of its newest batch, ")
        assert columns.split() == list(PEOPLE)
        assert len(rows) == 5
        assert all(re.search(r" (\S+@(\S+\.)?example\.(com|org|net)|-) *$", row) for row in rows)
