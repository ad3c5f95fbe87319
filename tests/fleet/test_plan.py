"""`aep fleet plan`: waves, and what speaks against deploying."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from estates import StackState, estate, files_in, project_in
from folders import Folder

pytestmark = pytest.mark.slow

SHARED = StackState("shared", objects=[("Schema", "s1"), ("BaseConnection", "b1")])
READS = "organization/aep/shared"


def document(folder: Folder, *args: str, code: int = 0) -> Any:
    return json.loads(folder.aep("fleet", "plan", "--json", *args, code=code).stdout)


def waves(folder: Folder, *args: str, code: int = 0) -> list[list[str]]:
    return [[each["name"].rpartition("/")[2] for each in wave] for wave in document(folder, *args, code=code)["waves"]]


def test_a_stack_is_in_a_later_wave_than_those_that_it_reads(folder: Folder) -> None:
    folder.write(
        [
            SHARED,
            StackState("a", reads=[READS], objects=[("Dataset", "d1")]),
            StackState("b", "prod", reads=["organization/aep/a", "shared"]),  # the engine completes a short name
        ]
    )
    assert waves(folder) == [["shared"], ["a"], ["b"]]
    shown = folder.aep_apart("fleet", "plan").stdout
    lines = [line.split() for line in shown.splitlines()]
    assert lines[0] == ["Wave", "Stack", "Sandbox", "Objects", "Reads"]
    assert lines[1:4] == [["1", "shared", "dev", "2"], ["2", "a", "dev", "1", "shared"], ["3", "b", "prod", "0", "a,", "shared"]]
    assert "3 stacks in 3 waves, 2 sandboxes." in shown


def test_a_config_value_that_names_a_stack_counts_whatever_its_key(folder: Folder) -> None:
    new = StackState("new", config={"crm:sources": ["organization/aep/shared"], "crm:path": "a/b/c"}, deployed=False)
    folder.write([SHARED, new])
    ran = folder.aep("fleet", "plan", "--json")
    planned = json.loads(ran.stdout)["waves"]
    assert [each["reads"] for each in planned[1]] == [[READS]]
    assert planned[1][0]["is_new"]
    assert "not previewed, though new or changed: organization/aep/new" in ran.stderr


def test_a_reference_whose_config_value_has_changed_is_outdated(folder: Folder) -> None:
    old = StackState("a", reads=["organization/aep/old"], config={"crm:shared": "organization/aep/old"})
    folder.write([SHARED, old])
    file = folder.path / "Pulumi.a.yaml"
    assert "old does not exist" in folder.aep("fleet", "plan", code=1).stderr
    file.write_text(file.read_text().replace("aep/old", "aep/shared"))
    assert document(folder)["waves"][1][0]["reads"] == [READS]


def test_cycles_and_missing_stacks_are_named(folder: Folder) -> None:
    folder.write(
        [
            StackState("a", reads=["organization/aep/b"]),
            StackState("b", reads=["organization/aep/c"]),
            StackState("c", reads=["organization/aep/a"]),
            StackState("d", reads=["organization/aep/d"]),
            StackState("e", reads=["organization/other/gone"]),
            StackState("f", reads=["organization/other/gone"]),
        ]
    )
    problems = document(folder, code=1)["problems"]
    missing, circle, itself = problems
    assert missing == (
        "stack organization/other/gone does not exist and is not selected, but organization/aep/e, organization/aep/f read its "
        "outputs: select it too, or correct the name"
    )
    assert circle == (
        "organization/aep/a reads organization/aep/b reads organization/aep/c reads organization/aep/a: none of them can be "
        "deployed first: move what they share into another stack"
    )
    assert itself == "organization/aep/d reads its own outputs: remove that StackReference"
    # A selection without the others can be planned, as what it reads exists.
    assert waves(folder, "a") == [["a"]]


def test_an_object_in_two_states_is_rejected_with_all_names(folder: Folder) -> None:
    twice = [("Dataset", "d1"), ("Schema", "s2"), ("IdentityNamespace", "n1"), ("ProfileEnablement", "p1")]
    folder.write(
        [
            StackState("a", objects=twice),
            StackState("b", objects=[*twice, ("Dataset", "d3")]),
            StackState("c", "prod", objects=twice),  # the same ids in another sandbox are other objects
        ]
    )
    (problem,) = document(folder, code=1)["problems"]
    assert problem == (
        "organization/aep/a and organization/aep/b manage the same object in sandbox dev of LOCAL@AdobeOrg, "
        'dataset "dataset-d1" (d1), schema "schema-s2" (s2): keep it in one of them, and remove it from the others with '
        "`pulumi state delete`"
    )
    assert folder.aep("fleet", "plan", "--matrix", code=1).stdout == ""
    assert document(folder, "a", "c")["problems"] == []


def test_a_matrix_has_one_job_for_each_sandbox(folder: Folder) -> None:
    folder.write(estate(sandboxes=2, teams=2, pipelines=1))
    first, second = json.loads(folder.aep("fleet", "plan", "--matrix").stdout)
    assert [job["stacks"] for job in first["include"]] == ["organization/aep/shared-000", "organization/aep/shared-001"]
    assert [(job["sandbox"], job["stacks"]) for job in second["include"]] == [
        ("sb-000", "organization/aep/team-000-0 organization/aep/team-000-1"),
        ("sb-001", "organization/aep/team-001-0 organization/aep/team-001-1"),
    ]
    assert len({job["name"] for job in [*first["include"], *second["include"]]}) == 4
    # The names in a job select the same stacks.
    assert waves(folder, *second["include"][0]["stacks"].split()) == [["team-000-0", "team-000-1"]]


def test_a_matrix_that_github_would_reject_is_an_error(folder: Folder) -> None:
    folder.write(estate(sandboxes=257, teams=0, pipelines=0))
    assert (
        "wave 1 has 257 sandboxes, and a matrix of GitHub Actions at most 256 jobs"
        in folder.aep("fleet", "plan", "--matrix", code=1).stderr
    )


def test_the_picture_has_a_box_for_each_sandbox(folder: Folder) -> None:
    folder.write([*estate(2, 1, 1), StackState("x", "sb-000", ["organization/aep/shared-000", "organization/far/away"])])
    (folder.path.parent / "state/.pulumi/stacks/far").mkdir()
    files_in(folder.path.parent / "state", [StackState("away", project="far")])
    picture = folder.aep("fleet", "plan", "--mermaid").stdout
    assert picture.splitlines() == [
        "flowchart LR",
        '  subgraph p0["sb-000<br>LOCAL@AdobeOrg"]',
        '    s0["shared-000<br>2 objects"]',
        '    s2["team-000-0<br>5 objects"]',
        '    s4["x<br>0 objects"]',
        "  end",
        '  subgraph p1["sb-001<br>LOCAL@AdobeOrg"]',
        '    s1["shared-001<br>2 objects"]',
        '    s3["team-001-0<br>5 objects"]',
        "  end",
        '  o0(["organization/far/away"])',
        "  s0 --> s2",
        "  s1 --> s3",
        "  s0 --> s4",
        "  o0 --> s4",
    ]


def test_stacks_that_are_alike_are_one_node_of_a_large_picture(folder: Folder) -> None:
    folder.write(estate(sandboxes=2, teams=40, pipelines=0))
    picture = folder.aep("fleet", "plan", "--mermaid").stdout
    assert picture.count("40 stacks<br>team-000-0 … team-000-9") == 1
    assert picture.count(" --> ") == 2


def test_names_cannot_break_the_picture(folder: Folder) -> None:
    folder.write([StackState("a", 'x"] --> b["')])
    assert '["x#34;#93; --#62; b#91;#34;<br>' in folder.aep("fleet", "plan", "--mermaid").stdout


def test_settings_come_from_file_project_environment_and_last_update(folder: Folder) -> None:
    folder.write([StackState("a"), StackState("b"), StackState("c"), StackState("d", "of-last-update")])
    (folder.path / "Pulumi.yaml").write_text(
        "name: aep\nruntime: python\nconfig:\n  aep:endpoint: {value: https://platform.adobe.io}\n"
    )
    (folder.path / "Pulumi.a.yaml").write_text("config:\n  aep:sandbox: own\n  aep:organization: B@AdobeOrg\n")
    (folder.path / "Pulumi.b.yaml").write_text("config:\n  aep:endpoint: local\n")
    (folder.path / "Pulumi.c.yaml").write_text("config: {}\n")
    (folder.path / "Pulumi.d.yaml").unlink()
    folder.environment |= {"AEP_SANDBOX": "of-all", "AEP_ORGANIZATION": "A@AdobeOrg"}
    places = {
        each["name"].rpartition("/")[2]: (each["endpoint"], each["organization"], each["sandbox"])
        for wave in document(folder)["waves"]
        for each in wave
    }
    assert places == {
        "a": ("https://platform.adobe.io", "B@AdobeOrg", "own"),
        "b": ("local", "A@AdobeOrg", "of-all"),
        "c": ("https://platform.adobe.io", "A@AdobeOrg", "of-all"),
        "d": ("local", "A@AdobeOrg", "of-last-update"),
    }


def test_an_encrypted_organisation_is_known_from_the_objects(folder: Folder) -> None:
    folder.write([StackState("a", objects=[("Dataset", "d")], organization="S@AdobeOrg"), StackState("b", deployed=False)])
    for name in "ab":
        (folder.path / f"Pulumi.{name}.yaml").write_text(
            "config:\n  aep:endpoint: https://platform.adobe.io\n  aep:organization: {secure: v1:abc}\n  aep:sandbox: dev\n"
        )
    ran = folder.aep("fleet", "plan", "--json")
    assert [each["organization"] for each in json.loads(ran.stdout)["waves"][0]] == ["S@AdobeOrg", ""]
    assert "the sandbox or organisation is not known of organization/aep/b" in ran.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("not json", "the state of organization/aep/a is not one that this version can read"),
        ('{"version": 3}', "the state of organization/aep/a is not one that this version can read"),
    ],
)
def test_a_broken_state_is_one_sentence(folder: Folder, content: str, words: str) -> None:
    folder.write([StackState("a")])
    (folder.path.parent / "state/.pulumi/stacks/aep/a.json").write_text(content)
    assert words in folder.aep("fleet", "plan", code=1).stderr


def test_a_thousand_stacks_are_planned_in_order(folder: Folder, tmp_path: Path) -> None:
    stacks = estate(sandboxes=250, teams=3, pipelines=1)
    project_in(folder.path, stacks)
    folder.environment["PULUMI_BACKEND_URL"] = files_in(tmp_path / "state", stacks)
    shown = folder.aep("fleet", "plan").stdout
    assert "1000 stacks in 2 waves, 250 sandboxes." in shown
    assert len(re.findall(r"^ +2 +team-", shown, re.MULTILINE)) == 750


def test_two_regional_addresses_of_one_sandbox_are_one_place(folder: Folder) -> None:
    addresses = {"a": "https://platform.adobe.io", "b": "https://platform-nld2.adobe.io", "c": "http://127.0.0.1:9"}
    folder.write(
        [StackState(name, config={"aep:endpoint": url, "aep:organization": "A@AdobeOrg"}) for name, url in addresses.items()]
    )
    (wave,) = json.loads(folder.aep("fleet", "plan", "--matrix").stdout)
    assert [job["place"] for job in wave["include"]] == ["sandbox/A@AdobeOrg/dev", "sandbox/A@AdobeOrg/dev@http://127.0.0.1:9"]
