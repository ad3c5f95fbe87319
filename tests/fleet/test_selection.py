"""Selection: which stacks a command of the fleet is about."""

import gzip
import json

import pytest
from estates import StackState, files_in, project_in
from folders import Folder

pytestmark = pytest.mark.slow

STACKS = [
    StackState("shared-dev"),
    StackState("team-a-dev", reads=["organization/aep/shared-dev"]),
    StackState("team-b-dev", reads=["organization/aep/shared-dev"]),
    StackState("team-a-prod", "prod"),
]


@pytest.fixture
def project(folder: Folder) -> Folder:
    """A project with four stacks in two sandboxes."""
    folder.write(STACKS, "import shared\nopen('table.yaml')\n")
    (folder.path / "shared.py").write_text("")
    (folder.path / "unused.py").write_text("")
    (folder.path / "table.yaml").write_text("")
    return folder


def selected(folder: Folder, *args: str) -> list[str]:
    planned = json.loads(folder.aep("fleet", "plan", "--json", *args).stdout)
    return sorted(each["name"].removeprefix("organization/") for wave in planned["waves"] for each in wave)


@pytest.mark.parametrize(
    ("args", "stacks"),
    [
        ([], ["shared-dev", "team-a-dev", "team-a-prod", "team-b-dev"]),
        (["team-a-*"], ["team-a-dev", "team-a-prod"]),
        (["team-?-dev", "shared-dev"], ["shared-dev", "team-a-dev", "team-b-dev"]),
        (["aep/*-prod"], ["team-a-prod"]),
        (["organization/aep/team-b-dev"], ["team-b-dev"]),
        (["--exclude", "team-*"], ["shared-dev"]),
        (["--sandbox", "prod"], ["team-a-prod"]),
        (["--sandbox", "d*", "--exclude", "*-b-*"], ["shared-dev", "team-a-dev"]),
    ],
)
def test_stacks_are_chosen_by_pattern_and_sandbox(project: Folder, args: list[str], stacks: list[str]) -> None:
    assert selected(project, *args) == [f"aep/{each}" for each in stacks]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["taem-a-dev"], "aep: no stack matches 'taem-a-dev': did you mean team-a-dev?"),
        (["team-a-dev", "x"], "aep: no stack matches 'x': there are shared-dev, team-a-dev, team-a-prod, team-b-dev"),
        (["--exclude", "team-c-dev"], "aep: no stack matches 'team-c-dev': did you mean team-"),
        (["--sandbox", "prd"], "aep: no selected stack writes to sandbox 'prd': did you mean prod?"),
        (["shared-dev", "--exclude", "shared-*"], "aep: no stack matches all of the options together: leave one out"),
        (["--since", "no-such-commit"], "aep: --since: "),
    ],
)
def test_what_matches_nothing_is_an_error_with_near_names(project: Folder, args: list[str], words: str) -> None:
    ran = project.aep("fleet", "plan", *args, code=1)
    assert ran.stdout == ""
    assert ran.stderr.startswith(words)
    assert len(ran.stderr.splitlines()) == 1


def test_without_a_project_or_a_stack_it_says_so(folder: Folder) -> None:
    assert "there is no Pulumi.yaml here" in folder.aep("fleet", "plan", code=1).stderr
    folder.write([])
    assert "project aep has no stack in its backend" in folder.aep("fleet", "plan", code=1).stderr


# -- since a commit ---------------------------------------------------------------------------------------------------


@pytest.fixture
def committed(project: Folder) -> Folder:
    """The same, committed."""
    project.git("init", "--quiet")
    project.git("add", ".")
    project.git("commit", "--quiet", "--message", "all")
    return project


