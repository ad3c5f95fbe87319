"""`aep fleet` with the real CLI: an estate of three stacks, the shared one first; and states in PostgreSQL."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands_here import aep
from stacking import ROOT, Stack, checked_out, deployable

sys.path.append(str(ROOT / "tests" / "fleet"))

from estates import StackState, estate, project_in
from postgres_server import postgres

SETTINGS = {
    "shared": {"crm:pipelines": [], "crm:environmentUrl": "https://acme.my.salesforce.com", "crm:clientId": "3MVG9.local"},
    "anna": {"crm:pipelines": ["contacts"], "crm:shared": "organization/aep/shared", "crm:namePrefix": "Anna: "},
    "bob": {"crm:pipelines": ["leads"], "crm:shared": "organization/aep/shared", "crm:namePrefix": "Bob: "},
}


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Stack]:
    """The checkout's program with three stacks of one sandbox, none of them deployed."""
    checked_out(tmp_path)
    for stack in deployable(tmp_path):
        for name, settings in SETTINGS.items():
            own = {"aep:endpoint": "local", "aep:sandbox": "dev", "crm:forceDestroy": "true", **settings}
            lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in own.items())
            (tmp_path / "stacks" / f"Pulumi.{name}.yaml").write_text(f"config:\n{lines}")
            stack.pulumi("stack", "init", name)
        stack.pulumi("config", "set", "--secret", "crm:clientSecret", "not-needed-here", "--stack", "shared")
        yield stack


def document(stack: Stack, *args: str, code: int = 0) -> Any:
    return json.loads(aep(stack, "fleet", *args, "--json", code=code).stdout)


def waves(planned: Any) -> list[list[str]]:
    return [[each["name"].rpartition("/")[2] for each in wave] for wave in planned["waves"]]


NAMES = tuple(SETTINGS)


def test_an_estate_is_planned_deployed_in_order_operated_and_compared(team: Stack) -> None:
    # Before anything is deployed, config shows the order.
    assert waves(json.loads(team.run("aep", "fleet", "plan", *NAMES, "--json").stdout)) == [["shared"], ["anna", "bob"]]
    team.pulumi("up", "--yes", "--skip-preview", "--stack", "shared")
    previewed = document(team, "plan", "shared", "anna", "--preview")
    assert (waves(previewed), previewed["previews_failed"], previewed["notes"]) == ([["shared"], ["anna"]], {}, [])

    team.pulumi("up", "--yes", "--skip-preview", "--stack", "anna")
    planned = document(team, "plan", "shared", "anna")
    assert [each["objects"] for wave in planned["waves"] for each in wave] == [2, 5]
    assert planned["notes"] == []
    shared, anna, *_others = (each["name"] for wave in planned["waves"] for each in wave)
    assert planned["waves"][1][0]["reads"] == [shared]

    team.run("aep", "platform", "clock", "first-run")
    runs = document(team, "runs", *NAMES)
    assert [(each["stack"], each["sandbox"], each["last_outcome"]) for each in runs["flows"]] == [(anna, "dev", "succeeded")]
    assert aep(team, "fleet", "drift", *NAMES).output == "No differences.\n"

    # A pause is drift, and the next update after a refresh resumes.
    assert [each["outcome"] for each in document(team, "pause", "anna", "--yes")["flows"]] == ["changed"]
    (difference,) = document(team, "drift", *NAMES, code=2)["differences"]
    assert (difference["stack"], difference["sandbox"], difference["field"]) == ("aep/anna", "dev", "enabled")
    assert (difference["expected"], difference["found"]) == (True, False)
    assert "1 updated" in team.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "anna").output
    assert [each["outcome"] for each in document(team, "resume", "anna", "--yes")["flows"]] == ["unchanged"]

    # An object that two stacks manage, as after a copied state.
    team.pulumi("stack", "init", "copy")
    exported = json.dumps(replace(team, stack="anna").export())
    (team.folder / "copy.json").write_text(exported.replace("urn:pulumi:anna::", "urn:pulumi:copy::"))
    team.pulumi("stack", "import", "--file", str(team.folder / "copy.json"), "--stack", "copy")
    (problem,) = document(team, "plan", "anna", "copy", code=1)["problems"]
    assert problem.startswith("organization/aep/anna and organization/aep/copy manage the same object in sandbox dev")


def test_a_preview_shows_what_no_config_does(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: aep\nruntime: python\n")
    program = ["import pulumi", "if pulumi.get_stack() == 'b':", "    pulumi.StackReference('organization/aep/' + 'a')"]
    (tmp_path / "__main__.py").write_text("\n".join([*program, "pulumi.export('x', 1)"]))
    for stack in deployable(tmp_path):
        for name in ("a", "b"):
            stack.pulumi("stack", "init", name)
        stack.pulumi("up", "--yes", "--skip-preview", "--stack", "a")
        assert waves(document(stack, "plan", "a", "b")) == [["a", "b"]]
        assert waves(document(stack, "plan", "a", "b", "--preview")) == [["a"], ["b"]]
        # A program that fails is no reason to stop.
        (tmp_path / "__main__.py").write_text("raise RuntimeError('broken')\n")
        failed = document(stack, "plan", "a", "b", "--preview-all")["previews_failed"]
        assert list(failed) == ["organization/aep/a", "organization/aep/b"]
        assert "broken" in failed["organization/aep/a"]


COMPRESSIONS = {"": "", ".gz": "PULUMI_DIY_BACKEND_GZIP", ".zst": "PULUMI_DIY_BACKEND_ZSTD"}
"""The suffix of stored states, and the variable that lets the CLI write them so."""


@pytest.mark.parametrize("backend", ["file", "postgres"])
def test_states_are_read_as_the_cli_stored_them(tmp_path: Path, backend: str) -> None:
    stacks = estate(sandboxes=1, teams=1, pipelines=2)
    empty = {name: StackState(f"empty{number}", deployed=False) for number, name in enumerate(COMPRESSIONS)}
    project = project_in(tmp_path / "project", [*stacks, *empty.values()])
    (tmp_path / "Pulumi.yaml").write_text("name: keeper\nruntime: python\n")
    with contextmanager(deployable)(tmp_path) as keeper, postgres() as server:
        if backend == "postgres" and server is None:
            pytest.skip("PostgreSQL is not installed")
        more = {"PULUMI_BACKEND_URL": server.database()} if backend == "postgres" and server else {}
        for compression, variable in COMPRESSIONS.items():
            stack = Stack(project, keeper.environment | more | ({variable: "true"} if variable else {}))
            stack.pulumi("stack", "init", empty[compression].name)
            for each in stacks:
                if not variable:
                    stack.pulumi("stack", "init", each.name)
                deployment = each.checkpoint()["checkpoint"]["latest"]
                (tmp_path / "state.json").write_text(json.dumps({"version": 3, "deployment": deployment}))
                stack.pulumi("stack", "import", "--force", "--file", str(tmp_path / "state.json"), "--stack", each.name)
            if backend == "file":
                folder = tmp_path / "state" / ".pulumi" / "stacks" / stacks[0].project
                for name in (empty[compression].name, *(each.name for each in stacks)):
                    assert [file.name for file in folder.glob(f"{name}.json*") if not file.name.endswith((".bak", ".attrs"))] == [
                        f"{name}.json{compression}"
                    ]
            planned = document(stack, "plan", empty[compression].name, *(each.name for each in stacks))
            assert waves(planned) == [[empty[compression].name, "shared-000"], ["team-000-0"]], compression
            assert [each["objects"] for wave in planned["waves"] for each in wave] == [0, 2, 10], compression
