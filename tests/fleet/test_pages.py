"""The pages about the fleet: their picture, their commands, their fleet file and their workflow."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from estates import StackState, files_in, project_in, sample
from folders import Folder
from many_sandboxes import many_sandboxes

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[2] / "docs"
FLEET = (DOCS / "fleet.md").read_text()


def block(page: str, heading: str, language: str) -> str:
    """The code block below a heading."""
    found = re.search(rf"^##? {re.escape(heading)}$.*?^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_estate_of_the_documentation_is_shown_as_the_command_shows_it(folder: Folder) -> None:
    folder.write(sample())
    for args in (["--mermaid"], []):
        shown = "\n".join(line.rstrip() for line in folder.aep("fleet", "plan", *args).stdout.splitlines())
        written = re.search(rf"<!-- {' '.join(['aep fleet plan', *args])} -->\n```\w+\n(.*?)\n```", FLEET, re.DOTALL)
        assert written is not None
        assert written[1] == shown


def test_the_commands_of_the_page_run(folder: Folder) -> None:
    with many_sandboxes() as platform:
        config = {
            "aep:endpoint": platform.url,
            "aep:organization": "LOCAL@AdobeOrg",
            "aep:clientId": "client",
            "aep:accessToken": "token",
        }
        platform.flow("prod-emea", "contacts-to-people")
        platform.run("prod-emea", "contacts-to-people", 600)
        folder.write([StackState("crm-emea", "prod-emea", objects=[("Dataflow", "contacts-to-people")], config=config)])
        for heading in ("Many stacks", "Runs", "Pause and resume"):
            for line in block(FLEET, heading, "sh").splitlines():
                program, *args = shlex.split(line, comments=True)
                assert program == "aep"
                code = 2 if args[1] == "drift" else 0  # the fake service has other names than the state
                if args[1] in {"pause", "resume"}:
                    folder.aep_apart(*args, "--yes")  # after `drift`, all clients of a process can only read
                else:
                    folder.aep(*args, code=code)
        assert platform.flows["prod-emea"]["contacts-to-people"]["state"] == "enabled"


def test_the_fleet_file_of_the_page_is_valid(folder: Folder) -> None:
    stacks = {"crm": ["a", "b-old"], "web": ["site-a", "shop"]}
    for project, names in stacks.items():
        project_in(folder.path / project, [StackState(each, project=project) for each in names])
    every = [StackState(each, project=project) for project, names in stacks.items() for each in names]
    folder.environment["PULUMI_BACKEND_URL"] = files_in(folder.path / "state", every)
    (folder.path / "fleet.yaml").write_text(block(FLEET, "Selecting stacks", "yaml"))
    planned = json.loads(folder.aep("fleet", "plan", "--json").stdout)
    assert [each["name"] for each in planned["waves"][0]] == ["organization/crm/a", "organization/web/site-a"]


def test_the_workflow_uses_what_the_command_prints(folder: Folder) -> None:
    text = block((DOCS / "ci.md").read_text(), "Many stacks", "yaml")
    workflow: Any = yaml.safe_load(text)
    folder.write(sample())
    waves = json.loads(folder.aep("fleet", "plan", "--matrix").stdout)
    jobs = [name for name in workflow["jobs"] if name != "plan"]
    for number, name in enumerate(jobs):
        job = workflow["jobs"][name]
        assert job["if"] == f"fromJSON(needs.plan.outputs.waves)[{number}]"
        assert job["strategy"]["matrix"] == f"${{{{ {job['if']} }}}}"
        assert job["needs"] in ("plan", ["plan", *jobs[:number]])
    assert set(re.findall(r"matrix\.(\w+)", text)) <= waves[0]["include"][0].keys()
    # The stacks of a job go to the command as words.
    job = waves[1]["include"][0]
    selected = json.loads(folder.aep("fleet", "plan", "--json", *job["stacks"].split()).stdout)
    assert {each["sandbox"] for wave in selected["waves"] for each in wave} == {job["sandbox"]}
