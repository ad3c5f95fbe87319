"""`aep fleet` with the real CLI: an estate of three stacks, the shared one first; and states in PostgreSQL."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stacking import ROOT, Ran, Stack, checked_out, deployable

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


def fleet(stack: Stack, *args: str, code: int = 0) -> Ran:
    ran = stack.run("aep", "fleet", *args, fails=code != 0)
    assert ran.code == code, ran.output
    return ran


def document(stack: Stack, *args: str, code: int = 0) -> Any:
    output = fleet(stack, *args, "--json", code=code).output
    return json.JSONDecoder().raw_decode(output)[0]


def waves(planned: Any) -> list[list[str]]:
    return [[each["name"].rpartition("/")[2] for each in wave] for wave in planned["waves"]]


NAMES = tuple(SETTINGS)


def test_an_estate_is_planned_deployed_in_order_operated_and_compared(team: Stack) -> None:
    # Before anything is deployed, config shows the order.
    assert waves(document(team, "plan", *NAMES)) == [["shared"], ["anna", "bob"]]
    team.pulumi("up", "--yes", "--skip-preview", "--stack", "shared")
    previewed = document(team, "plan", *NAMES, "--preview")
    assert (waves(previewed), previewed["previews_failed"], previewed["notes"]) == ([["shared"], ["anna", "bob"]], {}, [])

    for name in ("anna", "bob"):
        team.pulumi("up", "--yes", "--skip-preview", "--stack", name)
    planned = document(team, "plan", *NAMES)
    assert [each["objects"] for wave in planned["waves"] for each in wave] == [2, 5, 5]
    assert planned["notes"] == []
    shared, anna, *_others = (each["name"] for wave in planned["waves"] for each in wave)
    assert planned["waves"][1][0]["reads"] == [shared]

    team.run("aep", "platform", "clock", "first-run")
    runs = document(team, "runs", *NAMES)
    assert [(each["stack"], each["sandbox"], each["last_outcome"]) for each in runs["flows"]] == [
        (anna, "dev", "succeeded"),
        ("organization/aep/bob", "dev", "succeeded"),
    ]
    assert fleet(team, "drift", *NAMES).output == "No differences.\n"

    # A pause is drift, and the next update after a refresh resumes.
    assert [each["outcome"] for each in document(team, "pause", "anna", "--yes")["flows"]] == ["changed"]
    (difference,) = document(team, "drift", *NAMES, code=2)["differences"]
    assert (difference["stack"], difference["sandbox"], difference["field"]) == ("aep/anna", "dev", "enabled")
    assert (difference["expected"], difference["found"]) == (True, False)
    team.pulumi("refresh", "--yes", "--skip-preview", "--stack", "anna")
    assert "1 updated" in team.pulumi("up", "--yes", "--skip-preview", "--stack", "anna").output
    assert [each["outcome"] for each in document(team, "resume", "anna", "--yes")["flows"]] == ["unchanged"]

    # An object that two stacks manage, as after a copied state.
    team.pulumi("stack", "init", "copy")
    exported = team.pulumi("stack", "export", "--stack", "anna").output
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


@pytest.mark.parametrize("compression", ["", "PULUMI_DIY_BACKEND_GZIP", "PULUMI_DIY_BACKEND_ZSTD"])
@pytest.mark.parametrize("backend", ["file", "postgres"])
def test_states_are_read_as_the_cli_stored_them(tmp_path: Path, backend: str, compression: str) -> None:
    stacks = [*estate(sandboxes=1, teams=2, pipelines=2), StackState("empty", deployed=False)]
    project = project_in(tmp_path / "project", stacks)
    (tmp_path / "Pulumi.yaml").write_text("name: keeper\nruntime: python\n")
    for keeper in deployable(tmp_path):
        with postgres() as server:
            if backend == "postgres" and server is None:
                pytest.skip("PostgreSQL is not installed")
            more = {compression: "true"} if compression else {}
            more |= {"PULUMI_BACKEND_URL": server.database()} if backend == "postgres" and server else {}
            stack = Stack(project, keeper.environment | more)
            for each in stacks:
                stack.pulumi("stack", "init", each.name)
                if each.deployed:
                    deployment = each.checkpoint()["checkpoint"]["latest"]
                    (tmp_path / "state.json").write_text(json.dumps({"version": 3, "deployment": deployment}))
                    stack.pulumi("stack", "import", "--force", "--file", str(tmp_path / "state.json"), "--stack", each.name)
            planned = document(stack, "plan")
            assert waves(planned) == [["empty", "shared-000"], ["team-000-0", "team-000-1"]]
            assert [each["objects"] for wave in planned["waves"] for each in wave] == [0, 2, 10, 10]
