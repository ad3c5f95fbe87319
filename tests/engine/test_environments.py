"""Environments by the real engine: `stage` beside `dev`, objects that stacks share, settings that stop a run in a sentence."""

import re
import shlex
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import yaml
from stacking import ROOT, Stack, engine

PAGE = (ROOT / "docs" / "environments.md").read_text()
ACCOUNT = {"crm:environmentUrl": "https://acme.my.salesforce.com", "crm:clientId": "3MVG9"}
SHARED = "organization/aep/shared-dev"
PROD_RULES = ("--policy-pack", "policies", "--policy-pack-config", "policies/environments/prod.json")


def shown(language: str) -> str:
    """The page's block in this language."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(block)


def another(stack: Stack, name: str, file: str = "", **config: str) -> Stack:
    """One more stack of the program, with this text as its file, or with this config in the file that is there."""
    if file:
        (stack.folder / "stacks" / f"Pulumi.{name}.yaml").write_text(file)
    stack.pulumi("stack", "init", name)
    made = replace(stack, stack=name)
    configured(made, config)
    return made


def configured(stack: Stack, config: dict[str, str]) -> None:
    for key, value in config.items():
        secret = ("--secret",) if key == "crm:clientSecret" else ()
        stack.pulumi("config", "set", *secret, key, value, "--stack", stack.stack)


def as_shown(stack: Stack) -> Stack:
    """Stack `stage` on the local Platform, by the commands of the page."""
    *commands, up = (shlex.split(line) for line in shown("sh").splitlines())
    for program, *words in commands:
        assert program == "pulumi"
        stack.pulumi(*words)
    assert up == ["pulumi", "up"]
    return replace(stack, stack="stage")


def names(stack: Stack, sandbox: str) -> Counter[str]:
    """How many objects of each kind the sandbox holds."""
    held = requests.get(f"{stack.platform}/_local/objects", timeout=10).json()
    return Counter({kind: len(items) for kind, items in held.get(sandbox, {}).items() if items})


def in_a_sentence(stack: Stack, sentence: str, *, environment: dict[str, str] | None = None) -> None:
    """The preview ends with this sentence, no traceback, and before any request."""
    said = replace(stack, environment=stack.environment | (environment or {})).preview(fails=True).output
    assert sentence in said, said
    assert "Traceback" not in said
    assert "(create)" not in said
    assert stack.objects() == []


@pytest.mark.deployed
def test_stage_beside_dev_and_neither_sees_the_other(stack: Stack) -> None:
    stage = as_shown(stack)
    of_dev, in_dev = stack.ids(), sorted(stack.objects("dev"))
    assert stack.objects("stage") == []

    assert "14 created" in stage.up(*PROD_RULES[:-1], "policies/environments/stage.json").output
    in_stage = sorted(stack.objects("stage"))
    assert sorted(stack.objects("dev")) == in_dev
    assert not set(in_dev) & set(in_stage)
    assert names(stack, "stage")["flows"] == 2
    for each in (stack, stage):
        each.preview("--expect-no-changes")
        each.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", each.stack)

    # The same commit is the same pipeline, at the stack's own pace.
    paces = {
        each.stack: next(
            part["inputs"]["schedule"]
            for part in each.export()["deployment"]["resources"]
            if part["urn"].endswith("Dataflow::contacts-to-people")
        )
        for each in (stack, stage)
    }
    assert paces == {
        "dev": {"frequency": "minute", "interval": 30},
        "stage": {"frequency": "hour", "interval": 1, "backfill": False},
    }

    configured(stage, {"crm:namePrefix": "Stage: "})
    assert "updated" in stage.up().output
    assert sorted(stack.objects("dev")) == in_dev
    stack.preview("--expect-no-changes")

    stack.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev")
    assert stack.objects("dev") == []
    assert sorted(stack.objects("stage")) == in_stage
    stage.preview("--expect-no-changes")
    stack.up()
    # Only dev's file lets its rows go.
    assert "protected" in stage.pulumi("destroy", "--yes", "--stack", "stage", fails=True).output
    assert sorted(stack.objects("stage")) == in_stage
    stage.allow_loss()
    stage.destroy()
    assert stack.objects("stage") == []
    assert stack.ids().keys() == of_dev.keys()
    assert len(stack.objects("dev")) == len(in_dev)


def test_prod_keeps_productions_rules(stack: Stack) -> None:
    prod = another(stack, "prod", **{"aep:endpoint": "local", "crm:clientSecret": "pretended"})
    for key in ("aep:organization", "aep:clientId"):
        stack.pulumi("config", "rm", key, "--stack", "prod")
    said = prod.up(*PROD_RULES).output
    assert "14 created" in said
    assert "mandatory" not in said
    assert "advisory" not in said
    kept = prod.pulumi("destroy", "--yes", "--skip-preview", "--stack", "prod", fails=True).output
    assert "protected" in kept


def test_stacks_share_an_account_and_a_schema(stack: Stack) -> None:
    shown_file = shown("yaml")
    assert yaml.safe_load(shown_file)["config"]["crm:shared"] == SHARED
    anna = another(stack, "anna", shown_file)
    bob = another(stack, "bob", shown_file.replace("Anna", "Bob"))
    in_a_sentence(anna, f'unknown stack "{SHARED}"')
    shared = another(
        stack,
        "shared-dev",
        **ACCOUNT | {"aep:endpoint": "local", "aep:sandbox": "dev", "crm:clientSecret": "pretended", "crm:pipelines": "[]"},
    )
    in_a_sentence(anna, f"crm:shared is '{SHARED}', but that stack has no output base_connection_id, schema_id")

    assert "3 created" in shared.up().output
    for each in (anna, bob):
        assert "12 created" in each.up().output
        each.up("--expect-no-changes")
    assert names(stack, "dev") == {
        "connections": 1,
        "schemas": 1,
        **dict.fromkeys(("dataSets", "flows", "mappingSets", "sourceConnections", "targetConnections"), 4),
    }
    assert shared.ids().keys() == {"BaseConnection crm", "Schema person"}
    assert not set(anna.ids().values()) & (set(bob.ids().values()) | set(shared.ids().values()))

    configured(bob, {"aep:sandbox": "stage"})
    said = bob.preview(fails=True).output
    assert f"crm:shared is '{SHARED}', whose sandbox is 'dev', but this stack's is 'stage'" in said
    assert "Traceback" not in said
    configured(bob, {"aep:sandbox": "dev"})

    in_use = shared.pulumi("destroy", "--yes", "--skip-preview", "--stack", "shared-dev", fails=True).output
    assert "delete the dataflows that use it first" in in_use
    assert "Traceback" not in in_use
    for each in (anna, bob):
        each.allow_loss()
    for each in (anna, bob, shared):
        each.destroy()
    assert stack.objects("dev") == []


def test_a_mapping_is_checked_on_the_shared_schema_in_the_first_preview(stack: Stack) -> None:
    base = {"aep:endpoint": "local", "aep:sandbox": "dev", "crm:clientSecret": "pretended", "crm:pipelines": "[]"}
    another(stack, "shared-dev", **ACCOUNT | base).up()
    anna = another(stack, "anna", shown("yaml"))
    stack.edit('"destination": "personalEmail.address"', '"destination": "personalEmail.adress"')
    assert "did you mean personalEmail.address?" in anna.preview(fails=True).output


def test_every_pipeline_may_run_just_once(stack: Stack) -> None:
    configured(stack, {"crm:pipelines": '["contacts", "leads"]'})
    for pipeline in ("contacts", "leads"):
        stack.pulumi("config", "set", "--path", f"crm:schedules.{pipeline}.frequency", "once", "--stack", "dev")
    stack.up()
    stack.preview("--expect-no-changes")
    held = [
        part["inputs"]["schedule"] for part in stack.export()["deployment"]["resources"] if part["type"].endswith(":Dataflow")
    ]
    assert held == [{"frequency": "once"}] * 2


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"crm:colour": "blue"}, "crm:colour is not a valid setting: `pulumi config rm crm:colour` removes it"),
        ({"crm:clientld": "x"}, "crm:clientld is not a valid setting: did you mean clientId?"),
        ({"aep:sandbx": "x"}, "did you mean aep:sandbox?"),
        ({"crm:pipelines": '["contact"]'}, "crm:pipelines: 'contact' is not a pipeline: did you mean contacts?"),
        ({"aep:organization": "YOUR-ORGANISATION@AdobeOrg"}, "aep:organization is still a placeholder"),
    ],
)
def test_a_wrong_key_of_a_stacks_file_is_one_sentence(stack: Stack, config: dict[str, str], sentence: str) -> None:
    configured(stack, config)
    in_a_sentence(stack, sentence)


def test_a_missing_key_is_one_sentence_with_the_command_that_sets_it(stack: Stack) -> None:
    stack.pulumi("config", "rm", "crm:clientId", "--stack", "dev")
    in_a_sentence(stack, "Missing required configuration variable 'crm:clientId'")
    in_a_sentence(stack, "`pulumi config set crm:clientId <value>`")


def test_a_schedule_without_a_frequency_is_one_sentence(stack: Stack) -> None:
    stack.pulumi("config", "set", "--path", "crm:schedules.contacts.interval", "2", "--stack", "dev")
    in_a_sentence(stack, "schedule.frequency")


def test_a_real_sandbox_refuses_placeholders_the_published_passphrase_and_this_checkouts_backend(stack: Stack) -> None:
    stage = another(stack, "stage", **{"crm:clientSecret": "pretended"})
    secret = {"AEP_CLIENT_SECRET": "pretended"}
    in_a_sentence(stage, "aep:organization is still a placeholder", environment=secret)
    configured(stage, ACCOUNT | {"aep:organization": "A@AdobeOrg", "aep:clientId": "ours"})
    in_a_sentence(stage, "Pulumi.stage.yaml: PULUMI_CONFIG_PASSPHRASE is the published one", environment=secret)
    state = stack.folder / ".pulumi" / "state"
    state.mkdir(parents=True)
    own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "ours"}
    file = stack.folder / "stacks" / "Pulumi.stage.yaml"
    file.write_text("".join(re.split(r"^encryptionsalt.*\n|^  crm:clientSecret:\n.*\n", file.read_text(), flags=re.MULTILINE)))
    mine = replace(stack, environment=stack.environment | own)
    mine.pulumi("stack", "init", "stage")
    mine.pulumi("config", "set", "--secret", "crm:clientSecret", "pretended", "--stack", "stage")
    in_a_sentence(stage, "PULUMI_BACKEND_URL is this checkout's .pulumi", environment=own | secret)


def make(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A verb of the checkout's Makefile, for somebody who has just arrived."""
    given = {"HOME": str(folder), "PATH": f"{engine().parent}:/usr/bin:/bin", **environment}
    command = ["make", "--silent", "-o", str(ROOT / ".venv" / ".ready"), f"BIN={Path(sys.executable).parent}", *words]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)


