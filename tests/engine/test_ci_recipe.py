"""The CI recipe, end to end: what the workflows run, on the real engine and a local Platform."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from review_scenarios import SETTINGS
from stacking import ROOT, Stack, deployable

DEPLOY, PREVIEW = "tools/ci/deploy.sh", "tools/ci/preview.sh"
POLICIES = "policies/environments/dev.json"
FILES = ["review.html", "review.json", "review.md"]
SECRET = "a-secret-that-nobody-may-see"  # noqa: S105 - used by this test only
ANOTHER_SCHEMA = (
    "tags=settings.tags,\n        schema=shared.schema,",
    'schema_id=aep.Schema("other", title="Other", class_id="https://ns.adobe.com/xdm/context/profile").id,',
)
ALLOWED = ("aep:sandbox: dev", "aep:sandbox: dev\n  aep:allowDestructive: true", SETTINGS)
TOO_OFTEN = ('"interval": 30', '"interval": 15')


@dataclass
class Previewed:
    """The results of a pull request's check."""

    code: int
    log: str
    review: str
    report: dict[str, Any]


class Repository(Stack):
    """A checkout with the CI recipe."""

    def ci(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the recipe, as a workflow does."""
        ran = subprocess.run(
            args,
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert SECRET not in ran.stdout + ran.stderr
        return ran

    def pull_request(self, *edits: tuple[str, ...], stack: str = "dev", **environment: str) -> Previewed:
        """Make these edits, preview them, and revert them."""
        before = self.folder / "before"
        for name in ("stacks", "policies"):
            shutil.copytree(self.folder / name, before / name)
        output = self.folder / "review"
        try:
            for edit in edits:
                self.edit(*edit)
            ran = self.ci(PREVIEW, stack, "review", **environment)
            files = {file.name: file.read_text() for file in output.iterdir()}
            assert SECRET not in str(files)
            report = json.loads(files.get("review.json", "{}"))
            return Previewed(ran.returncode, ran.stdout + ran.stderr, files["review.md"], report)
        finally:
            for name in ("stacks", "policies"):
                shutil.rmtree(self.folder / name)
                (before / name).rename(self.folder / name)
            before.rmdir()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A team's repository: a minimum interval of 30 minutes, and the stack deployed by the recipe."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("Pulumi.yaml", "stacks", "policies", "tools/ci"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    policies = json.loads((folder / POLICIES).read_text())
    policies["minimum-interval"] = {"enforcementLevel": "mandatory", "minimum": 30}
    (folder / POLICIES).write_text(json.dumps(policies, indent=2))
    for stack in deployable(folder):
        # Its rows matter, unlike those of this checkout's own dev stack.
        settings = ("--secret", f"crm:clientSecret={SECRET}", "--plaintext", "crm:forceDestroy=false")
        stack.pulumi("config", "set-all", *settings, "--stack", "dev")
        made = Repository(folder, stack.environment)
        deployed = made.ci(DEPLOY, "dev")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert "8 created" in deployed.stdout
        assert (
            deployed.stdout.index("nothing to recover") < deployed.stdout.index("Previewing") < deployed.stdout.index("Updating")
        )
        yield made


def test_a_good_pull_request_passes_with_a_review(repository: Repository) -> None:
    was = repository.export()
    done = repository.pull_request(('"interval": 30', '"interval": 45'))
    assert done.code == 0, done.log
    assert sorted(file.name for file in (repository.folder / "review").iterdir()) == FILES
    assert "| `schedule.interval` | `30` | `45` |" in done.review
    assert "schedule.interval" in (repository.folder / "review/review.html").read_text()
    assert done.report["exit_code"] == 2
    assert "Changes. 1 updated, 6 unchanged." in done.log
    assert repository.export() == was


def test_a_pull_request_without_changes_has_a_review_that_states_it(repository: Repository) -> None:
    done = repository.pull_request()
    assert (done.code, done.report["exit_code"]) == (0, 0)
    assert "**No change.** 7 objects unchanged." in done.review
    assert "No change. 7 objects unchanged." in done.log


def test_a_bad_pull_request_is_stopped_with_a_review_that_explains_it(repository: Repository) -> None:
    was, objects = repository.export(), sorted(repository.objects())
    done = repository.pull_request(ANOTHER_SCHEMA, TOO_OFTEN, ALLOWED)
    assert done.code == 1
    assert "**Error.** Rejected by policy: `minimum-interval`." in done.review
    assert "schedule.interval is 15 with frequency minute, below the minimum of 30" in done.review
    replaced = "**Would replace dataset `Target Dataset for CRM data` (`people` in the program): its rows would be deleted"
    assert f"{replaced} with the old one.**" in done.review
    assert "| `aep:allowDestructive` | — | `true` |" in done.review
    for expected in ("minimum of 30", "its rows would be deleted"):
        assert expected in done.log
    assert (repository.export(), sorted(repository.objects())) == (was, objects)


def test_a_replaced_dataset_is_rejected_by_the_stack_itself(repository: Repository) -> None:
    done = repository.pull_request(ANOTHER_SCHEMA, TOO_OFTEN)
    assert done.code == 1
    assert "a change of schema_id would replace it, and its rows are lost" in done.review
    assert "a change of schema_id would replace it, and its rows are lost" in done.log


def test_a_stack_that_allows_the_loss_still_requires_a_reviewers_approval(repository: Repository) -> None:
    done = repository.pull_request(ANOTHER_SCHEMA, ALLOWED)
    assert (done.code, done.report["exit_code"]) == (3, 3)
    assert "**Destructive.** The rows of 1 dataset are lost." in done.review
    assert "ALLOW_DESTRUCTIVE=1" in done.log
    done = repository.pull_request(ANOTHER_SCHEMA, ALLOWED, ALLOW_DESTRUCTIVE="1")
    assert (done.code, done.report["exit_code"]) == (0, 3)
    assert "destructive, and allowed" in done.log


def test_a_failed_preview_has_a_review_that_states_it(repository: Repository) -> None:
    broken = repository.pull_request(("settings = ", "raise ValueError('no luck')\nsettings = ", "stacks/__main__.py"))
    assert broken.code == 1
    assert "no luck" in broken.review
    nowhere = repository.pull_request(stack="nope")
    assert nowhere.code == 1
    assert "no stack named" in nowhere.review
    assert "aep: the preview failed: no stack named 'nope' found" in nowhere.log
    (repository.folder / POLICIES).rename(repository.folder / "rules.json")
    violating = repository.pull_request()
    (repository.folder / "rules.json").rename(repository.folder / POLICIES)
    assert violating.code == 1
    assert POLICIES in violating.review
    # Only the script can write a review in this case.
    bare = repository.folder / "bare"
    bare.mkdir(exist_ok=True)
    for tool in ("bash", "dirname", "mkdir", "rm"):
        (bare / tool).unlink(missing_ok=True)
        (bare / tool).symlink_to(str(shutil.which(tool)))
    silent = repository.pull_request(PATH=str(bare))
    assert silent.code == 1
    assert silent.report == {}
    for done in (broken, nowhere, violating, silent):
        assert "**Error.**" in done.review
        assert "No change" not in done.review + done.log


@pytest.mark.parametrize(
    "args", [(PREVIEW,), (PREVIEW, ""), (PREVIEW, "--stack"), (DEPLOY,), (DEPLOY, "$(id)"), (DEPLOY, "nope")]
)
def test_an_invalid_command_line_is_one_sentence(repository: Repository, args: tuple[str, ...]) -> None:
    ran = repository.ci(*args)
    assert ran.returncode == 1
    assert (ran.stdout + ran.stderr).count("\n") == 1


def test_a_bad_change_that_was_merged_is_not_deployed(repository: Repository) -> None:
    objects = sorted(repository.objects())
    repository.edit(*TOO_OFTEN)
    try:
        ran = repository.ci(DEPLOY, "dev")
    finally:
        repository.edit(*reversed(TOO_OFTEN))
    assert ran.returncode == 1
    assert "below the minimum of 30" in ran.stdout
    assert "Updating" not in ran.stdout
    assert sorted(repository.objects()) == objects


def interrupt(repository: Repository) -> None:
    """Leave the state as a killed run does; `pulumi stack import` would drop the pending operations."""
    file = repository.folder / "state/.pulumi/stacks/aep/dev.json"
    checkpoint = json.loads(file.read_text())
    latest = checkpoint["checkpoint"]["latest"]
    (flow,) = [part for part in latest["resources"] if part["type"].endswith(":Dataflow")]
    latest["pending_operations"] = [{"resource": flow, "type": "updating"}]
    file.write_text(json.dumps(checkpoint))


def test_a_preview_after_a_killed_deployment_requires_a_recovery_first(repository: Repository) -> None:
    interrupt(repository)
    done = repository.pull_request()
    assert (done.code, done.report["exit_code"]) == (0, 2)
    assert done.report["interrupted"] == [{"operation": "updating", "kind": "Dataflow", "name": "contacts-to-people"}]
    sentence = "1 interrupted write of a killed run (unless a deployment is running now): run `aep recover` before"
    for text in (done.review, done.log):
        assert sentence in text
        assert "No change" not in text
    assert "- `Dataflow` `contacts-to-people`: `updating`" in done.review


def test_a_killed_deployment_is_recovered_before_the_next(repository: Repository) -> None:
    interrupt(repository)
    ran = repository.ci(DEPLOY, "dev")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "contacts-to-people" in ran.stdout.partition("Previewing")[0]
    assert "8 unchanged" in ran.stdout
    assert "pending_operations" not in repository.export()["deployment"]


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_locked_stack_is_left_alone_with_a_message_that_names_the_remedy(repository: Repository, *, interrupted: bool) -> None:
    lock = repository.folder / "state/.pulumi/locks/organization/aep/dev/11111111-1111-1111-1111-111111111111.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 1, "username": "ci", "hostname": "runner", "timestamp": "2026-01-01T00:00:00Z"}))
    if interrupted:
        interrupt(repository)
    was = repository.export()
    try:
        ran = repository.ci(DEPLOY, "dev")
    finally:
        lock.unlink()
    assert ran.returncode == 1
    assert "deploy: stack dev is locked: wait until the other deployment ends" in ran.stderr
    assert "`pulumi cancel --stack dev`" in ran.stderr
    assert repository.export() == was
