"""The workflows: access to secrets, write permissions, and that they run the scripts that the tests run."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aep_pulumi.journals import folder as journal

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = ["comment", "deploy", "preview", "release", "test"]
STACKS = ["dev", "prod", "stage"]
OTHERS = "pulumi/actions|pypa/gh-action-pypi-publish"
FROM_HERE = "github.event.pull_request.head.repo.full_name == github.repository"


def text(name: str) -> str:
    return (FOLDER / f"{name}.yml").read_text()


def workflow(name: str) -> dict[Any, Any]:
    """A workflow. YAML 1.1 parses its key `on` as true."""
    content: dict[Any, Any] = yaml.safe_load(text(name))
    content["on"] = content.pop(True)
    return content


def jobs(name: str) -> dict[str, dict[str, Any]]:
    by_name: dict[str, dict[str, Any]] = workflow(name)["jobs"]
    return by_name


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def secrets(part: object) -> set[str]:
    """The secrets that a part of a workflow uses."""
    return set(re.findall(r"\bsecrets\b\W*(\w*)", str(part)))


def test_the_list_of_workflows_is_complete() -> None:
    assert sorted(file.stem for file in FOLDER.iterdir()) == NAMES


def test_a_pull_request_is_never_run_with_the_rights_of_its_target() -> None:
    assert set(workflow("preview")["on"]) == {"pull_request"}
    assert set(workflow("comment")["on"]) == {"workflow_run"}
    assert set(workflow("deploy")["on"]) == {"push"}
    assert set(workflow("test")["on"]) == {"pull_request"}
    assert workflow("release")["on"] == {"push": {"tags": ["v*"]}}
    assert not any(re.search(r"^\s*pull_request_target", text(name), re.MULTILINE) for name in NAMES)


def test_code_of_forks_gets_no_secrets() -> None:
    for name, job in jobs("preview").items():
        may_run_a_fork = FROM_HERE not in str(job.get("if", ""))
        assert may_run_a_fork == (name == "local")
        if may_run_a_fork:
            assert secrets(job) == set()
            assert "environment" not in job
    assert secrets({key: value for key, value in workflow("preview").items() if key != "jobs"}) == set()
    # The whole condition, not one of several alternatives.
    assert jobs("preview")["platform"]["if"] == f"${{{{ {FROM_HERE} }}}}"


def test_the_commenting_job_has_no_credentials_and_runs_none_of_the_pull_requests_code() -> None:
    assert secrets(workflow("comment")) == set()
    (job,) = jobs("comment").values()
    assert "environment" not in job
    assert not re.search("AEP_|PULUMI_", text("comment"))
    (checkout,) = [step for step in job["steps"] if "uses" in step]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert checkout["with"]["sparse-checkout"] == "tools/ci"
    assert [step["run"] for step in job["steps"] if "run" in step] == ["python3 -I tools/ci/comment.py"]
    assert (ROOT / "tools/ci/comment.py").is_file()


def test_only_the_commenting_job_may_write_and_only_comments() -> None:
    assert workflow("comment")["permissions"] == {}
    (job,) = jobs("comment").values()
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    for name in ("preview", "deploy", "test", "release"):
        assert workflow(name)["permissions"] == {"contents": "read"}
        allowed = {job["permissions"].popitem() for job in jobs(name).values() if "permissions" in job}
        assert allowed == ({("id-token", "write")} if name == "release" else set())


@pytest.mark.parametrize("name", NAMES)
def test_no_script_contains_text_of_an_event(name: str) -> None:
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_to_a_commit_and_checkouts_do_not_keep_the_token(name: str) -> None:
    used = re.findall(r"uses: (\S+)(.*)", text(name))
    assert used
    for action, comment in used:
        assert re.fullmatch(rf"(actions/[a-z-]+(/(restore|save))?|{OTHERS})@[0-9a-f]{{40}}", action)
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    for step in steps(name):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_prod_requires_an_approval_after_stage_and_a_late_approval_rolls_nothing_back() -> None:
    assert workflow("deploy")["on"]["push"] == {"branches": ["main"]}
    deploy = jobs("deploy")
    assert (deploy["prod"]["needs"], deploy["prod"]["environment"]) == ("stage", "prod")
    assert (deploy["stage"]["needs"], deploy["stage"]["environment"]) == ("dev", "stage")
    assert secrets(deploy["dev"]) == set()
    guard = next(at for at, step in enumerate(deploy["prod"]["steps"]) if "newest" in step.get("run", ""))
    assert guard < len(deploy["prod"]["steps"]) - 1
    assert "exit 1" in deploy["prod"]["steps"][guard]["run"]


def test_a_stack_is_deployed_by_one_run_at_a_time_and_none_is_cancelled() -> None:
    assert sorted(jobs("deploy")) == STACKS
    for stack, job in jobs("deploy").items():
        assert job["concurrency"] == {"group": f"deploy-{stack}", "cancel-in-progress": False}


@pytest.mark.parametrize("stack", ["stage", "prod"])
def test_the_journal_of_pending_creates_reaches_the_next_run_however_this_one_ends(stack: str) -> None:
    listed = jobs("deploy")[stack]["steps"]
    (deploy,) = (at for at, step in enumerate(listed) if f"tools/ci/deploy.sh {stack}" in step.get("run", ""))
    restore, restore_old = (at for at, step in enumerate(listed) if "actions/cache/restore@" in step.get("uses", ""))
    (save,) = (at for at, step in enumerate(listed) if "actions/cache/save@" in step.get("uses", ""))
    assert restore < restore_old < deploy < save
    assert listed[save]["if"] == "always()"
    folders = [f".aep/{folder}" for folder in (journal.FOLDER, journal.OLD_FOLDER)]
    assert listed[restore]["with"]["path"].split() == listed[save]["with"]["path"].split() == folders
    assert listed[restore]["with"]["restore-keys"] == f"journal-{stack}-"
    # A cache entry is immutable, so each attempt has its own key; and an empty folder must replace one with entries.
    for variable in ("github.run_id", "github.run_attempt"):
        assert variable in listed[save]["with"]["key"]
    assert listed[save]["with"]["key"].startswith(f"journal-{stack}-")
    assert "mkdir -p .aep/journal && touch .aep/journal/" in listed[deploy]["run"].partition("tools/ci/deploy.sh")[0]
    # The journal of the previous version is restored if there is no new one yet: otherwise its pending creates would be lost.
    assert listed[restore_old]["if"] == f"steps.{listed[restore]['id']}.outputs.cache-matched-key == ''"
    assert listed[restore_old]["with"]["path"] == ".aep/begun"
    assert listed[restore_old]["with"]["restore-keys"] == f"begun-{stack}-"


def test_previews_and_deployments_have_different_secrets() -> None:
    platform = jobs("preview")["platform"]
    assert platform["strategy"]["matrix"]["stack"] == ["stage", "prod"]
    assert platform["environment"] == "${{ matrix.stack }}-preview"


def test_the_workflows_run_the_scripts_that_the_tests_run() -> None:
    lines = [line.strip() for name in ("preview", "deploy") for step in steps(name) for line in step.get("run", "").splitlines()]
    assert [line for line in lines if line.startswith("tools/")] == [
        "tools/ci/deploy.sh dev",
        "tools/ci/preview.sh dev review",
        'tools/ci/preview.sh "$STACK" review',
        *(f"tools/ci/deploy.sh {stack}" for stack in ("dev", "stage", "prod")),
    ]
    tested = (ROOT / "tests/engine/test_ci_recipe.py").read_text()
    for script in ("preview.sh", "deploy.sh"):
        assert (ROOT / "tools/ci" / script).stat().st_mode & 0o111
        assert f"tools/ci/{script}" in tested
    assert not any(re.search(r"\bpulumi (up|preview)\b", line) for line in lines)


@pytest.mark.parametrize("name", ["release", "test"])
def test_every_shell_line_is_a_target_of_the_makefile(name: str) -> None:
    lines = [step["run"] for step in steps(name) if "run" in step]
    assert lines
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in lines:
        made = re.fullmatch(r'make ([a-z-]+)( TAG="\$GITHUB_REF_NAME")?', line)
        assert made, line
        assert made.group(1) in targets


def test_a_pull_request_is_tested_with_the_official_cli_of_the_version_that_go_mod_pins() -> None:
    pinned = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", (ROOT / "dev/pulumi/go.mod").read_text())
    (install,) = (step for step in steps("test") if step.get("uses", "").startswith("pulumi/actions@"))
    assert pinned
    assert install["with"] == {"pulumi-version": pinned.group(1)}
    assert secrets(workflow("test")) == set()
    matrix = jobs("test")["test"]["strategy"]["matrix"]
    assert [each.partition("-")[0] for each in matrix["os"]] == ["ubuntu", "macos"]
    assert matrix["python"] == jobs("test")["windows"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_a_release_is_published_without_a_token_from_the_checked_build() -> None:
    assert secrets(workflow("release")) == set()
    build, publish = jobs("release")["build"], jobs("release")["publish"]
    assert publish["needs"] == "build"
    assert publish["environment"] == "pypi"
    assert not any("run" in step for step in publish["steps"])
    ran = [step["run"] for step in build["steps"] if "run" in step]
    assert ran[-1] == 'make dist TAG="$GITHUB_REF_NAME"'


def test_a_destructive_change_is_allowed_for_the_commit_that_the_label_was_set_on() -> None:
    allowed = workflow("preview")["env"]["ALLOW_DESTRUCTIVE"]
    assert "github.event.action == 'labeled' && github.event.label.name == 'allow-destructive' && '1'" in allowed
    assert "labeled" in workflow("preview")["on"]["pull_request"]["types"]


def test_every_stack_of_the_recipe_has_settings_and_a_policy_file() -> None:
    for stack in STACKS:
        assert (ROOT / "stacks" / f"Pulumi.{stack}.yaml").is_file()
        assert (ROOT / "policies/environments" / f"{stack}.json").is_file()