@pytest.mark.parametrize(
    ("file", "stacks"),
    [
        ("Pulumi.team-b-dev.yaml", ["team-b-dev"]),
        ("Pulumi.shared-dev.yaml", ["shared-dev", "team-a-dev", "team-b-dev"]),
        ("__main__.py", ["shared-dev", "team-a-dev", "team-a-prod", "team-b-dev"]),
        ("shared.py", ["shared-dev", "team-a-dev", "team-a-prod", "team-b-dev"]),
        ("table.yaml", ["shared-dev", "team-a-dev", "team-a-prod", "team-b-dev"]),
        ("new.csv", ["shared-dev", "team-a-dev", "team-a-prod", "team-b-dev"]),
        ("unused.py", []),
        ("README.md", []),
    ],
)
def test_since_selects_what_changed_and_what_depends_on_it(committed: Folder, file: str, stacks: list[str]) -> None:
    assert selected(committed, "--since", "HEAD") == []
    path = committed.path / file
    path.write_text((path.read_text() if path.exists() else "") + "# changed\n")
    assert selected(committed, "--since", "HEAD") == [f"aep/{each}" for each in stacks]
    committed.git("add", ".")
    committed.git("commit", "--quiet", "--message", "changed")
    assert selected(committed, "--since", "HEAD~1") == [f"aep/{each}" for each in stacks]
    assert selected(committed, "--since", "HEAD") == []


def test_since_also_narrows_the_other_options(committed: Folder) -> None:
    (committed.path / "shared.py").write_text("changed = 1\n")
    assert selected(committed, "--since", "HEAD", "--sandbox", "prod") == ["aep/team-a-prod"]
    assert "No stack has changed." in committed.aep("fleet", "plan", "--since", "HEAD", "--exclude", "*").stdout


def test_drift_since_a_commit_after_which_nothing_changed_finds_no_difference(committed: Folder) -> None:
    ran = committed.aep_apart("fleet", "drift", "--since", "HEAD", "--json")
    assert json.loads(ran.stdout) == {"differences": [], "unread": [], "unreadable_sandboxes": []}


def test_since_follows_imports_into_local_packages_outside_of_the_program(committed: Folder) -> None:
    common = committed.path / "common"
    common.mkdir()
    (common / "__init__.py").write_text("")
    (common / "deep.py").write_text("")
    (committed.path / "shared.py").write_text("from common import deep\n")
    committed.git("add", ".")
    committed.git("commit", "--quiet", "--message", "common")
    (common / "deep.py").write_text("x = 1\n")
    assert len(selected(committed, "--since", "HEAD")) == 4
    (common / "deep.py").unlink()
    assert len(selected(committed, "--since", "HEAD")) == 4


@pytest.mark.parametrize(
    "file",
    ["lib/common_x.py", "lib/common_y/deep.py", "lib/common_y/table.csv", "lib/behind.py", "src/z/acme_z/__init__.py"],
)
def test_since_follows_imports_that_only_the_program_can_locate(committed: Folder, file: str) -> None:
    """It extends its path, or has a virtual environment with a library of the repository."""
    root = committed.path.parent
    root.joinpath("lib", "common_y").mkdir(parents=True)
    root.joinpath("src", "z", "acme_z").mkdir(parents=True)
    for each in ("lib/common_y/deep.py", "lib/behind.py", "lib/other.py", "src/z/acme_z/__init__.py", "lib/yaml.py"):
        (root / each).write_text("")
    (root / "lib" / "common_x.py").write_text("import behind\n")
    (committed.path / "shared.py").write_text(
        "import sys\nsys.path.append('../lib')\nimport common_x, json, yaml\nfrom common_y import deep\nimport acme_z.part\n"
    )
    (committed.path / ".git").rename(root / ".git")
    (root / ".gitignore").write_text("/state\n/home\n/bin\n")
    committed.git("add", "--all", str(root))
    committed.git("commit", "--quiet", "--message", "lib")
    for other in ("lib/other.py", "lib/json.py", "lib/yaml.py"):
        (root / other).write_text("x = 1\n")
    assert selected(committed, "--since", "HEAD") == []
    (root / file).write_text("x = 1\n")
    assert len(selected(committed, "--since", "HEAD")) == 4
    committed.git("add", "--all", str(root))
    committed.git("commit", "--quiet", "--message", "changed")
    (root / file).unlink()
    assert len(selected(committed, "--since", "HEAD")) == 4


def test_a_program_that_imports_dynamically_consists_of_all_its_modules(committed: Folder) -> None:
    (committed.path / "__main__.py").write_text("import importlib\nimportlib.import_module('unu' + 'sed')\n")
    committed.git("commit", "--quiet", "--all", "--message", "dynamic")
    (committed.path / "unused.py").write_text("x = 1\n")
    assert len(selected(committed, "--since", "HEAD")) == 4