def test_make_gives_no_other_stack_the_checkouts_backend_and_passphrase(tmp_path: Path) -> None:
    assert "PULUMI_BACKEND_URL" in make(tmp_path, "env").stdout
    said = make(tmp_path, "env", "STACK=stage").stdout
    assert "export PATH=" in said
    for variable in ("PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_CONFIG_PASSPHRASE"):
        assert variable not in said


@pytest.mark.parametrize("verb", ["up", "down"])
def test_make_says_what_another_stack_needs(tmp_path: Path, verb: str) -> None:
    said = make(tmp_path, verb, "STACK=stage")
    assert said.returncode
    assert "stack stage needs a backend of your team: set PULUMI_BACKEND_URL, or run `pulumi login`" in said.stderr
    said = make(tmp_path, verb, "STACK=stage", PULUMI_BACKEND_URL=f"file://{tmp_path}")
    assert said.returncode
    assert "stack stage needs a passphrase of your team: set PULUMI_CONFIG_PASSPHRASE" in said.stderr


@pytest.mark.parametrize("verb", ["up", "down"])
def test_make_knows_no_stack_that_has_no_file(tmp_path: Path, verb: str) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours"}
    said = make(tmp_path, verb, "STACK=stgae", "YES=--yes", **given)
    assert said.returncode
    assert said.stdout == ""
    assert said.stderr.splitlines()[0] == (
        "make: stack stgae does not exist: correct its name, or add its settings in stacks/Pulumi.stgae.yaml"
    )
    assert not (tmp_path / ".pulumi" / "stacks").exists()


def test_make_says_that_nobody_can_answer_and_what_to_say_instead(tmp_path: Path) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours"}
    said = make(tmp_path, "up", "STACK=stage", **given)
    assert said.returncode
    assert said.stderr.splitlines()[0] == (
        "make: stack stage requires confirmation, and there is no terminal to prompt on: add YES=--yes"
    )
    assert "YES=--yes" in PAGE
    assert not (tmp_path / ".pulumi" / "stacks").exists(), "not even the stack is made"


def test_make_says_that_there_is_nothing_to_destroy_and_only_dev_takes_that_for_done(tmp_path: Path) -> None:
    given = {"PULUMI_BACKEND_URL": f"file://{tmp_path}", "PULUMI_CONFIG_PASSPHRASE": "ours", "AEP_HOME": str(tmp_path / "aep")}
    for stack, fails in (("stage", True), ("dev", False)):
        said = make(tmp_path, "down", f"STACK={stack}", **given)
        assert bool(said.returncode) == fails
        assert said.stderr.startswith(f"make: there is nothing to destroy: the backend has no stack {stack}, or cannot be read")