# -- the fleet file ---------------------------------------------------------------------------------------------------


def test_a_fleet_file_lists_projects_and_new_stacks(folder: Folder) -> None:
    crm, web = folder.path / "crm", folder.path / "web"
    project_in(crm, [StackState("shared", project="crm"), StackState("old", project="crm")])
    project_in(web, [StackState("site-a", project="web"), StackState("site-new", project="web")])
    deployed = [
        StackState("shared", project="crm"),
        StackState("old", project="crm"),
        StackState("site-a", project="web", reads=["organization/crm/shared"]),
    ]
    folder.environment["PULUMI_BACKEND_URL"] = files_in(folder.path / "state", deployed)
    (folder.path / "fleet.yaml").write_text(
        "projects:\n- folder: crm\n  exclude: [old]\n- folder: web\n  stacks: ['site-*']\nlimits:\n  stacks: 4\n"
    )
    assert selected(folder) == ["crm/shared", "web/site-a", "web/site-new"]
    assert selected(folder, "crm/*") == ["crm/shared"]
    shown = folder.aep("fleet", "plan").stdout
    assert [line.split()[:4] for line in shown.splitlines()[1:4]] == [
        ["1", "crm/shared", "dev", "0"],
        ["1", "web/site-new", "dev", "new"],
        ["2", "web/site-a", "dev", "0"],
    ]
    # Without a pattern, a settings file without a stack may be a template.
    (folder.path / "fleet.yaml").rename(folder.path / "other.yaml")
    (folder.path / "other.yaml").write_text("projects: [{folder: web}]\n")
    assert selected(folder, "--fleet", "other.yaml") == ["web/site-a"]
    assert selected(folder, "--fleet", "other.yaml", "site-new") == ["web/site-new"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("projects: []", "projects is invalid"),
        ("projects: [{folder: '.', stack: a}]", "projects.0.stack is invalid (extra inputs are not permitted)"),
        ("projects: [{folder: nowhere}]", "there is no Pulumi.yaml in"),
        ("projects: [{folder: .}, {folder: .}]", "project aep is listed twice"),
        ("projects: }", "is not valid YAML, line 1"),
        ("- a", "is not a map of YAML"),
    ],
)
def test_a_wrong_fleet_file_is_one_sentence(project: Folder, text: str, words: str) -> None:
    (project.path / "fleet.yaml").write_text(text)
    ran = project.aep("fleet", "plan", code=1)
    assert words in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


# -- backends ---------------------------------------------------------------------------------------------------------


def test_the_backend_is_found_as_the_cli_finds_it(project: Folder) -> None:
    url = project.environment.pop("PULUMI_BACKEND_URL")
    home = project.path.parent / "home"
    home.mkdir()
    (home / "credentials.json").write_text(json.dumps({"current": url}))
    project.environment["PULUMI_HOME"] = str(home)
    assert len(selected(project)) == 4
    (home / "credentials.json").write_text(json.dumps({"current": "file:///nowhere"}))
    (project.path / "Pulumi.yaml").write_text(f"name: aep\nruntime: python\nbackend:\n  url: {url}\n")
    assert len(selected(project)) == 4


def test_compressed_states_are_read_and_backups_are_not(project: Folder) -> None:
    stacks = project.path.parent / "state/.pulumi/stacks/aep"
    plain = stacks / "team-a-dev.json"
    (stacks / "team-a-dev.json.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.rename(stacks / "team-a-dev.json.bak")
    assert selected(project) == [f"aep/{each.name}" for each in sorted(STACKS, key=lambda each: each.name)]


def test_another_backend_needs_the_cli(project: Folder) -> None:
    project.environment["PULUMI_BACKEND_URL"] = "s3://bucket"
    assert project.aep("fleet", "plan", code=1).stderr == "aep: no `pulumi` on PATH\n"


def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(project: Folder) -> None:
    project.environment["PULUMI_BACKEND_URL"] = "postgres://owner:s3cret@127.0.0.1:9/states?sslmode=disable"
    ran = project.aep("fleet", "plan", code=1)
    assert ran.stderr.startswith("aep: the states cannot be read from PostgreSQL: connection")
    assert len(ran.stderr.splitlines()) == 1
    assert "s3cret" not in ran.stderr
